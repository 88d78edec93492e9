import type { Facet } from "./lower-facet.js";
import { descriptionIn, type Lowering, type Place } from "./lower.js";
import { canonicalJson } from "./order.js";
import type { Shape } from "./shape.js";
import type { Json } from "./spec.js";

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;

/** The shape of schemas that list their values; undefined where they do not, or where all lists together are too long. */
export function valueShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape | undefined {
  const lists = facets.flatMap(({ schema }) => {
    const { const: only, enum: values } = schema;
    return [...(only === undefined ? [] : [[only]]), ...(Array.isArray(values) ? [values as readonly Json[]] : [])];
  });
  const [first, ...others] = lists;
  if (first === undefined || !lowering.affords(first.length)) return undefined;
  const sets = others.map((list) => new Set(list.map((one) => canonicalJson(one))));
  const types = typesOf(facets);
  const values = first.filter(
    (value) => value !== null && sets.every((set) => set.has(canonicalJson(value))) && types.has(typeOf(value)),
  );
  if (values.length === 0) return { kind: "open", reason: first.includes(null) ? "null" : "never" };
  if (values.every((value) => typeof value === "boolean")) return { kind: "boolean" };
  if (values.every((value) => typeof value === "number"))
    return {
      kind: values.every((value) => Number.isInteger(value)) ? "integer" : "number",
      isInt32: values.every((value) => value >= INT32_MIN && value <= INT32_MAX && Number.isInteger(value)),
      values,
    };
  if (!values.every((value) => typeof value === "string")) return { kind: "open", reason: "mixed" };
  const [only] = values;
  if (values.length === 1 && only !== undefined && facets.some(({ schema }) => schema["const"] !== undefined))
    return { kind: "string", only };
  return enumShape(values, place, { facets, lowering });
}

export function enumShape(
  values: readonly string[],
  { path, words }: Place,
  { facets, lowering }: { readonly facets: readonly Facet[]; readonly lowering: Lowering },
): Shape {
  const description = descriptionIn(facets);
  lowering.define({
    ...{ kind: "enum", key: path, words, values },
    ...(description !== undefined && { description }),
  });
  return { kind: "named", key: path };
}

/** A number without listed values. */
export function numberShape(kind: "number" | "integer", facets: readonly Facet[]): Shape {
  const bound = (keys: readonly string[], pick: (...all: number[]) => number): number => {
    const all = facets.flatMap(({ schema }) => keys.map((key) => schema[key]).filter((one) => typeof one === "number"));
    return all.length === 0 ? NaN : pick(...all);
  };
  const low = bound(["minimum", "exclusiveMinimum"], Math.max);
  const high = bound(["maximum", "exclusiveMaximum"], Math.min);
  const isSaid = facets.some(({ schema }) => schema["format"] === "int32");
  const isBounded = low >= INT32_MIN && low <= INT32_MAX && high <= INT32_MAX && high >= INT32_MIN;
  return { kind, isInt32: kind === "integer" && (isSaid || isBounded) };
}

export type TypeName = "array" | "boolean" | "integer" | "null" | "number" | "object" | "string";

const ALL: readonly TypeName[] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/** What all facets allow. `integer` stands beside `number` where both are. */
export function typesOf(facets: readonly Facet[]): Set<TypeName> {
  let types = new Set<TypeName>(ALL);
  for (const { schema } of facets) {
    const { type } = schema;
    if (type === undefined) continue;
    const own = new Set([type].flat() as TypeName[]);
    if (own.has("number")) own.add("integer");
    types = new Set([...types].filter((one) => own.has(one)));
  }
  return types;
}

export const isUntyped = (facets: readonly Facet[]): boolean =>
  facets.every(({ schema }) => schema["type"] === undefined);

function typeOf(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "string" | "boolean" | "object";
}
