import {
  ANNOTATIONS,
  isObject,
  LIST_KEYWORDS,
  MAP_KEYWORDS,
  SCHEMA_KEYWORDS,
  VALUE_KEYWORDS,
} from "./schema-keyword.js";
import type { Json, JsonSchema } from "./spec.js";

/** `old`: draft-03 to draft-07, where whatever stands beside a `$ref` says nothing. */
export type Dialect = "old" | "new" | "unknown";

/** By `$schema`; absent means 2020-12. Source: MCP 2025-11-25, "JSON Schema usage". */
export function dialectOf(root: JsonSchema): Dialect {
  const uri = isObject(root) ? root["$schema"] : undefined;
  if (uri === undefined) return "new";
  if (typeof uri !== "string") return "unknown";
  if (/json-schema\.org\/draft-0[3-7]\//.test(uri)) return "old";
  return /json-schema\.org\/(?:draft\/20(?:19-09|20-12)\/)?schema/.test(uri) ? "new" : "unknown";
}

/** The reference of a schema, static or dynamic: within one document both lead to the same place. */
export function referenceIn(schema: Readonly<Record<string, Json>>): string | undefined {
  return [schema["$ref"], schema["$dynamicRef"], schema["$recursiveRef"]].find((ref) => typeof ref === "string");
}

/** Nothing but a reference, besides annotations and identifiers. */
export function isAlias(schema: Readonly<Record<string, Json>>, dialect: Dialect): boolean {
  if (referenceIn(schema) === undefined || schema["nullable"] === true) return false;
  return dialect === "old" || !Object.keys(schema).some(asserts);
}

/**
 * The keywords of one schema as 2020-12 spells them, subschemas untouched: tuples, `additionalItems`, `dependencies`, boolean exclusive
 * bounds, `example`. Where an old `$ref` stands, only the annotations beside it.
 */
export function modernised(schema: Readonly<Record<string, Json>>, dialect: Dialect): Map<string, Json> {
  const refAlone = dialect === "old" && referenceIn(schema) !== undefined;
  const out = new Map(Object.entries(schema).filter(([key]) => !refAlone || ANNOTATIONS.has(key)));
  tuples(out);
  bounds(out, "minimum", "exclusiveMinimum");
  bounds(out, "maximum", "exclusiveMaximum");
  dependencies(out);
  const example = out.get("example");
  if (example !== undefined && !out.has("examples")) out.set("examples", [example]);
  return out;
}

const LEGACY: ReadonlySet<string> = new Set(["additionalItems", "dependencies"]);

function asserts(key: string): boolean {
  if (SCHEMA_KEYWORDS.has(key) || LIST_KEYWORDS.has(key) || MAP_KEYWORDS.has(key) || LEGACY.has(key)) return true;
  return VALUE_KEYWORDS.has(key) && !ANNOTATIONS.has(key);
}

function tuples(out: Map<string, Json>): void {
  const items = out.get("items");
  if (!Array.isArray(items)) return;
  out.delete("items");
  if (out.has("prefixItems")) return;
  if (items.length > 0) out.set("prefixItems", items);
  const rest = out.get("additionalItems");
  if (rest !== undefined) out.set("items", rest);
}

/** draft-04: `exclusiveMinimum: true` makes `minimum` the exclusive bound. */
function bounds(out: Map<string, Json>, inclusive: string, exclusive: string): void {
  const flag = out.get(exclusive);
  if (typeof flag !== "boolean") return;
  const bound = out.get(inclusive);
  out.delete(exclusive);
  if (!flag || bound === undefined) return;
  out.delete(inclusive);
  out.set(exclusive, bound);
}

/** draft-07 and older: names or a schema for each property. */
function dependencies(out: Map<string, Json>): void {
  const given = out.get("dependencies");
  if (!isObject(given)) return;
  const entries = Object.entries(given);
  const names = entries
    .filter(([, value]) => Array.isArray(value) || typeof value === "string")
    .map(([name, value]) => [name, typeof value === "string" ? [value] : value] as const);
  const schemas = entries.filter(([, value]) => isObject(value) || typeof value === "boolean");
  if (names.length > 0 && !out.has("dependentRequired")) out.set("dependentRequired", Object.fromEntries(names));
  if (schemas.length > 0 && !out.has("dependentSchemas")) out.set("dependentSchemas", Object.fromEntries(schemas));
}
