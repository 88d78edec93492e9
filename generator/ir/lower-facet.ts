import { defKeyOf } from "./schema-def-key.js";
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

/** What is asked of a schema again and again, within bounds. */
export interface FacetReader {
  /**
   * All that holds at once where `part` holds. A definition that is asked for twice counts once. Once the bound on all facets of a lowering
   * is reached only the part itself: that is sound, since facets only narrow.
   */
  readonly facetsOf: (part: Part) => readonly (Facet | boolean)[];
  /** Whether null is valid, `not` and `if` aside. */
  readonly allowsNull: (schema: JsonSchema) => boolean;
  /** Where a schema leads that says nothing else: `{"$ref": …}` or `{"allOf": [one]}`, with annotations beside it. */
  readonly aliasOf: (part: Part) => Part | undefined;
}

/** Definitions within definitions multiply: of two parts each, 60 levels deep, they are 2 to the power of 60. */
const MAX_FACETS = 500_000;

export function facetReader(defs: Defs): FacetReader {
  let left = MAX_FACETS;
  const nullable = new Map<JsonSchema, boolean>();

  const facetsOf: FacetReader["facetsOf"] = (part) => {
    const seen = new Set<string>();
    const found: (Facet | boolean)[] = [];
    const waiting: Part[] = [part];
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const { schema, place } = one;
      if (seen.has(place.path)) continue;
      seen.add(place.path);
      if (typeof schema === "boolean" || isNothing(schema)) {
        found.push(schema === true);
        continue;
      }
      found.push({ schema, place });
      left--;
      if (left < 0) continue;
      const target = targetOf(schema, defs);
      // The last is looked at first.
      waiting.push(...allOf(one).reverse(), ...(target ? [target] : []));
    }
    return found;
  };

  const judge = (schema: JsonObject): boolean => {
    const { type, enum: values, const: only } = schema;
    if (isNothing(schema)) return false;
    if (type !== undefined && ![type].flat().includes("null")) return false;
    if (only !== undefined && only !== null) return false;
    if (Array.isArray(values) && !values.includes(null)) return false;
    const target = targetOf(schema, defs);
    if (target && !allowsNull(target.schema)) return false;
    if (!listOf(schema["allOf"]).every(allowsNull)) return false;
    return ["anyOf", "oneOf"].every((key) => {
      const branches = listOf(schema[key]);
      return branches.length === 0 || branches.some(allowsNull);
    });
  };
  // References in place never lead back, and chains of them are short: normalising has cut those that did or were not.
  const allowsNull = (schema: JsonSchema): boolean => {
    if (typeof schema === "boolean") return schema;
    const known = nullable.get(schema) ?? judge(schema);
    nullable.set(schema, known);
    return known;
  };

  return {
    ...{ facetsOf, allowsNull },
    aliasOf(part) {
      const { schema } = part;
      if (typeof schema === "boolean") return undefined;
      const [key, ...others] = Object.keys(schema).filter((one) => one !== "$defs" && !ANNOTATIONS.has(one));
      if (others.length > 0) return undefined;
      const branches = key === "allOf" ? allOf(part) : [];
      return key === "$ref" ? targetOf(schema, defs) : branches.length === 1 ? branches[0] : undefined;
    },
  };
}

export function targetOf(schema: JsonObject, defs: Defs): Part | undefined {
  const key = refKey(schema);
  return key === undefined ? undefined : defs.get(key);
}

/** The key in `#/$defs/KEY`. */
export function refKey({ $ref }: JsonObject): string | undefined {
  return typeof $ref === "string" ? defKeyOf($ref) : undefined;
}

const allOf = ({ schema, place }: Part): Part[] =>
  (typeof schema === "object" ? listOf(schema["allOf"]) : []).map((branch, i) => ({
    schema: branch,
    place: { path: `${place.path}/allOf/${i}`, words: place.words },
  }));

/** `{"not": {}}`, as some write `false`. */
function isNothing({ not }: JsonObject): boolean {
  return not === true || (typeof not === "object" && not !== null && Object.keys(not).length === 0);
}

export function listOf(value: Json | undefined): readonly JsonSchema[] {
  return Array.isArray(value) ? (value as readonly JsonSchema[]) : [];
}

export function mapOf(value: Json | undefined): Readonly<Record<string, JsonSchema>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonSchema>>)
    : {};
}
