import { allowsNull, facetsOf, isReference, listOf, mapOf, type Defs, type Facet } from "./lower-facet.js";
import type { Lowering, Part, Place } from "./lower.js";
import { typeShape } from "./lower-object.js";
import { enumShape, isUntyped, typesOf, type TypeName } from "./lower-value.js";
import { ANNOTATIONS } from "./schema-keyword.js";
import type { Branch, NamedType, Shape, Use } from "./shape.js";
import type { JsonObject, JsonSchema } from "./spec.js";

/** The shape of schemas that leave a choice; undefined where there is none, or where the choice is only one of constraints. */
export function unionShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape | undefined {
  const choice = facets.flatMap((facet) => choicesOf(facet, lowering.defs))[0];
  const hasOwnMembers = facets.some(({ schema }) => Object.keys(mapOf(schema["properties"])).length > 0);
  if (choice === undefined || hasOwnMembers) return typeUnion(facets, place, lowering);
  const parts = choice
    .flatMap((part) => spread(part, lowering.defs))
    .filter(({ schema }) => !isNull(schema, lowering.defs));
  const tags = tagsOf(parts, lowering.defs);
  const options = parts.map((part, i): Option => {
    const tag = tags?.values[i];
    const name = tag ?? nameOf(part, lowering.defs);
    const at = { path: part.place.path, words: [...place.words, name ?? `Option${i + 1}`] };
    const use = lowering.use([{ schema: part.schema, place: at }], at);
    return { use, ...(name !== undefined && { name }), ...(tag !== undefined && { tag }) };
  });
  return settle(options, { place, facets, lowering, ...(tags && { discriminator: tags.property }) });
}

/** Several types in one schema. */
function typeUnion(facets: readonly Facet[], place: Place, lowering: Lowering): Shape | undefined {
  const types = typesOf(facets);
  types.delete("null");
  if (types.has("number")) types.delete("integer");
  if (isUntyped(facets) || types.size < 2) return undefined;
  const [{ schema = true } = {}] = facets;
  const options = [...types].map((type): Option => {
    const at = { path: `${place.path}/type/${type}`, words: [...place.words, labelOfType(type)] };
    const shape = typeShape(type, facets, { place: at, lowering });
    return { use: { shape, isNullable: false, schema } };
  });
  return settle(options, { place, facets, lowering });
}

interface Option {
  readonly use: Use;
  readonly name?: string;
  readonly tag?: string;
}

interface Setting {
  readonly place: Place;
  readonly facets: readonly Facet[];
  readonly lowering: Lowering;
  readonly discriminator?: string;
}

/** Options that no reader could tell apart become one. */
function settle(options: readonly Option[], { place, facets, lowering, discriminator }: Setting): Shape {
  const open = options.find(
    ({ use: { shape } }) => shape.kind === "open" && shape.reason !== "never" && shape.reason !== "tuple",
  );
  if (open) return open.use.shape;
  const merged = mergeNumbers(
    mergeTexts(
      options.filter(({ use: { shape } }) => shape.kind !== "open" || shape.reason === "tuple"),
      { place, facets, lowering },
    ),
  );
  const seen = new Set<string>();
  const distinct = merged.map(asArray).filter(({ use: { shape } }) => {
    const id =
      shape.kind === "named"
        ? `named ${shape.key}`
        : shape.kind === "list" || shape.kind === "map"
          ? undefined
          : shape.kind;
    if (id === undefined) return true;
    return !seen.has(id) && seen.add(id);
  });
  const [first, ...rest] = distinct;
  if (first === undefined) return { kind: "open", reason: "never" };
  if (rest.length === 0) return first.use.shape;
  const labels = new Set<string>();
  const branches = distinct.map(({ use, name, tag }): Branch => {
    const wish = name ?? labelOf(use.shape);
    let label = wish;
    for (let n = 2; labels.has(label.toLowerCase()); n++) label = `${wish} ${n}`;
    labels.add(label.toLowerCase());
    return { ...use, isNullable: false, label, ...(tag !== undefined && { tag }) };
  });
  const description = facets.map(({ schema }) => schema["description"]).find((one) => typeof one === "string");
  const isTagged = discriminator !== undefined && branches.every(({ tag }) => tag !== undefined);
  const type: NamedType = {
    ...{ kind: "union", key: place.path, words: place.words, branches },
    ...(isTagged && { discriminator }),
    ...(typeof description === "string" ? { description } : {}),
  };
  lowering.define(type);
  return { kind: "named", key: place.path };
}

/** A tuple among others is an array among others. */
const asArray = (option: Option): Option =>
  option.use.shape.kind === "open" ? { ...option, use: { ...option.use, shape: { kind: "array" } } } : option;

function mergeTexts(options: readonly Option[], { place, facets, lowering }: Setting): readonly Option[] {
  const valuesIn = ({ use: { shape } }: Option): readonly string[] | undefined => {
    if (shape.kind === "string") return shape.only === undefined ? [] : [shape.only];
    return shape.kind === "named" ? lowering.enumValues(shape.key) : undefined;
  };
  const texts = options.filter((option) => valuesIn(option) !== undefined);
  const [first] = texts;
  if (first === undefined || texts.length < 2) return options;
  const isListed = texts.every((option) => (valuesIn(option)?.length ?? 0) > 0);
  const values = [...new Set(texts.flatMap((option) => valuesIn(option) ?? []))];
  const at =
    texts.length === options.length ? place : { path: `${place.path}/type/string`, words: [...place.words, "String"] };
  const shape: Shape = isListed ? enumShape(values, at, { facets, lowering }) : { kind: "string" };
  return options.flatMap((option) =>
    option === first ? [{ use: { ...first.use, shape } }] : texts.includes(option) ? [] : [option],
  );
}

