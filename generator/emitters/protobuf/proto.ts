import { fileHeader } from "../../emit/header.js";
import type { Lock } from "../../ir/lock.js";
import { byCodeUnit } from "../../ir/order.js";
import { planRoutes } from "../../ir/route.js";
import type { ServerSpec } from "../../ir/spec.js";
import { pascal } from "../../ir/words.js";
import { FIXED_NAMES } from "./content.js";
import { printUnit, toolFiles } from "./file.js";
import { packageSegment } from "./name.js";
import type { ProtobufOptions } from "./options.js";
import type { ProtoFile, ProtoPlan, RpcPlan } from "./plan.js";
import { serviceNames, servicesOf } from "./service.js";
import { enumerations, planTool, type Package } from "./tool.js";
import { modelTool, nameTypes, requestName, responseName, WRAPPER_NAMES } from "./type-name.js";
import { unitsOf, type Unit } from "./unit.js";

/** A server as one package. `spec` is in order (see `inOrder`). Source: schemas.md §5. */
export function planProto(spec: ServerSpec, options: ProtobufOptions, lock: Lock): ProtoPlan {
  // A server that calls itself by another name one day is the same package.
  const [segment = ""] = lock.names({ target: "protobuf", owner: "package" }, [
    { key: "package", base: packageSegment(spec.server.name) },
  ]);
  const name = options.package ?? `mcpgen.${segment}.v1`;
  const base = pascal(segment, "Server");
  const routes = planRoutes(spec, lock);
  const models = routes.flatMap((route) => (route.kind === "tool" ? [modelTool(route)] : []));
  const names = nameTypes(models, lock, [
    ...[...FIXED_NAMES, ...WRAPPER_NAMES, ...serviceNames(base)],
    ...routes.flatMap((route) => [requestName(route), responseName(route)]),
  ]);
  const into: Package = {
    ...{ lock, names, marksEmpty: options.explicitNull === "names" },
    ...{ enumerations: enumerations(models, names, lock), messages: new Map(), enums: new Map(), shared: new Map() },
  };
  const tools = models.map((one) => planTool(one, into));
  const services = servicesOf(routes, base);
  const isSingle = options.layout === "single";
  const files = isSingle ? tools.map(() => "tools") : toolFiles(tools, lock);
  const units = unitsOf({ name, services, tools, files }, into);

  const folder = isSingle ? "" : `${name.replaceAll(".", "/")}/`;
  const pathOf = (unit: string): string => `${folder}${isSingle ? segment : unit}.proto`;
  const printed: readonly Unit[] = isSingle
    ? [{ name: segment, blocks: units.flatMap(({ blocks }) => blocks) }]
    : units;
  const unitOf = new Map(units.flatMap((unit) => (unit.routes ?? []).map((key) => [key, unit.name])));
  const contents = new Map(tools.map(({ models: { route }, structuredContent }) => [route.key, structuredContent]));
  const rpcs = Object.values(services).flatMap((service) =>
    service.routes.map((route): RpcPlan => {
      const structuredContent = contents.get(route.key);
      return {
        ...{ key: route.key, service: service.name, name: route.typeBase },
        ...{ request: requestName(route), response: responseName(route), file: pathOf(unitOf.get(route.key) ?? "") },
        ...(structuredContent && { structuredContent }),
      };
    }),
  );
  const setting = { header: fileHeader(spec), package: name, folder };
  return {
    ...{ package: name, rpcs, messages: into.messages, enums: into.enums },
    files: printed
      .map((unit): ProtoFile => ({
        path: pathOf(unit.name),
        contents: printUnit(unit, setting),
      }))
      .sort((a, b) => byCodeUnit(a.path, b.path)),
  };
}
