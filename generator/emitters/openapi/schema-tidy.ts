import { isObject } from "../../ir/schema-keyword.js";
import type { Json, JsonObject } from "../../ir/spec.js";
import { looksLikeReference } from "./data.js";
import type { Writing } from "./schema.js";

/**
 * A schema without what linters and generators stumble over, accepting what it accepted: listed values that its own type excludes, keywords
 * of another type than its own, arrays without `items`, tuples closed by `items: false`, required members that nothing describes, objects of
 * any members without a word of it, data that looks like a reference (generators take `{type: object}` for an object without members).
 */
export function tidied(schema: JsonObject, { countsEvaluated }: Pick<Writing, "countsEvaluated">): JsonObject {
  const out: Record<string, Json> = { ...schema };
  for (const key of DATA) if (looksLikeReference(out[key] ?? null)) drop(out, key);
  const types = out["type"] === undefined ? undefined : ([out["type"]].flat() as readonly string[]);
  if (types) keepTypedValues(out, types);
  if (types?.length === 1 && types[0] === "object") drop(out, "items", "prefixItems");
  if (types?.length === 1 && types[0] === "array") drop(out, "properties");
  arrays(out, { isArray: types?.includes("array") === true, countsEvaluated });
  describeRequired(out);
  if (types?.includes("object") === true && !countsEvaluated && !MEMBERS.some((key) => key in out))
    out["additionalProperties"] = true;
  return out;
}

const DATA = ["default", "examples", "enum", "const"];

/** What says already which members there are. */
const MEMBERS = [
  "$ref",
  "properties",
  "patternProperties",
  "additionalProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "enum",
  "const",
];

function keepTypedValues(out: Record<string, Json>, types: readonly string[]): void {
  const fits = (value: Json): boolean => types.some((type) => isOfType(value, type));
  const { enum: values, const: only } = out;
  if (Array.isArray(values)) {
    const kept = (values as readonly Json[]).filter(fits);
    if (kept.length > 0) out["enum"] = kept;
    else impossible(out, "enum");
  }
  if (only !== undefined && !fits(only)) impossible(out, "const");
}

/** Nothing is valid: neither the type nor the value can have it. */
function impossible(out: Record<string, Json>, key: string): void {
  Reflect.deleteProperty(out, key);
  if (out["not"] === undefined) out["not"] = {};
  else out["allOf"] = [...((out["allOf"] as readonly Json[] | undefined) ?? []), false];
}

function isOfType(value: Json, type: string): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return typeof value === type;
}

function arrays(
  out: Record<string, Json>,
  { isArray, countsEvaluated }: { readonly isArray: boolean; readonly countsEvaluated: boolean },
): void {
  const { items, prefixItems, maxItems } = out;
  if (items === false) {
    const length = Array.isArray(prefixItems) ? prefixItems.length : 0;
    out["maxItems"] = typeof maxItems === "number" ? Math.min(maxItems, length) : length;
    out["items"] = true;
  } else if (items === undefined && (isArray || prefixItems !== undefined) && !countsEvaluated) out["items"] = true;
}

function describeRequired(out: Record<string, Json>): void {
  const { properties, required, additionalProperties = true, patternProperties } = out;
  if (!isObject(properties) || !Array.isArray(required) || patternProperties !== undefined) return;
  if (additionalProperties === false) return;
  const missing = (required as readonly string[]).filter((name) => !Object.hasOwn(properties, name));
  if (missing.length === 0) return;
  out["properties"] = Object.fromEntries([
    ...Object.entries(properties),
    ...missing.map((name) => [name, additionalProperties] as const),
  ]);
}

function drop(out: Record<string, Json>, ...keys: readonly string[]): void {
  for (const key of keys) Reflect.deleteProperty(out, key);
}
