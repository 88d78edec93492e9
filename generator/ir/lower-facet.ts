import type { Part, Place } from "./lower.js";
import { ANNOTATIONS } from "./schema-keyword.js";
import type { Json, JsonObject, JsonSchema } from "./spec.js";

export type Defs = ReadonlyMap<string, Part>;

/** One of several schemas that all hold at once, its own `$ref` and `allOf` aside. */
export interface Facet {
  readonly schema: JsonObject;
  readonly place: Place;
}

/** A schema that says nothing but where to look. */
export function isReference(schema: JsonObject): boolean {
  return (
    typeof schema["$ref"] === "string" &&
    Object.keys(schema).every((key) => key === "$ref" || key === "$defs" || ANNOTATIONS.has(key))
  );
}

export function targetOf(schema: JsonObject, defs: Defs): Part | undefined {
  const { $ref } = schema;
  return typeof $ref === "string" ? defs.get($ref.slice("#/$defs/".length)) : undefined;
}

/** Facets of one schema are many only where the schema is long; a definition that is asked for twice counts once. */
export function facetsOf(part: Part, defs: Defs): readonly (Facet | boolean)[] {
  const seen = new Set<string>();
  const found: (Facet | boolean)[] = [];
  const waiting: Part[] = [part];
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    const { schema, place } = one;
    if (seen.has(place.path)) continue;
    seen.add(place.path);
    if (typeof schema === "boolean") {
      found.push(schema);
      continue;
    }
    found.push({ schema, place });
    const target = targetOf(schema, defs);
    const branches = listOf(schema["allOf"]).map((branch, i) => ({
      schema: branch,
      place: { path: `${place.path}/allOf/${i}`, words: place.words },
    }));
    waiting.unshift(...(target ? [target] : []), ...branches);
  }
  return found;
}

/** Whether null is valid. References in place never lead back: normalising has cut those that did. */
export function allowsNull(schema: JsonSchema, defs: Defs): boolean {
  if (typeof schema === "boolean") return schema;
  const { type, enum: values, const: only } = schema;
  if (type !== undefined && ![type].flat().includes("null")) return false;
  if (only !== undefined && only !== null) return false;
  if (Array.isArray(values) && !values.includes(null)) return false;
  const target = targetOf(schema, defs);
  if (target && !allowsNull(target.schema, defs)) return false;
  if (!listOf(schema["allOf"]).every((branch) => allowsNull(branch, defs))) return false;
  return ["anyOf", "oneOf"].every((key) => {
    const branches = listOf(schema[key]);
    return branches.length === 0 || branches.some((branch) => allowsNull(branch, defs));
  });
}

export function listOf(value: Json | undefined): readonly JsonSchema[] {
  return Array.isArray(value) ? (value as readonly JsonSchema[]) : [];
}

export function mapOf(value: Json | undefined): Readonly<Record<string, JsonSchema>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonSchema>>)
    : {};
}
