import protobuf from "protobufjs";
import protojson from "protobufjs/ext/protojson.js";
import type { ProtoPlan } from "../emitters/protobuf/plan.js";
import { itemKey } from "../ir/route.js";
import type { Json, JsonObject } from "../ir/spec.js";
import { Mismatch, outcomeOf, type Outcome } from "./value-loss.js";
import { protoValues } from "./value-proto.js";

/** Sends values of a tool through protobufjs and the .proto files as they were printed. Throws Mismatch and what protobufjs says. */
export interface ProtoTrip {
  /** JSON → proto JSON of the request → message → bytes → message → proto JSON → JSON. */
  input(tool: string): (value: Json) => Outcome;
  /** The same with the structured content of the response. */
  output(tool: string): (value: Json) => Outcome;
}

const STRUCT = "google/protobuf/struct.proto";

export function protoTrip(plan: ProtoPlan): ProtoTrip {
  const root = new protobuf.Root();
  const struct = protobuf.common.get(STRUCT);
  root.addJSON(struct?.nested ?? {});
  for (const { contents } of plan.files) protobuf.parse(contents, root, { keepCase: true });
  root.resolveAll();
  const values = protoValues(plan);
  const rpcOf = new Map(plan.rpcs.map((rpc) => [rpc.key, rpc]));
  const find = (tool: string): ProtoPlan["rpcs"][number] => {
    const rpc = rpcOf.get(itemKey("tools", tool));
    if (!rpc) throw new Mismatch(`the plan has no rpc for ${tool}`);
    return rpc;
  };
  const typeOf = (name: string): protobuf.Type => root.lookupType(`${plan.package}.${name}`);

  return {
    input(tool) {
      const { request } = find(tool);
      const type = typeOf(request);
      return (value) => {
        const said = values.to(value, request);
        return outcomeOf(value, values.from(send(type, said.value), request), said.losses);
      };
    },
    output(tool) {
      const { response, structuredContent: field } = find(tool);
      if (!field) throw new Mismatch(`no structured content in ${response}`);
      const type = typeOf(response);
      return (value) => {
        const said = values.toField(value, field);
        const { [field.jsonName]: got } = send(type, { [field.jsonName]: said.value });
        return outcomeOf(value, values.fromField(got, field), said.losses);
      };
    },
  };
}

/** There and back as text and as bytes. */
function send(type: protobuf.Type, json: Json): JsonObject {
  const message = protojson.fromJsonString(type, JSON.stringify(json));
  const fault = type.verify(message);
  if (fault !== null) throw new Mismatch(`protobufjs: ${fault}`);
  const bytes = type.encode(message).finish();
  return JSON.parse(protojson.toJsonString(type, type.decode(bytes))) as JsonObject;
}
