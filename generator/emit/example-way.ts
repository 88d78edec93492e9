import { defKeyOf } from "../ir/schema-def-key.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";

type Flat = Readonly<Record<string, Json>>;

/** Ways that are tried for one value, and references followed for one way. */
const MAX_WAYS = 8;
const MAX_REFERENCES = 20;
const IN_PLACE = new Set(["$ref", "$defs", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"]);

/** The ways to meet a schema, first branches first, each without `$ref`, `allOf`, `anyOf` and `oneOf`. Only null comes last. */
export function waysOf(schema: JsonSchema, defs: NormalSchema["defs"]): readonly Flat[] {
  const ways = flat(schema, defs, 0);
  return [...ways].sort((a, b) => Number(a["type"] === "null") - Number(b["type"] === "null"));
}

function flat(schema: JsonSchema, defs: NormalSchema["defs"], references: number): readonly Flat[] {
  if (schema === true) return [{}];
  if (schema === false || references > MAX_REFERENCES) return [];
  const { $ref, allOf, anyOf, oneOf } = schema;
  const inner = (one: Json, more = 0): readonly Flat[] => flat(one as JsonSchema, defs, references + more);
  const parts: (readonly Flat[])[] = [
    [Object.fromEntries(Object.entries(schema).filter(([key]) => !IN_PLACE.has(key)))],
  ];
  if (typeof $ref === "string") parts.push(inner(defs[defKeyOf($ref)] ?? true, 1));
  for (const one of listOf(allOf)) parts.push(inner(one, 1));
  for (const union of [anyOf, oneOf])
    if (union !== undefined)
      parts.push(
        listOf(union)
          .slice(0, MAX_WAYS)
          .flatMap((one) => inner(one, 1)),
      );
  return parts.reduce((ways, others) =>
    ways.flatMap((way) => others.map((other) => merged(way, other))).slice(0, MAX_WAYS),
  );
}

/** Both at once, as far as one schema can say it. */
function merged(a: Flat, b: Flat): Flat {
  const out: Record<string, Json> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const own = out[key];
    out[key] = own === undefined ? value : both(key, own, value);
  }
  return out;
}

function both(key: string, a: Json, b: Json): Json {
  if (key === "properties" || key === "patternProperties") {
    const [own, other] = [a as JsonObject, b as JsonObject];
    const names = [...new Set([...Object.keys(own), ...Object.keys(other)])];
    return Object.fromEntries(names.map((name) => [name, conjunction(own, other, name)]));
  }
  if (key === "required") return [...new Set([...listOf(a), ...listOf(b)])];
  if (key === "items" || key === "additionalProperties") return { allOf: [a, b] };
  if (/^(?:min|exclusiveMin)/.test(key)) return Math.max(Number(a), Number(b));
  if (/^(?:max|exclusiveMax)/.test(key)) return Math.min(Number(a), Number(b));
  if (key === "type") {
    const types = [b].flat() as readonly Json[];
    const shared = ([a].flat() as readonly Json[]).filter((one) => types.includes(one));
    return shared.length > 0 ? shared : a;
  }
  return key === "enum" ? listOf(a).filter((one) => listOf(b).some((other) => other === one)) : a;
}

function conjunction(a: JsonObject, b: JsonObject, name: string): Json {
  const found = [a, b].filter((one) => Object.hasOwn(one, name)).map((one) => one[name] ?? true);
  return found.length === 1 ? (found[0] ?? true) : { allOf: found };
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
