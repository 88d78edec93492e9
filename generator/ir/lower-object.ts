import { listOf, mapOf, type Facet } from "./lower-facet.js";
import { descriptionIn, type Lowering, type Part, type Place } from "./lower.js";
import { isUntyped, numberShape, typesOf, type TypeName } from "./lower-value.js";
import { arrayShape } from "./lower-array.js";
import { isEmptyRange } from "./lower-range.js";
import type { ObjectType, Property, Shape, Use } from "./shape.js";
import type { Json, JsonSchema } from "./spec.js";
import { pointerStep } from "./walk.js";

/** The shape of schemas of one type that list no values; several types are for `unionShape`. */
export function objectShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape {
  const type = soleType(facets);
  if (type === undefined) return { kind: "open", reason: typesOf(facets).size === 0 ? "never" : "any" };
  return typeShape(type, facets, { place, lowering });
}

/** The one type that is left, or that the keywords speak of. */
function soleType(facets: readonly Facet[]): TypeName | undefined {
  const types = typesOf(facets);
  if (isUntyped(facets)) {
    const has = (...keys: readonly string[]): boolean =>
      facets.some(({ schema }) => keys.some((key) => schema[key] !== undefined));
    if (has("properties", "patternProperties", "additionalProperties", "required")) return "object";
    return has("items", "prefixItems") ? "array" : undefined;
  }
  if (types.size > 1) types.delete("null");
  if (types.has("number")) types.delete("integer");
  return types.size === 1 ? [...types][0] : undefined;
}

export function typeShape(
  type: TypeName,
  facets: readonly Facet[],
  { place, lowering }: { readonly place: Place; readonly lowering: Lowering },
): Shape {
  const text = (key: string): string | undefined => {
    const found = facets.map(({ schema }) => schema[key]).find((one) => typeof one === "string");
    return typeof found === "string" ? found : undefined;
  };
  const [format, encoding] = [text("format"), text("contentEncoding")];
  const schemas = facets.map(({ schema }) => schema);
  if (isEmptyRange(type, schemas)) return { kind: "open", reason: "never" };
  switch (type) {
    case "null":
      return { kind: "open", reason: "null" };
    case "boolean":
      return { kind: "boolean" };
    case "string":
      return { kind: "string", ...(format !== undefined && { format }), ...(encoding !== undefined && { encoding }) };
    case "number":
    case "integer":
      return numberShape(type, facets);
    case "array":
      return arrayShape(facets, place, lowering);
    case "object":
      return membersShape(facets, place, lowering);
  }
}

function membersShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape {
  const count = facets.reduce((sum, { schema }) => sum + Object.keys(mapOf(schema["properties"])).length, 0);
  if (!lowering.affords(count)) return { kind: "free" };
  const members = membersOf(facets);
  const options = optionsIn(facets).map((part) =>
    membersOf(lowering.facetsOf(part).filter((facet): facet is Facet => typeof facet === "object")),
  );
  for (const name of new Set(options.flatMap((option) => [...option.keys()])))
    if (!members.has(name)) members.set(name, [oneOfThem(name, options, place)]);

  const required = new Set(
    facets.flatMap(({ schema }) => listOf(schema["required"]).filter((one) => typeof one === "string")),
  ) as ReadonlySet<string>;
  const isClosed = facets.some(
    ({ schema }) =>
      schema["additionalProperties"] === false || (schema["unevaluatedProperties"] === false && options.length === 0),
  );
  if (!isClosed && (members.size > 0 || facets.some(({ schema }) => schema["properties"] !== undefined)))
    for (const name of required) if (!members.has(name)) members.set(name, [memberPart(place, name, true)]);
  const additional = additionalOf(facets, { place, lowering, isClosed });
  if (members.size === 0 && additional !== "closed")
    return additional === "undeclared" || additional.shape.kind === "open"
      ? { kind: "free" }
      : { kind: "map", value: additional };

  const properties: Property[] = [];
  const description = descriptionIn(facets);
  const type: ObjectType = {
    ...{ kind: "object", key: place.path, words: place.words, properties, additional },
    ...(description !== undefined && { description }),
  };
  lowering.define(type);
  lowering.later(() => {
    for (const [name, parts] of members) {
      const use = useAll(parts, merged(place, `/properties${pointerStep(name)}`, name), lowering);
      if (use) properties.push({ ...use, name, isRequired: required.has(name), ...annotationsOf(use.schema) });
    }
  });
  return { kind: "named", key: place.path };
}

/** What each facet says of each member. */
function membersOf(facets: readonly Facet[]): Map<string, Part[]> {
  const members = new Map<string, Part[]>();
  for (const { schema, place } of facets)
    for (const [name, property] of Object.entries(mapOf(schema["properties"]))) {
      const parts = members.get(name) ?? [];
      members.set(name, parts);
      parts.push(memberPart(place, name, property));
    }
  return members;
}

const memberPart = ({ path, words }: Place, name: string, schema: JsonSchema): Part => ({
  schema,
  place: { path: `${path}/properties${pointerStep(name)}`, words: [...words, name] },
});

