import { canonicalJson } from "../ir/order.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";

type Defs = Readonly<Record<string, JsonSchema>>;
type Flat = Record<string, Json>;

const MAX_REFS = 20;
const IN_PLACE = new Set(["$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "$defs"]);

/**
 * The ways in which a schema can be met, each as one schema without `$ref`, `allOf`, `anyOf`, `oneOf`, `if` and
 * `dependentSchemas`: a sketch, whose samples still have to be tried. At most `max`, the first branches first.
 */
export function waysOf(schema: JsonSchema, defs: Defs, max: number): readonly Flat[] {
  return flat(schema, defs, { max, refs: 0 });
}

interface Limits {
  readonly max: number;
  readonly refs: number;
}

function flat(schema: JsonSchema, defs: Defs, limits: Limits): readonly Flat[] {
  if (schema === true) return [{}];
  if (schema === false || limits.refs > MAX_REFS) return [];
  const { $ref, allOf, anyOf, oneOf, if: condition, then: yes, else: no, dependentSchemas } = schema;
  let ways: readonly Flat[] = [Object.fromEntries(Object.entries(schema).filter(([key]) => !IN_PLACE.has(key)))];
  const and = (others: readonly Flat[]): void => {
    ways = ways.flatMap((way) => others.map((other) => both(way, other))).slice(0, limits.max);
  };
  const inner = (one: Json, refs = limits.refs): readonly Flat[] => flat(one as JsonSchema, defs, { ...limits, refs });
  if (typeof $ref === "string") and(inner(defs[$ref.slice("#/$defs/".length)] ?? true, limits.refs + 1));
  for (const one of list(allOf)) and(inner(one));
  if (anyOf !== undefined) and(list(anyOf).flatMap((one) => inner(one)));
  if (oneOf !== undefined) and(list(oneOf).flatMap((one) => inner(one)));
  if (condition !== undefined) {
    const met = inner({ allOf: [condition, yes ?? true] });
    const unmet = inner(no ?? true);
    and([...met, ...unmet]);
  }
  if (typeof dependentSchemas === "object" && dependentSchemas !== null)
    for (const one of Object.values(dependentSchemas)) and([...inner(one), {}]);
  return ways;
}

/** Both at once, as far as that can be said in one schema. */
export function both(a: Flat, b: Flat): Flat {
  const merged: Flat = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const own = merged[key];
    merged[key] = own === undefined || own === value ? value : (MERGE[key] ?? keepFirst)(own, value);
  }
  return merged;
}

type Merge = (a: Json, b: Json) => Json;

const keepFirst: Merge = (a) => a;
const larger: Merge = (a, b) => Math.max(Number(a), Number(b));
const smaller: Merge = (a, b) => Math.min(Number(a), Number(b));
const conjunction: Merge = (a, b) => ({ allOf: [a, b] });
const union: Merge = (a, b) => [...new Set([...list(a), ...list(b)])];
const conjunctions: Merge = (a, b) => {
  const merged = { ...(a as JsonObject) };
  for (const [key, value] of Object.entries(b as JsonObject))
    merged[key] = Object.hasOwn(merged, key) ? conjunction(merged[key] ?? true, value) : value;
  return merged;
};

const MERGE: Readonly<Record<string, Merge>> = {
  type: (a, b) => commonTypes([a].flat() as string[], [b].flat() as string[]),
  enum: (a, b) => {
    const texts = new Set(list(b).map(canonicalJson));
    return list(a).filter((one) => texts.has(canonicalJson(one)));
  },
  required: union,
  properties: conjunctions,
  patternProperties: conjunctions,
  items: conjunction,
  additionalProperties: conjunction,
  propertyNames: conjunction,
  contains: conjunction,
  ...Object.fromEntries(
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"].map((key) => [key, larger]),
  ),
  ...Object.fromEntries(
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"].map((key) => [key, smaller]),
  ),
};

function commonTypes(a: readonly string[], b: readonly string[]): string[] {
  const shared = a.filter((one) => b.includes(one) || (one === "integer" && b.includes("number")));
  return a.includes("number") && b.includes("integer") ? [...shared, "integer"] : shared;
}

export const list = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];
