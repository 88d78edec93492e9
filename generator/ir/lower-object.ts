import { facetsOf, listOf, mapOf, type Facet } from "./lower-facet.js";
import type { Lowering, Part, Place } from "./lower.js";
import { isUntyped, numberShape, typesOf, type TypeName } from "./lower-value.js";
import type { ObjectType, Property, Shape } from "./shape.js";
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

function arrayShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape {
  if (facets.some(({ schema }) => schema["prefixItems"] !== undefined)) return { kind: "open", reason: "tuple" };
  const parts = partsAt(facets, "items", { ...place, words: [...place.words, "Item"] });
  const [first, ...rest] = parts.filter(({ schema }) => schema !== true && !isEmpty(schema));
  if (first === undefined) return { kind: "array" };
  return {
    kind: "list",
    item: lowering.use([first, ...rest], rest.length === 0 ? first.place : joined(place, "/items", "Item")),
  };
}

function membersShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape {
  const optional = facets.flatMap((facet) => conditional(facet, lowering));
  const members = new Map<string, Part[]>();
  for (const { schema, place: at } of [...facets, ...optional])
    for (const [name, property] of Object.entries(mapOf(schema["properties"]))) {
      const part = {
        schema: property,
        place: { path: `${at.path}/properties${pointerStep(name)}`, words: [...at.words, name] },
      };
      members.set(name, [...(members.get(name) ?? []), part]);
    }
  const required = new Set(
    facets.flatMap(({ schema }) => listOf(schema["required"]).filter((one) => typeof one === "string")),
  );
  const isClosed = facets.some(
    ({ schema }) => schema["additionalProperties"] === false || schema["unevaluatedProperties"] === false,
  );
  if (!isClosed && (members.size > 0 || facets.some(({ schema }) => schema["properties"] !== undefined)))
    for (const name of required as ReadonlySet<string>)
      if (!members.has(name)) {
        const path = `${place.path}/properties${pointerStep(name)}`;
        members.set(name, [{ schema: true, place: { path, words: [...place.words, name] } }]);
      }
  const additional = additionalOf(facets, { place, lowering, isClosed, hasNames: members.size > 0 });
  if (members.size === 0 && additional !== "closed")
    return additional === "undeclared" || additional.shape.kind === "open"
      ? { kind: "free" }
      : { kind: "map", value: additional };

  const properties: Property[] = [];
  const description = facets.map(({ schema }) => schema["description"]).find((one) => typeof one === "string");
  const type: ObjectType = {
    ...{ kind: "object", key: place.path, words: place.words, properties, additional },
    ...(typeof description === "string" ? { description } : {}),
  };
  lowering.define(type);
  lowering.later(() => {
    for (const [name, parts] of members) {
      const [first, ...rest] = distinct(parts);
      if (first === undefined) continue;
      const use = lowering.use(
        [first, ...rest],
        rest.length === 0 ? first.place : joined(place, `/properties${pointerStep(name)}`, name),
      );
      properties.push({
        ...use,
        name,
        isRequired: (required as ReadonlySet<string>).has(name),
        ...annotationsOf(first.schema),
      });
    }
  });
  return { kind: "named", key: place.path };
}

/** Schemas that hold only for some values: their members may be there. */
function conditional({ schema, place }: Facet, { defs }: Lowering): Facet[] {
  const parts: Part[] = [];
  const add = (path: string, given: JsonSchema): void => {
    parts.push({ schema: given, place: { path: place.path + path, words: place.words } });
  };
  for (const key of ["then", "else"] as const) if (schema[key] !== undefined) add(`/${key}`, schema[key] as JsonSchema);
  for (const [name, one] of Object.entries(mapOf(schema["dependentSchemas"])))
    add(`/dependentSchemas${pointerStep(name)}`, one);
  for (const key of ["anyOf", "oneOf"])
    listOf(schema[key]).forEach((one, i) => {
      add(`/${key}/${i}`, one);
    });
  return parts.flatMap((part) => facetsOf(part, defs).filter((facet): facet is Facet => typeof facet === "object"));
}

function additionalOf(
  facets: readonly Facet[],
  given: { readonly place: Place; readonly lowering: Lowering; readonly isClosed: boolean; readonly hasNames: boolean },
): ObjectType["additional"] {
  const { place, lowering, isClosed, hasNames } = given;
  const patterns = facets.flatMap(({ schema, place: at }) =>
    Object.entries(mapOf(schema["patternProperties"])).map(([pattern, one]) => ({
      schema: one,
      place: { path: `${at.path}/patternProperties${pointerStep(pattern)}`, words: [...at.words, "Value"] },
    })),
  );
  const declared = partsAt(facets, "additionalProperties", { ...place, words: [...place.words, "Value"] }).filter(
    ({ schema }) => schema !== false,
  );
  const [first, ...rest] = patterns.length > 0 ? patterns : declared;
  if (first === undefined) return isClosed ? "closed" : "undeclared";
  // Patterns and the rest beside them: one shape for both would have to be guessed.
  const several = patterns.length > 1 || (patterns.length === 1 && (hasNames || (declared.length > 0 && !isClosed)));
  if (several) return lowering.use([{ schema: true, place: joined(place, "/additionalProperties", "Value") }], place);
  return lowering.use(
    [first, ...rest],
    rest.length === 0 ? first.place : joined(place, "/additionalProperties", "Value"),
  );
}

function partsAt(facets: readonly Facet[], key: string, place: Place): Part[] {
  return facets.flatMap(({ schema, place: at }) =>
    schema[key] === undefined
      ? []
      : [{ schema: schema[key] as JsonSchema, place: { path: `${at.path}/${key}`, words: place.words } }],
  );
}

/** The place of what several facets say of one thing. No pointer of the schema itself looks like it. */
const joined = (place: Place, path: string, word: string): Place => ({
  path: `${place.path}/allOf${path}`,
  words: [...place.words, word],
});

/** One part for each place, and none that says nothing beside one that does. */
function distinct(parts: readonly Part[]): Part[] {
  const texts = new Set<string>();
  const kept = parts.filter(({ schema }) => {
    const text = JSON.stringify(schema);
    return !texts.has(text) && texts.add(text);
  });
  const telling = kept.filter(({ schema }) => schema !== true && !isEmpty(schema));
  return telling.length > 0 ? telling : kept.slice(0, 1);
}

const isEmpty = (schema: JsonSchema): boolean => typeof schema === "object" && Object.keys(schema).length === 0;

function annotationsOf(schema: JsonSchema): { readonly default?: Json; readonly isDeprecated: boolean } {
  if (typeof schema === "boolean") return { isDeprecated: false };
  const { default: value, deprecated } = schema;
  return { isDeprecated: deprecated === true, ...(value !== undefined && { default: value }) };
}
