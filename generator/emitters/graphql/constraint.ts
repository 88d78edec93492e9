import { defKeyOf } from "../../ir/schema-def-key.js";
import { jsonText } from "../../emit/escape.js";
import { isReference, listOf } from "../../ir/lower-facet.js";
import { ANNOTATIONS } from "../../ir/schema-keyword.js";
import { UNRESOLVED } from "../../ir/schema-loss.js";
import type { Shape, Use } from "../../ir/shape.js";
import type { Json, JsonObject, JsonSchema } from "../../ir/spec.js";
import { literalText } from "./name.js";

type Defs = Readonly<Record<string, JsonSchema>>;

const MAX_FRAGMENT = 400;
const MAX_PATTERN = 1_000;
const MAX_INT32 = 2_147_483_647;

type Literal = (value: Json, schema: JsonObject) => string | undefined;

const text: Literal = (value) =>
  typeof value === "string" && value.length <= MAX_PATTERN ? literalText(value) : undefined;
const count: Literal = (value) => (typeof value === "number" && value <= MAX_INT32 ? String(value) : undefined);
/** What every library writes for "a whole number that JavaScript can hold" tells nobody anything. */
const bound: Literal = (value) =>
  typeof value === "number" && Math.abs(value) !== Number.MAX_SAFE_INTEGER ? JSON.stringify(value) : undefined;

const STRING: Readonly<Record<string, Literal>> = {
  ...{ format: text, pattern: text, minLength: count, maxLength: count },
  ...{ contentEncoding: text, contentMediaType: text, const: text },
};
const NUMBER: Readonly<Record<string, Literal>> = {
  ...{ minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound, multipleOf: bound },
};
const LIST: Readonly<Record<string, Literal>> = {
  ...{ minItems: count, maxItems: count, uniqueItems: (value) => (value === true ? "true" : undefined) },
};

/**
 * `@jsonSchema(…)` for what a field's type does not say of its values; undefined where it says all. Bounded: a fragment of more than 400
 * characters, or one with references, is left out.
 */
export function constraintOf(use: Use, defs: Defs, isRequired = false): string | undefined {
  const said = keywordsOf(use, defs);
  const all = isRequired ? ["required: true", ...said] : said;
  return all.length === 0 ? undefined : `@jsonSchema(${all.join(", ")})`;
}

function keywordsOf({ shape, schema: raw }: Use, defs: Defs): readonly string[] {
  const base = plain(raw, defs);
  const schema = { ...joined(base), ...base, ...told(shape) };
  const typed = (table: Readonly<Record<string, Literal>>): string[] =>
    Object.entries(table).flatMap(([key, literal]) => {
      const value = Object.hasOwn(schema, key) ? schema[key] : undefined;
      const said = value === undefined ? undefined : literal(value, schema);
      return said === undefined ? [] : [`${key}: ${said}`];
    });
  switch (shape.kind) {
    case "string":
      return typed(STRING);
    case "number":
    case "integer":
      return [
        ...typed(NUMBER),
        ...(shape.values ? [`enum: [${shape.values.map((one) => JSON.stringify(one)).join(", ")}]`] : []),
      ];
    case "list":
      return [...typed(LIST), ...fragment(itemOf(shape.item, defs))];
    case "array":
      return typed(LIST);
    case "boolean":
      return fragment(pick(schema, ["const", "enum"]));
    case "map":
      return fragment(without(base, ["type"]));
    case "free":
      return fragment(without(base, ["type", "properties", "additionalProperties"]));
    case "open":
      return fragment(without(base, shape.reason === "tuple" ? ["type"] : []));
    case "named":
      return [];
  }
}

/** What stands in `allOf` holds as well. */
const joined = ({ allOf }: JsonObject): JsonObject =>
  Object.assign({}, ...listOf(allOf).filter((one) => typeof one === "object" && !("$ref" in one))) as JsonObject;

/** What several schemas together say of a text is in its shape. */
function told(shape: Shape): JsonObject {
  if (shape.kind !== "string") return {};
  const { only, format, encoding } = shape;
  return {
    ...(only !== undefined && { const: only }),
    ...(format !== undefined && { format }),
    ...(encoding !== undefined && { contentEncoding: encoding }),
  };
}

/** What a list's scalar items have to be beside their type. */
function itemOf(item: Use, defs: Defs): JsonObject {
  if (!isScalar(item.shape)) return {};
  const schema = without(plain(item.schema, defs), ["type"]);
  return Object.keys(schema).length === 0 ? {} : { items: schema };
}

const isScalar = ({ kind }: Shape): boolean => kind === "string" || kind === "number" || kind === "integer";

/** The schema that holds beside null, its references followed. */
function plain(schema: JsonSchema, defs: Defs): JsonObject {
  let at: JsonSchema = schema;
  for (let step = 0; step < 10 && typeof at === "object"; step++) {
    const { $ref } = at;
    const branches = [...listOf(at["anyOf"]), ...listOf(at["oneOf"])].filter((one) => !isNull(one));
    const [branch] = branches;
    if (typeof $ref === "string" && isReference(at)) at = defs[defKeyOf($ref)] ?? true;
    else if (branches.length === 1 && branch !== undefined && at["properties"] === undefined) at = branch;
    else break;
  }
  return typeof at === "object" ? at : {};
}

const isNull = (schema: JsonSchema): boolean => typeof schema === "object" && schema["type"] === "null";

const pick = (schema: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => keys.includes(key)));
const without = (schema: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(
    Object.entries(schema).filter(
      ([key]) => !keys.includes(key) && !ANNOTATIONS.has(key) && key !== "$defs" && key !== UNRESOLVED,
    ),
  );

/** A block string needs no escapes, and JSON has no three quotes in a row. */
function fragment(schema: JsonObject): readonly string[] {
  if (Object.keys(schema).length === 0) return [];
  const json = jsonText(schema);
  return json.length > MAX_FRAGMENT || json.includes('"$ref"') ? [] : [`fragment: """${json}"""`];
}
