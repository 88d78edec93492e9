import { canonicalJson } from "./order.js";
import type { Json } from "./spec.js";

/** What a keyword of 2020-12 holds at its place: subschemas, or a value judged by `valueOf`. */
export const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
export const LIST_KEYWORDS: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
export const MAP_KEYWORDS: ReadonlySet<string> = new Set(["dependentSchemas", "patternProperties", "properties"]);

/** Subschemas of these are applied to the same instance: a reference among them that leads back never ends. */
export const IN_PLACE_KEYWORDS: ReadonlySet<string> = new Set([
  "allOf",
  "anyOf",
  "dependentSchemas",
  "else",
  "if",
  "not",
  "oneOf",
  "then",
]);

/** Keywords that say nothing of what is valid. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

export const TYPES: ReadonlySet<string> = new Set([
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
]);

/** Levels of plain data (`default`, `enum`, …) that a library can still compare and print. */
const MAX_DATA_DEPTH = 100;

type Judge = (value: Json) => Json | undefined;

const isNumber: Judge = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const isCount: Judge = (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined);
const isBoolean: Judge = (value) => (typeof value === "boolean" ? value : undefined);
const isText: Judge = (value) => (typeof value === "string" ? value : undefined);
const isData: Judge = (value) => (isShallow(value) ? value : undefined);

/** Each keyword's value as the meta-schema of 2020-12 wants it, or undefined where it cannot be made so. */
export const VALUE_KEYWORDS: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ["type", typesOf],
  ["enum", valuesOf],
  ["const", isData],
  ["default", isData],
  ["examples", (value) => (Array.isArray(value) ? isData(value) : undefined)],
  ["required", namesOf],
  ["dependentRequired", listsOfNames],
  ["pattern", (value) => (typeof value === "string" ? usablePattern(value) : undefined)],
  ["multipleOf", (value) => (isNumber(value) !== undefined && Number(value) > 0 ? value : undefined)],
  ...["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"].map((name) => [name, isNumber] as const),
  ...["maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains"].map(
    (name) => [name, isCount] as const,
  ),
  ...["maxProperties", "minProperties"].map((name) => [name, isCount] as const),
  ...["uniqueItems", "deprecated", "readOnly", "writeOnly"].map((name) => [name, isBoolean] as const),
  ...["title", "description", "format", "contentEncoding", "contentMediaType"].map((name) => [name, isText] as const),
]);

/**
 * A pattern that compiles with the `u` flag, as JSON Schema wants it. Escapes that only the older grammar knows (`\_`, `\:`, `\"`)
 * lose their backslash, which changes nothing; undefined when it still is none.
 */
export function usablePattern(pattern: string): string | undefined {
  if (isPattern(pattern)) return pattern;
  const plain = pattern.replace(/\\([\s\S])/g, (both, escaped: string) =>
    /[\w^$\\.*+?()[\]{}|/-]/.test(escaped) && escaped !== "_" ? both : escaped,
  );
  return isPattern(plain) ? plain : undefined;
}

/** A member's name as it arrives in UTF-8: half a surrogate pair is no character, and validators throw at one. */
export function wellFormed(name: string): string {
  return name.replace(/\p{Cs}/gu, "\u{FFFD}");
}

export function isObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

function typesOf(value: Json): Json | undefined {
  const names = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (names.length === 0 || !names.every((name) => typeof name === "string" && TYPES.has(name))) return undefined;
  const unique = [...new Set(names)];
  return unique.length === 1 ? unique[0] : unique;
}

function valuesOf(value: Json): Json | undefined {
  if (!Array.isArray(value) || value.length === 0 || !isShallow(value)) return undefined;
  return [...new Map((value as readonly Json[]).map((one) => [canonicalJson(one), one])).values()];
}

function listsOfNames(value: Json): Json | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, list]) => [wellFormed(name), namesOf(list) ?? []]));
}

function namesOf(value: Json): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = (value as readonly Json[]).filter((name) => typeof name === "string").map(wellFormed);
  return names.length === 0 ? undefined : [...new Set(names)];
}

function isShallow(root: Json): boolean {
  const waiting: { readonly value: Json; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    if (typeof at.value !== "object" || at.value === null) continue;
    if (at.depth >= MAX_DATA_DEPTH) return false;
    for (const child of Object.values(at.value)) waiting.push({ value: child, depth: at.depth + 1 });
  }
  return true;
}
