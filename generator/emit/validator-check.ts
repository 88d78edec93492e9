import type { Check, CheckId } from "../../runtime/guard/schema/table.js";
import type { Pattern } from "../../runtime/guard/schema/pattern.js";
import { byCodeUnit, canonicalJson } from "../ir/order.js";
import type { Json, JsonObject } from "../ir/spec.js";
import { pointerStep } from "../ir/walk.js";

/** What a check needs of those around it. `path` is a pointer from the schema at hand. */
export interface CheckContext {
  /** The place of a subschema. */
  subschema(schema: Json, path: string): CheckId;
  /** The place of what a `$ref` leads to. */
  reference(ref: string): CheckId;
  /** `null`: cannot be enforced. */
  pattern(source: string, path: string): Pattern | null;
}

type Draft = { -readonly [Keyword in keyof Check]: Check[Keyword] };

const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] as const;
const COUNTS = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"] as const;
const SUBSCHEMAS = [
  "items",
  "unevaluatedItems",
  "additionalProperties",
  "propertyNames",
  "unevaluatedProperties",
  "not",
] as const;
const LISTS = ["prefixItems", "allOf", "anyOf", "oneOf"] as const;
const MAPS = ["properties", "dependentSchemas"] as const;

/** The check of a normalised object schema, its keywords and maps in an order that does not depend on the schema's. */
export function checkOf(schema: JsonObject, context: CheckContext): Check {
  const check: Draft = {};
  const { type, pattern, $ref } = schema;
  if (type !== undefined) check.type = strings([type].flat()).sort(byCodeUnit);
  readValues(schema, check);
  for (const name of [...NUMBERS, ...COUNTS]) {
    const value = schema[name];
    if (typeof value === "number") check[name] = value;
  }
  if (typeof pattern === "string") {
    const program = context.pattern(pattern, "/pattern");
    if (program) check.pattern = program;
    else check.unsure = true;
  }
  if (schema["uniqueItems"] === true) check.uniqueItems = true;
  if (Array.isArray(schema["required"])) check.required = strings(schema["required"]).sort(byCodeUnit);
  const dependent = members(schema["dependentRequired"]);
  if (dependent.length > 0)
    check.dependentRequired = dependent.map(([name, list]) => [name, strings(list).sort(byCodeUnit)] as const);
  if (typeof $ref === "string") check.$ref = context.reference($ref);
  readSubschemas(schema, check, context);
  return check;
}

/** `enum` and `const`, which both must hold. */
function readValues(schema: JsonObject, check: Draft): void {
  let values = Array.isArray(schema["enum"]) ? (schema["enum"] as readonly Json[]) : undefined;
  const only = schema["const"];
  if (only !== undefined)
    values = values === undefined ? [only] : values.filter((one) => canonicalJson(one) === canonicalJson(only));
  if (values === undefined) return;
  const scalars = values.filter((one) => typeof one !== "object" || one === null);
  const containers = values.filter((one) => typeof one === "object" && one !== null).map(canonicalJson);
  if (containers.length > 0) check.values = containers;
  if (scalars.length > 0) check.enum = scalars;
  if (values.length === 0) check.never = true;
}

function readSubschemas(schema: JsonObject, check: Draft, context: CheckContext): void {
  const one = (name: string): CheckId | undefined => {
    const value = schema[name];
    return value === undefined ? undefined : context.subschema(value, `/${name}`);
  };
  for (const name of SUBSCHEMAS) {
    const id = one(name);
    if (id !== undefined) check[name] = id;
  }
  for (const name of LISTS) {
    const list = schema[name];
    if (Array.isArray(list)) check[name] = list.map((item: Json, i) => context.subschema(item, `/${name}/${i}`));
  }
  for (const name of MAPS) {
    const map = members(schema[name]);
    if (map.length > 0)
      check[name] = map.map(([key, item]) => [key, context.subschema(item, `/${name}${pointerStep(key)}`)] as const);
  }
  const patterns = members(schema["patternProperties"]);
  if (patterns.length > 0)
    check.patternProperties = patterns.map(([source, item]) => {
      const path = `/patternProperties${pointerStep(source)}`;
      return [context.pattern(source, path), context.subschema(item, path)] as const;
    });
  const contains = one("contains");
  if (contains !== undefined) {
    check.contains = contains;
    const { minContains, maxContains } = schema;
    if (typeof minContains === "number") check.minContains = minContains;
    if (typeof maxContains === "number") check.maxContains = maxContains;
  }
  if (schema["if"] === undefined) return;
  for (const name of ["if", "then", "else"] as const) {
    const id = one(name);
    if (id !== undefined) check[name] = id;
  }
}

/** The same check with every subschema's place changed. The one list of where places stand. */
export function mapPlaces(check: Check, change: (id: CheckId) => CheckId): Check {
  const mapped: Draft = { ...check };
  for (const name of [...SUBSCHEMAS, "$ref", "contains", "if", "then", "else"] as const) {
    const id = check[name];
    if (id !== undefined) mapped[name] = change(id);
  }
  for (const name of LISTS) {
    const list = check[name];
    if (list) mapped[name] = list.map(change);
  }
  for (const name of MAPS) {
    const map = check[name];
    if (map) mapped[name] = map.map(([key, id]) => [key, change(id)] as const);
  }
  if (check.patternProperties)
    mapped.patternProperties = check.patternProperties.map(([pattern, id]) => [pattern, change(id)] as const);
  return mapped;
}

const members = (value: Json | undefined): [string, Json][] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).sort(([a], [b]) => byCodeUnit(a, b))
    : [];

const strings = (value: Json): string[] =>
  Array.isArray(value) ? [...new Set((value as readonly Json[]).filter((one) => typeof one === "string"))] : [];