function mergeNumbers(options: readonly Option[]): readonly Option[] {
  const shapes = options.flatMap(({ use: { shape } }) =>
    shape.kind === "number" || shape.kind === "integer" ? [shape] : [],
  );
  if (shapes.length < 2) return options;
  const values = shapes.flatMap((shape) => shape.values ?? []);
  const shape: Shape = {
    kind: shapes.every(({ kind }) => kind === "integer") ? "integer" : "number",
    isInt32: shapes.every(({ isInt32 }) => isInt32),
    ...(shapes.every((one) => one.values !== undefined) && { values: [...new Set(values)] }),
  };
  const isNumber = ({ use }: Option): boolean => use.shape.kind === "number" || use.shape.kind === "integer";
  const first = options.find(isNumber);
  return options.flatMap((option) =>
    option === first ? [{ use: { ...option.use, shape } }] : isNumber(option) ? [] : [option],
  );
}

/** The branches of a choice between things, not between constraints on one thing. */
function choicesOf({ schema, place }: Facet, defs: Defs): Part[][] {
  return ["anyOf", "oneOf"].flatMap((key) => {
    const parts = listOf(schema[key]).map((one, i): Part => ({
      schema: one,
      place: { path: `${place.path}/${key}/${i}`, words: place.words },
    }));
    return parts.some((part) => says(part, defs)) ? [parts] : [];
  });
}

const TELLING = ["type", "enum", "const", "properties", "items", "prefixItems", "anyOf", "oneOf"];

function says(part: Part, defs: Defs): boolean {
  return facetsOf(part, defs).some(
    (facet) => facet === true || (facet !== false && TELLING.some((key) => facet.schema[key] !== undefined)),
  );
}

/** A choice within a choice, without a name of its own, is one choice; so are several types. */
function spread(part: Part, defs: Defs): Part[] {
  const { schema, place } = part;
  if (typeof schema === "boolean" || isReference(schema)) return [part];
  const [key, ...others] = Object.keys(schema).filter((one) => one !== "type" && !ANNOTATIONS.has(one));
  if ((key === "anyOf" || key === "oneOf") && others.length === 0)
    return (choicesOf({ schema, place }, defs)[0] ?? [part]).flatMap((one) =>
      one === part ? [part] : spread(one, defs),
    );
  const { type } = schema;
  if (!Array.isArray(type) || schema["enum"] !== undefined || schema["const"] !== undefined) return [part];
  const names = type as readonly string[];
  return names.map((name) => ({
    schema: { ...schema, type: name },
    place: { path: `${place.path}/type/${name}`, words: place.words },
  }));
}

function isNull(schema: JsonSchema, defs: Defs): boolean {
  if (typeof schema === "boolean") return false;
  const { type, const: only, enum: values } = schema;
  return (
    allowsNull(schema, defs) &&
    (type === "null" || only === null || (Array.isArray(values) && values.every((one) => one === null)))
  );
}

function nameOf({ schema }: Part, defs: Defs): string | undefined {
  if (typeof schema === "boolean") return undefined;
  const { title, $ref } = schema;
  if (typeof title === "string" && /[A-Za-z0-9]/.test(title) && title.length <= 60) return title;
  return typeof $ref === "string" && isReference(schema) && defs.has($ref.slice(8)) ? $ref.slice(8) : undefined;
}

/** The property that each branch requires, with a constant text of its own, and these texts in the order of the branches. */
function tagsOf(
  parts: readonly Part[],
  defs: Defs,
): { readonly property: string; readonly values: readonly string[] } | undefined {
  const constants = parts.map((part) => constantsOf(part, defs));
  const [first] = constants;
  if (first === undefined || parts.length < 2) return undefined;
  for (const property of first.keys()) {
    const values = constants.map((map) => map.get(property)).filter((one) => one !== undefined);
    if (values.length === parts.length && new Set(values).size === parts.length) return { property, values };
  }
  return undefined;
}

function constantsOf(part: Part, defs: Defs): Map<string, string> {
  const facets = facetsOf(part, defs).filter((facet): facet is Facet => typeof facet === "object");
  const required = new Set(facets.flatMap(({ schema }) => listOf(schema["required"]) as readonly unknown[]));
  const entries = facets.flatMap(({ schema }) =>
    Object.entries(mapOf(schema["properties"])).flatMap(([name, one]): [string, string][] => {
      const text = required.has(name) ? constantOf(one) : undefined;
      return text === undefined ? [] : [[name, text]];
    }),
  );
  return new Map(entries);
}

function constantOf(schema: JsonSchema): string | undefined {
  if (typeof schema === "boolean") return undefined;
  const { const: only, enum: values }: JsonObject = schema;
  if (typeof only === "string") return only;
  return Array.isArray(values) && values.length === 1 && typeof values[0] === "string" ? values[0] : undefined;
}

const labelOfType = (type: TypeName): string =>
  type === "array" ? "List" : type.charAt(0).toUpperCase() + type.slice(1);

function labelOf(shape: Shape): string {
  if (shape.kind === "named") return "Object";
  if (shape.kind === "array") return "List";
  if (shape.kind === "free" || shape.kind === "map") return "Object";
  return shape.kind.charAt(0).toUpperCase() + shape.kind.slice(1);
}
