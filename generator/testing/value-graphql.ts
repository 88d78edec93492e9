import type { PlannedObject, PlannedShape, PlannedType, PlannedUse } from "../emitters/graphql/planned.js";
import type { Json } from "../ir/spec.js";
import { bestOf, isJsonObject, memberOf, type JsonPath, type Loss, Mismatch, UNNAMED_MEMBER } from "./value-loss.js";

/** What a client of the GraphQL server does with JSON, and the server's bridge with GraphQL: by the emitter's plan and nothing else. */
export interface GraphqlValues {
  /** JSON → GraphQL value, and what of it GraphQL cannot say. Throws Mismatch. */
  to(value: Json, use: PlannedUse): Said;
  /** GraphQL value → JSON. */
  from(value: unknown, use: PlannedUse): Json;
}

export interface Said {
  readonly value: unknown;
  readonly losses: readonly Loss[];
}

const NULL_MEMBER = "null of an optional member of an output";
const DEFAULTED = "a default that GraphQL fills in";

/** `isInput`: null and absent are told apart, and defaults are filled in. */
export function graphqlValues(types: ReadonlyMap<string, PlannedType>, isInput: boolean): GraphqlValues {
  const typeOf = (name: string): PlannedType => {
    const type = types.get(name);
    if (!type) throw new Error(`the plan has no type ${name}`);
    return type;
  };

  const say = (value: Json, use: PlannedUse, path: JsonPath): Said => {
    if (value === null) return { value: null, losses: [] };
    const { shape } = use;
    switch (shape.kind) {
      case "scalar":
        if (!isOf(value, shape.name)) throw new Mismatch(`${typeof value} where ${shape.name} is`);
        return { value, losses: [] };
      case "list": {
        if (!Array.isArray(value)) throw new Mismatch("no list");
        const items = (value as readonly Json[]).map((one, i) => say(one, shape.item, [...path, i]));
        return joined(items, (all) => all);
      }
      case "entries": {
        if (!isJsonObject(value)) throw new Mismatch("no object");
        const members = Object.entries(value);
        const made = members.map(([name, one]) => say(one, shape.value, [...path, name]));
        return joined(made, (all) => all.map((one, i) => ({ key: members[i]?.[0], value: one })));
      }
      case "named":
        return sayNamed(value, typeOf(shape.type), path);
    }
  };

  const sayNamed = (value: Json, type: PlannedType, path: JsonPath): Said => {
    switch (type.kind) {
      case "enum": {
        const found = type.values.find(({ original }) => original === value);
        if (!found) throw new Mismatch(`no value of ${type.name}`);
        return { value: found.name, losses: [] };
      }
      case "object":
        return sayObject(value, type, path);
      case "oneOf":
        return bestOf(tagged(type, value), (branch) => {
          const { value: inner, losses } = say(value, branch, path);
          return { value: record([[branch.name, inner]]), losses };
        });
      case "union":
        return bestOf(tagged(type, value), (branch) => {
          const { value: inner, losses } = say(value, branch, path);
          const members = branch.isBox ? [["value", inner] as const] : Object.entries(inner as object);
          return { value: record([["__typename", branch.type], ...members]), losses };
        });
    }
  };

  const sayObject = (value: Json, type: PlannedObject, path: JsonPath): Said => {
    if (!isJsonObject(value)) throw new Mismatch(`no object for ${type.name}`);
    const members: [string, unknown][] = [];
    const losses: Loss[] = [];
    const add = (name: string, said: Said): void => {
      members.push([name, said.value]);
      losses.push(...said.losses);
    };
    for (const field of type.fields) {
      const at = [...path, field.original];
      const given = memberOf(value, field.original);
      if (given !== undefined) {
        add(field.name, say(given, field, at));
        if (given === null && !isInput && !field.use.isRequired) losses.push({ path: at, reason: NULL_MEMBER });
      } else if (field.use.isRequired && field.default === undefined) throw new Mismatch(`no ${field.original}`);
      else if (isInput && field.default !== undefined)
        losses.push({ path: at, reason: DEFAULTED, becomes: field.default });
    }
    const known = new Set(type.fields.map(({ original }) => original));
    const rest = Object.entries(value).filter(([name]) => !known.has(name));
    const { additional } = type;
    if (additional && rest.length > 0) add(additional.name, say(Object.fromEntries(rest), additional, path));
    if (!additional) for (const [name] of rest) losses.push({ path: [...path, name], reason: UNNAMED_MEMBER });
    return { value: record(members), losses };
  };

  const read = (value: unknown, { shape }: { readonly shape: PlannedShape }): Json => {
    if (value === null) return null;
    switch (shape.kind) {
      case "scalar":
        return value as Json;
      case "list":
        return (value as readonly unknown[]).map((one) => read(one, shape.item));
      case "entries":
        return Object.fromEntries(
          (value as readonly { readonly key: string; readonly value: unknown }[]).map((entry) => [
            entry.key,
            read(entry.value, shape.value),
          ]),
        );
      case "named":
        return readNamed(value, typeOf(shape.type));
    }
  };

  const readNamed = (value: unknown, type: PlannedType): Json => {
    const members = value as Readonly<Record<string, unknown>>;
    switch (type.kind) {
      case "enum":
        return type.values.find(({ name }) => name === value)?.original ?? null;
      case "object":
        return readObject(members, type);
      case "oneOf": {
        const branch = type.branches.find(({ name }) => Object.hasOwn(members, name));
        if (!branch) throw new Mismatch(`no branch of ${type.name}`);
        return read(members[branch.name], branch);
      }
      case "union": {
        const branch = type.branches.find((one) => one.type === members["__typename"]);
        if (!branch) throw new Mismatch(`no branch of ${type.name}`);
        return read(branch.isBox ? members["value"] : members, branch);
      }
    }
  };

  const readObject = (members: Readonly<Record<string, unknown>>, type: PlannedObject): Json => {
    const entries = type.fields.flatMap((field): [string, Json][] => {
      const value = members[field.name];
      const isAbsent = isInput
        ? !Object.hasOwn(members, field.name)
        : (value ?? null) === null && !field.use.isRequired;
      return isAbsent ? [] : [[field.original, read(value ?? null, field)]];
    });
    const { additional } = type;
    const rest = additional ? (memberOf(members, additional.name) ?? null) : null;
    if (additional && rest !== null) entries.push(...Object.entries(read(rest, additional) as object));
    return Object.fromEntries(entries);
  };

  return { to: (value, use) => say(value, use, []), from: read };
}

function isOf(value: Json, name: string): boolean {
  if (name === "JSON") return true;
  if (name === "Long") return Number.isInteger(value);
  if (name === "Int") return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
  return typeof value === { Boolean: "boolean", Float: "number", String: "string" }[name];
}

/** The branches that a discriminator leaves. */
function tagged<B extends { readonly tag?: string }>(
  { discriminator, branches }: { readonly discriminator?: string; readonly branches: readonly B[] },
  value: Json,
): readonly B[] {
  if (discriminator === undefined || !isJsonObject(value)) return branches;
  return branches.filter(({ tag }) => tag === value[discriminator]);
}

function joined(all: readonly Said[], make: (values: readonly unknown[]) => unknown): Said {
  return { value: make(all.map(({ value }) => value)), losses: all.flatMap(({ losses }) => losses) };
}

/** Without a prototype: graphql-js would call an inherited `constructor`. */
function record(entries: readonly (readonly [string, unknown])[]): object {
  return Object.assign(Object.create(null) as object, Object.fromEntries(entries));
}
