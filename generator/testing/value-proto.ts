import type { FieldPlan, MessagePlan, ObjectPlan, ProtoPlan, ProtoType } from "../emitters/protobuf/plan.js";
import type { Json, JsonObject } from "../ir/spec.js";
import { bestOf, isJsonObject, memberOf, type JsonPath, type Loss, Mismatch, UNNAMED_MEMBER } from "./value-loss.js";

export interface SaidInProto {
  /** Proto JSON. */
  readonly value: Json;
  readonly losses: readonly Loss[];
}

/** What a bridge does between a tool's JSON and proto JSON: by the emitter's plan and nothing else. */
export interface ProtoValues {
  /** Throws Mismatch. */
  to(value: Json, message: string): SaidInProto;
  from(value: Json, message: string): Json;
  toField(value: Json, field: FieldPlan): SaidInProto;
  fromField(value: Json | undefined, field: FieldPlan): Json;
}

const NULL_MEMBER = "null of an optional member";
const EMPTY_MEMBER = "an empty list or map of an optional member";
const BASE64 = "base64 that is not written as RFC 4648 has it";
const LARGE = "a whole number beyond 64 bits";

export function protoValues({ messages, enums }: ProtoPlan): ProtoValues {
  const messageOf = (name: string): MessagePlan => {
    const message = messages.get(name);
    if (!message) throw new Error(`the plan has no message ${name}`);
    return message;
  };

  const sayMessage = (value: Json, message: MessagePlan, path: JsonPath): SaidInProto => {
    switch (message.kind) {
      case "object":
        return sayObject(value, message, path);
      case "union":
        return bestOf(tagged(message.branches, value, message.discriminator), (branch) => {
          const said = sayField(value, branch, path);
          return { value: { [branch.jsonName]: said.value }, losses: said.losses };
        });
      case "wrapper": {
        const [field] = message.fields;
        if (!field) throw new Mismatch(`${message.name} has no field`);
        if (value === null && field.isNullable) return { value: {}, losses: [] };
        const said = sayField(value, field, path);
        return { value: { [field.jsonName]: said.value }, losses: said.losses };
      }
    }
  };

  const sayObject = (value: Json, message: ObjectPlan, path: JsonPath): SaidInProto => {
    if (!isJsonObject(value)) throw new Mismatch(`no object for ${message.name}`);
    const members: [string, Json][] = [];
    const empty: string[] = [];
    const losses: Loss[] = [];
    const named = message.fields.filter((field) => field !== message.additional && field !== message.explicitEmpty);
    for (const field of named) {
      const at = [...path, field.member];
      const given = memberOf(value, field.member);
      if (given === undefined) {
        if (field.isRequired) throw new Mismatch(`no ${field.member}`);
        continue;
      }
      if (isUnset(given, field)) {
        if (field.isMarked) empty.push(field.jsonName);
        else if (!field.isRequired) losses.push({ path: at, reason: given === null ? NULL_MEMBER : EMPTY_MEMBER });
        continue;
      }
      const said = sayField(given, field, at);
      members.push([field.jsonName, said.value]);
      losses.push(...said.losses);
    }
    const known = new Set(named.map(({ member }) => member));
    const rest = Object.entries(value).filter(([name]) => !known.has(name));
    const { additional, explicitEmpty } = message;
    if (additional && rest.length > 0) {
      const said = sayField(Object.fromEntries(rest), additional, path);
      members.push([additional.jsonName, said.value]);
      losses.push(...said.losses);
    }
    if (!additional) for (const [name] of rest) losses.push({ path: [...path, name], reason: UNNAMED_MEMBER });
    if (explicitEmpty && empty.length > 0) members.push([explicitEmpty.jsonName, empty]);
    return { value: Object.fromEntries(members), losses };
  };

  const sayField = (value: Json, field: FieldPlan, path: JsonPath): SaidInProto => {
    if (field.label === "one") return sayOne(value, field.type, path);
    if (field.label === "list") {
      if (!Array.isArray(value)) throw new Mismatch(`no list for ${field.name}`);
      const items = (value as readonly Json[]).map((one, i) => sayOne(one, field.type, [...path, i]));
      return { value: items.map((one) => one.value), losses: items.flatMap(({ losses }) => losses) };
    }
    if (!isJsonObject(value)) throw new Mismatch(`no map for ${field.name}`);
    const entries = Object.entries(value).map(
      ([name, one]) => [name, sayOne(one, field.type, [...path, name])] as const,
    );
    return {
      value: Object.fromEntries(entries.map(([name, said]) => [name, said.value])),
      losses: entries.flatMap(([, said]) => said.losses),
    };
  };

  const sayOne = (value: Json, type: ProtoType, path: JsonPath): SaidInProto => {
    switch (type.kind) {
      case "scalar":
        return sayScalar(value, type.name, path);
      case "enum": {
        const found = enums.get(type.name)?.values.find((one) => one.value === value);
        if (!found) throw new Mismatch(`no value of ${type.name}`);
        return { value: found.name, losses: [] };
      }
      case "message":
        return sayMessage(value, messageOf(type.name), path);
      case "any":
        if (type.name === "Struct" && !isJsonObject(value)) throw new Mismatch("no object for a Struct");
        if (type.name === "ListValue" && !Array.isArray(value)) throw new Mismatch("no list for a ListValue");
        return { value, losses: [] };
    }
  };

  const readMessage = (value: Json, message: MessagePlan): Json => {
    if (!isJsonObject(value)) throw new Mismatch(`no object for ${message.name}`);
    switch (message.kind) {
      case "object":
        return readObject(value, message);
      case "union": {
        const branch = message.branches.find(({ jsonName }) => Object.hasOwn(value, jsonName));
        if (!branch) throw new Mismatch(`no branch of ${message.name} is set`);
        return readField(value[branch.jsonName] ?? null, branch);
      }
      case "wrapper": {
        const [field] = message.fields;
        if (!field) throw new Mismatch(`${message.name} has no field`);
        const given = memberOf(value, field.jsonName);
        return given === undefined ? emptyOf(field) : readField(given, field);
      }
    }
  };

  const readObject = (value: JsonObject, message: ObjectPlan): Json => {
    const { additional, explicitEmpty } = message;
    const empty = new Set((explicitEmpty ? (value[explicitEmpty.jsonName] ?? []) : []) as readonly string[]);
    const members = message.fields.flatMap((field): [string, Json][] => {
      if (field === additional || field === explicitEmpty) return [];
      const given = memberOf(value, field.jsonName);
      if (given !== undefined) return [[field.member, readField(given, field)]];
      return field.isRequired || empty.has(field.jsonName) ? [[field.member, emptyOf(field)]] : [];
    });
    const rest = additional ? value[additional.jsonName] : undefined;
    if (additional && rest !== undefined) members.push(...Object.entries(readField(rest, additional) as object));
    return Object.fromEntries(members);
  };

  const readField = (value: Json, field: FieldPlan): Json => {
    if (field.label === "one") return readOne(value, field.type);
    if (field.label === "list") return (value as readonly Json[]).map((one) => readOne(one, field.type));
    return Object.fromEntries(
      Object.entries(value as JsonObject).map(([name, one]) => [name, readOne(one, field.type)]),
    );
  };

  const readOne = (value: Json, type: ProtoType): Json => {
    if (type.kind === "message") return readMessage(value, messageOf(type.name));
    if (type.kind === "enum") return enums.get(type.name)?.values.find(({ name }) => name === value)?.value ?? null;
    return type.kind === "scalar" && type.name === "int64" ? Number(value) : value;
  };

  return {
    to: (value, message) => sayMessage(value, messageOf(message), []),
    from: (value, message) => readMessage(value, messageOf(message)),
    toField: (value, field) => sayField(value, field, []),
    fromField: (value, field) => (value === undefined ? emptyOf(field) : readField(value, field)),
  };
}

