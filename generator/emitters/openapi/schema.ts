import type { NormalSchema } from "../../ir/schema.js";
import {
  ANNOTATIONS,
  isObject,
  LIST_KEYWORDS,
  MAP_KEYWORDS,
  SCHEMA_KEYWORDS,
  VALUE_KEYWORDS,
} from "../../ir/schema-keyword.js";
import { UNRESOLVED } from "../../ir/schema-loss.js";
import type { Json, JsonObject, JsonSchema } from "../../ir/spec.js";
import { pointerStep } from "../../ir/walk.js";
import { line, prose } from "./prose.js";
import { tidied } from "./schema-tidy.js";
import { taggedUnion } from "./schema-union.js";

/** The keywords of a schema as a person would write them: what it is, what it holds, what it is bound by. */
const ORDER: readonly string[] = [
  ...["title", "description", "deprecated", "readOnly", "writeOnly", "$ref", "type", "enum", "const", "format"],
  ...["properties", "required", "patternProperties", "propertyNames", "additionalProperties", "prefixItems", "items"],
  ...["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "contains", "contentSchema", "dependentSchemas"],
  ...[...VALUE_KEYWORDS.keys()].filter((key) => !ANNOTATIONS.has(key)),
  ...["unevaluatedItems", "unevaluatedProperties", "default", "examples", UNRESOLVED],
];
const RANK: ReadonlyMap<string, number> = new Map([...new Set(ORDER)].map((key, i) => [key, i]));

/** Keywords where a boolean says more to a reader, and to generators, than an object would. */
const BOOLEAN: ReadonlySet<string> = new Set(["additionalProperties", "unevaluatedItems", "unevaluatedProperties"]);

/** What the schemas of one document are written with. */
export interface Writing {
  readonly defs: NormalSchema["defs"];
  /** Somewhere in the document it is asked what has been evaluated, so that nothing may be added that evaluates. */
  readonly countsEvaluated: boolean;
  /** Makes a definition of a branch; returns its reference. */
  hoist(branch: JsonObject, path: string, tag: string): string;
}

/**
 * A normalised schema as OpenAPI tools like it: an object, keywords in order, every array with `items`, assertions beside a `$ref` under
 * `allOf`, a discriminator where each branch is a component. Accepts what the original accepts. References stay `#/$defs/KEY`; `path` is the
 * pointer of the place.
 */
export function openApiSchema(schema: JsonSchema, path: string, writing: Writing): JsonObject {
  if (typeof schema === "boolean") return schema ? {} : { not: {} };
  const inner = (one: Json, step: string): JsonObject => openApiSchema(one as JsonSchema, path + step, writing);
  const entries = Object.entries(tidied(schema, writing)).sort(([a], [b]) => (RANK.get(a) ?? 0) - (RANK.get(b) ?? 0));
  const out: Record<string, Json> = {};
  for (const [key, value] of entries) {
    if (key === "$defs" || !RANK.has(key)) continue;
    if (key === "description" && typeof value === "string") out[key] = prose(value);
    else if (key === "title" && typeof value === "string") out[key] = line(value);
    else if (SCHEMA_KEYWORDS.has(key))
      out[key] = typeof value === "boolean" && BOOLEAN.has(key) ? value : inner(value, pointerStep(key));
    else if (LIST_KEYWORDS.has(key) && Array.isArray(value))
      out[key] = value.map((one: Json, i) => inner(one, `/${key}/${i}`));
    else if (MAP_KEYWORDS.has(key) && isObject(value)) {
      const members = Object.entries(value);
      out[key] = Object.fromEntries(
        members.map(([name, one]) => [name, inner(one, pointerStep(key) + pointerStep(name))]),
      );
    } else out[key] = value;
  }
  return taggedUnion(refAlone(out), path, writing);
}

/** Generators read a reference and nothing beside it but its annotations. */
function refAlone(schema: JsonObject): JsonObject {
  const { $ref, allOf, ...rest } = schema;
  if ($ref === undefined || Object.keys(schema).every((key) => key === "$ref" || ANNOTATIONS.has(key))) return schema;
  const others = Array.isArray(allOf) ? (allOf as readonly Json[]) : [];
  return { ...rest, allOf: [{ $ref }, ...others] };
}

/** The same with each reference replaced by what `rename` makes of it, those of a discriminator too. */
export function mapReferences(schema: JsonObject, rename: (ref: string) => string): JsonObject {
  const inner = (one: Json): Json => (isObject(one) ? mapReferences(one, rename) : one);
  const members = Object.entries(schema).map(([key, value]): [string, Json] => {
    if (key === "$ref" && typeof value === "string") return [key, rename(value)];
    if (key === "discriminator" && isObject(value) && isObject(value["mapping"])) {
      const mapping = Object.entries(value["mapping"]).map(([tag, ref]) => [
        tag,
        typeof ref === "string" ? rename(ref) : ref,
      ]);
      return [key, { ...value, mapping: Object.fromEntries(mapping) as JsonObject }];
    }
    if (SCHEMA_KEYWORDS.has(key)) return [key, inner(value)];
    if (LIST_KEYWORDS.has(key) && Array.isArray(value)) return [key, value.map(inner)];
    if (MAP_KEYWORDS.has(key) && isObject(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]))];
    return [key, value];
  });
  return Object.fromEntries(members);
}
