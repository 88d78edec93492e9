import type { NormalSchema } from "../ir/schema.js";
import { isObject, LIST_KEYWORDS } from "../ir/schema-keyword.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";
import { factsOf } from "./type-union.js";

const OBJECT_KEYWORDS = ["properties", "required", "additionalProperties", "patternProperties"] as const;
const ARRAY_KEYWORDS = ["items", "prefixItems"] as const;
const IN_PLACE = new Set(["allOf", "anyOf", "oneOf"]);

/**
 * The schema with the types that its author left out. To JSON Schema `{"properties": …}` without a word about types allows any string; those
 * who write it mean an object. So a subschema with such keywords is of the type that the schema beside which it is applied says, else that its
 * own compositions and references say, else that its keywords speak of. A tool's arguments are an object in any case.
 */
export function withToldTypes(normal: NormalSchema, isArguments: boolean): NormalSchema {
  const facts = factsOf(normal.defs);
  const tell = (schema: JsonSchema, beside?: ReadonlySet<string>): JsonSchema => {
    if (!isObject(schema)) return schema;
    const said = facts.typesOf(schema);
    const types = schema["type"] === undefined ? (beside ?? said ?? spokenOf(schema)) : said;
    const told = Object.entries(schema).map(([key, value]): [string, Json] => {
      if (LIST_KEYWORDS.has(key)) {
        const passed = IN_PLACE.has(key) ? types : undefined;
        return [key, (value as readonly JsonSchema[]).map((one) => tell(one, passed))];
      }
      if (key === "properties" || key === "patternProperties")
        return [key, mapped(value as Readonly<Record<string, JsonSchema>>, (one) => tell(one))];
      return [key, key === "items" || key === "additionalProperties" ? tell(value as JsonSchema) : value];
    });
    const isNew = types !== undefined && types.size > 0 && schema["type"] === undefined && hasShape(schema);
    return Object.fromEntries(isNew ? [["type", [...types]], ...told] : told);
  };
  const document = isObject(normal.schema)
    ? Object.fromEntries(Object.entries(normal.schema).filter(([key]) => key !== "$defs"))
    : normal.schema;
  const own = isArguments ? asObject(document) : document;
  const defs = mapped(normal.defs, (one) => tell(one));
  const told = tell(own);
  const hasDefs = isObject(told) && Object.keys(defs).length > 0;
  return { ...normal, schema: hasDefs ? { ...told, $defs: defs } : told, defs };
}

/** What a schema of arguments says, of objects. */
function asObject(schema: JsonSchema): JsonSchema {
  if (schema === true) return { type: "object" };
  return isObject(schema) && schema["type"] === undefined ? { type: "object", ...schema } : schema;
}

const hasShape = (schema: JsonObject): boolean => [...OBJECT_KEYWORDS, ...ARRAY_KEYWORDS].some((key) => key in schema);

/** Types that the keywords of a schema speak of; undefined where they speak of none. */
function spokenOf(schema: JsonObject): ReadonlySet<string> | undefined {
  const types = new Set<string>();
  if (OBJECT_KEYWORDS.some((key) => key in schema)) types.add("object");
  if (ARRAY_KEYWORDS.some((key) => key in schema)) types.add("array");
  return types.size > 0 ? types : undefined;
}

function mapped<V extends Json>(
  given: Readonly<Record<string, V>>,
  make: (value: V) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, make(value)]));
}