function sayScalar(value: Json, name: string, path: JsonPath): SaidInProto {
  const fits = {
    bool: typeof value === "boolean",
    double: typeof value === "number",
    string: typeof value === "string",
    bytes: typeof value === "string",
    int32: Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31,
    int64: Number.isInteger(value),
  }[name];
  if (fits !== true) throw new Mismatch(`${typeof value} where ${name} is`);
  if (name === "bytes") {
    const plain = Buffer.from(value as string, "base64").toString("base64");
    return { value: plain, losses: plain === value ? [] : [{ path, reason: BASE64, becomes: plain }] };
  }
  if (name !== "int64") return { value, losses: [] };
  const wide = BigInt(value as number);
  const kept = BigInt.asIntN(64, wide);
  const losses = kept === wide ? [] : [{ path, reason: LARGE, becomes: Number(kept) }];
  return { value: String(kept), losses };
}

/** Null, and an empty list or map, are how an unset field looks. */
function isUnset(value: Json, { isNullable, label, type }: FieldPlan): boolean {
  if (value === null) return isNullable && !(label === "one" && isAnyValue(type));
  return label !== "one" && typeof value === "object" && Object.keys(value).length === 0;
}

const isAnyValue = (type: ProtoType): boolean => type.kind === "any" && type.name === "Value";

/** What an unset field of a member that is there stands for. */
function emptyOf({ isNullable, label, type }: FieldPlan): Json {
  if (isNullable) return null;
  if (label !== "one") return label === "list" ? [] : {};
  if (type.kind !== "scalar") throw new Mismatch(`an unset ${type.name}`);
  return { bool: false, double: 0, int32: 0, int64: 0, string: "", bytes: "" }[type.name];
}

function tagged<B extends { readonly tag?: string }>(
  branches: readonly B[],
  value: Json,
  discriminator: string | undefined,
): readonly B[] {
  if (discriminator === undefined || !isJsonObject(value)) return branches;
  return branches.filter(({ tag }) => tag === value[discriminator]);
}
