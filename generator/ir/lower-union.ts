import { isReference, listOf, mapOf, refKey, type Facet } from "./lower-facet.js";
import { descriptionIn, type Lowering, type Part, type Place } from "./lower.js";
import { typeShape } from "./lower-object.js";
import { enumShape, isUntyped, typesOf, type TypeName } from "./lower-value.js";
import { ANNOTATIONS } from "./schema-keyword.js";
import type { Branch, NamedType, OpenReason, Shape, Use } from "./shape.js";
import type { JsonSchema } from "./spec.js";
import { constantsIn, taggingOf, type Tagging } from "./tag.js";

/** The shape of schemas that leave a choice; undefined where there is none, or where the choice is only one of constraints. */
export function unionShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape | undefined {
  const choice = facets.flatMap((facet) => choicesOf(facet, lowering))[0];
  const hasOwnMembers = facets.some(({ schema }) => Object.keys(mapOf(schema["properties"])).length > 0);
  if (choice === undefined || hasOwnMembers) return typeUnion(facets, place, lowering);
  const parts = choice.flatMap((part) => spread(part, lowering)).filter(({ schema }) => !isNull(schema, lowering));
  if (parts.length === 0) return { kind: "open", reason: "null" };
  const tags = tagsOf(parts, lowering);
  const options = parts.map((part, i): Option => {
    const tag = tags?.values[i];
    const name = tag ?? nameOf(part, lowering);
    const more = parts.length > 1 ? [name ?? kindWord(part.schema) ?? `Option${i + 1}`] : [];
    const at = { path: part.place.path, words: [...place.words, ...more] };
    const use = lowering.use([{ schema: part.schema, place: at }], at);
    return { use, ...(name !== undefined && { name }), ...(tag !== undefined && { tag }) };
  });
  const shape = settle(options, { place, facets, lowering, ...(tags && { discriminator: tags.property }) });
  // The options say nothing closed; the types beside them may.
  return isOpen(shape, "any", "mixed", "recursive") && !isUntyped(facets) ? typeUnion(facets, place, lowering) : shape;
}

/** Several types in one schema. */
function typeUnion(facets: readonly Facet[], place: Place, lowering: Lowering): Shape | undefined {
  const types = typesOf(facets);
  types.delete("null");
  if (types.has("number")) types.delete("integer");
  if (isUntyped(facets) || types.size < 2) return undefined;
  const schema = facets[0]?.schema ?? true;
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
  const some = options.filter(({ use: { shape } }) => !isOpen(shape, "never", "null"));
  const open = some.find(({ use: { shape } }) => shape.kind === "open" && shape.reason !== "tuple");
  if (open) return open.use.shape;
  const merged = mergeNumbers(mergeTexts(some, { place, facets, lowering }));
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
  if (first === undefined)
    return { kind: "open", reason: options.some(({ use: { shape } }) => isOpen(shape, "null")) ? "null" : "never" };
  if (rest.length === 0) return first.use.shape;
  const label = labeller();
  const branches = distinct.map(({ use, name, tag }): Branch => {
    return {
      ...use,
      isNullable: false,
      label: label(name ?? labelOf(use.shape, lowering)),
      ...(tag !== undefined && { tag }),
    };
  });
  const description = descriptionIn(facets);
  const isTagged = discriminator !== undefined && branches.every(({ tag }) => tag !== undefined);
  const type: NamedType = {
    ...{ kind: "union", key: place.path, words: place.words, branches },
    ...(isTagged && { discriminator }),
    ...(description !== undefined && { description }),
  };
  lowering.define(type);
  return { kind: "named", key: place.path };
}