/** Schemas that hold for some objects and not for others: their members may be there. */
function optionsIn(facets: readonly Facet[]): Part[] {
  return facets.flatMap(({ schema, place: { path, words } }) => {
    const part = (at: string, given: JsonSchema): Part => ({ schema: given, place: { path: path + at, words } });
    return [
      ...["then", "else"].flatMap((key) =>
        schema[key] === undefined ? [] : [part(`/${key}`, schema[key] as JsonSchema)],
      ),
      ...Object.entries(mapOf(schema["dependentSchemas"])).map(([name, one]) =>
        part(`/dependentSchemas${pointerStep(name)}`, one),
      ),
      ...["anyOf", "oneOf"].flatMap((key) => listOf(schema[key]).map((one, i) => part(`/${key}/${i}`, one))),
    ];
  });
}

/** A member that only some options have: as one of them has it. */
function oneOfThem(name: string, options: readonly ReadonlyMap<string, readonly Part[]>[], place: Place): Part {
  const all = options.flatMap((option) => {
    const parts = distinct(option.get(name) ?? []);
    return parts.length === 0 ? [] : [parts];
  });
  const texts = new Set(all.map((parts) => JSON.stringify(parts.map(({ schema }) => schema))));
  const [[first] = [], ...others] = all;
  if (first && (others.length === 0 || texts.size === 1) && all[0]?.length === 1) return first;
  const branches = [...texts].map((text): Json => {
    const schemas = JSON.parse(text) as JsonSchema[];
    return schemas.length === 1 ? (schemas[0] ?? true) : { allOf: schemas };
  });
  const { path, words } = merged(place, `/properties${pointerStep(name)}`, name);
  return { schema: { anyOf: branches }, place: { path, words } };
}

/** Members that are not named: those of a pattern, and the rest. */
function additionalOf(
  facets: readonly Facet[],
  { place, lowering, isClosed }: { readonly place: Place; readonly lowering: Lowering; readonly isClosed: boolean },
): ObjectType["additional"] {
  const words = [...place.words, "Value"];
  const patterns = facets.flatMap(({ schema, place: at }) =>
    Object.entries(mapOf(schema["patternProperties"])).map(([pattern, one]) => ({
      ...{ pattern, schema: one },
      place: { path: `${at.path}/patternProperties${pointerStep(pattern)}`, words },
    })),
  );
  const declared = partsAt(facets, "additionalProperties", words).filter(({ schema }) => schema !== false);
  const at = merged(place, "/additionalProperties", "Value");
  if (patterns.length === 0) return useAll(declared, at, lowering) ?? (isClosed ? "closed" : "undeclared");
  const everyName = patterns.find(({ pattern }) => /^\^?(?:\.\*\$?)?$/.test(pattern));
  if (everyName) return lowering.use([everyName], everyName.place);
  const isKnown = isClosed || declared.length > 0;
  const schemas = isKnown ? [...patterns, ...declared].map(({ schema }) => schema) : [true];
  const [only, ...others] = patterns;
  if (isKnown && declared.length === 0 && only && others.length === 0) return lowering.use([only], only.place);
  return lowering.use([{ schema: { anyOf: schemas }, place: at }], at);
}

/** What the facets say under one keyword. */
export function partsAt(facets: readonly Facet[], key: string, words: readonly string[]): Part[] {
  return facets.flatMap(({ schema, place }) =>
    schema[key] === undefined
      ? []
      : [{ schema: schema[key] as JsonSchema, place: { path: `${place.path}/${key}`, words } }],
  );
}

/** Schemas of one value, all at once; undefined for none. `at` is where they stand together. */
export function useAll(parts: readonly Part[], at: Place, lowering: Lowering): Use | undefined {
  const [first, ...rest] = distinct(parts);
  return first && lowering.use([first, ...rest], rest.length === 0 ? first.place : at);
}

/** The place of what several facets say of one thing. No pointer of the schema itself looks like it. */
export const merged = (place: Place, path: string, word: string): Place => ({
  path: `${place.path}/allOf${path}`,
  words: [...place.words, word],
});

/** Each schema once, and none that says nothing beside one that does. */
function distinct(parts: readonly Part[]): readonly Part[] {
  if (parts.length < 2) return parts;
  const texts = new Set<string>();
  const kept = parts.filter(({ schema }) => {
    const text = JSON.stringify(schema);
    return !texts.has(text) && texts.add(text);
  });
  const telling = kept.filter(({ schema }) => schema !== true && !isEmpty(schema));
  return telling.length > 0 ? telling : kept.slice(0, 1);
}

export const isEmpty = (schema: JsonSchema): boolean => typeof schema === "object" && Object.keys(schema).length === 0;

function annotationsOf(schema: JsonSchema): { readonly default?: Json; readonly isDeprecated: boolean } {
  if (typeof schema === "boolean") return { isDeprecated: false };
  const said = [schema, ...listOf(schema["allOf"]).filter((one) => typeof one === "object")];
  const value = said.map((one) => one["default"]).find((one) => one !== undefined);
  const isDeprecated = said.some(({ deprecated }) => deprecated === true);
  return { isDeprecated, ...(value !== undefined && { default: value }) };
}