/** Makes each label one of its own, up to letter case. */
function labeller(): (wish: string) => string {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  const numbered = (wish: string, n: number): string => (n === 1 ? wish : `${wish} ${n}`);
  return (wish) => {
    const key = wish.toLowerCase();
    let n = next.get(key) ?? 1;
    while (taken.has(numbered(key, n))) n++;
    next.set(key, n + 1);
    taken.add(numbered(key, n));
    return numbered(wish, n);
  };
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
function choicesOf({ schema, place }: Facet, lowering: Lowering): Part[][] {
  return ["anyOf", "oneOf"].flatMap((key) => {
    const parts = listOf(schema[key]).map((one, i): Part => ({
      schema: one,
      place: { path: `${place.path}/${key}/${i}`, words: place.words },
    }));
    return parts.some((part) => says(part, lowering)) ? [parts] : [];
  });
}

const TELLING = ["type", "enum", "const", "properties", "items", "prefixItems", "anyOf", "oneOf"];

function says(part: Part, { facetsOf }: Lowering): boolean {
  return facetsOf(part).some(
    (facet) => facet === true || (facet !== false && TELLING.some((key) => facet.schema[key] !== undefined)),
  );
}

/** A choice within a choice, without a name of its own, is one choice; so are several types. */
function spread(part: Part, lowering: Lowering): Part[] {
  const { schema, place } = part;
  if (typeof schema === "boolean") return [part];
  const [key, ...others] = Object.keys(schema).filter((one) => one !== "type" && !ANNOTATIONS.has(one));
  if ((key === "anyOf" || key === "oneOf") && others.length === 0)
    return (choicesOf({ schema, place }, lowering)[0] ?? [part]).flatMap((one) =>
      one === part ? [part] : spread(one, lowering),
    );
  const { type } = schema;
  if (!Array.isArray(type) || schema["enum"] !== undefined || schema["const"] !== undefined) return [part];
  const names = type as readonly string[];
  return names.map((name) => ({
    schema: { ...schema, type: name },
    place: { path: `${place.path}/type/${name}`, words: place.words },
  }));
}

function isNull(schema: JsonSchema, { allowsNull }: Lowering): boolean {
  if (typeof schema === "boolean") return false;
  const { type, const: only, enum: values } = schema;
  return (
    allowsNull(schema) &&
    (type === "null" || only === null || (Array.isArray(values) && values.every((one) => one === null)))
  );
}

/** A title that can be read as a name, or the definition's key. */
function nameOf({ schema }: Part, { defs }: Lowering): string | undefined {
  if (typeof schema === "boolean") return undefined;
  const { title } = schema;
  if (typeof title === "string" && /[A-Za-z0-9]/.test(title) && title.length <= 60) return title;
  const key = isReference(schema) ? refKey(schema) : undefined;
  return key !== undefined && defs.has(key) ? key : undefined;
}

/** Nobody tells more kinds of thing apart by a tag, and looking for one costs the product of branches and members. */
const MAX_TAGGED = 500;

function tagsOf(parts: readonly Part[], { facetsOf }: Lowering): Tagging | undefined {
  if (parts.length > MAX_TAGGED) return undefined;
  return taggingOf(
    parts.map((part) => constantsIn(facetsOf(part).map((facet) => (typeof facet === "object" ? facet.schema : facet)))),
  );
}

const isOpen = (shape: Shape, ...reasons: readonly OpenReason[]): boolean =>
  shape.kind === "open" && reasons.includes(shape.reason);

const labelOfType = (type: TypeName): string =>
  type === "array" ? "List" : type.charAt(0).toUpperCase() + type.slice(1);

/** What a schema says that it is, for the name of its type. */
function kindWord(schema: JsonSchema): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (schema["enum"] !== undefined) return "Value";
  return typeof schema["type"] === "string" ? labelOfType(schema["type"] as TypeName) : undefined;
}

function labelOf(shape: Shape, { enumValues }: Lowering): string {
  if (shape.kind === "named") return enumValues(shape.key) ? "String" : "Object";
  if (shape.kind === "array") return "List";
  if (shape.kind === "free" || shape.kind === "map") return "Object";
  return shape.kind.charAt(0).toUpperCase() + shape.kind.slice(1);
}
