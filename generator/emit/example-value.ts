import { isObject } from "../ir/schema-keyword.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";
import { exampleNumber, exampleText } from "./example-scalar.js";
import { waysOf } from "./example-way.js";

export interface ExampleWish {
  /** With optional members; else only what is required. */
  readonly isFull: boolean;
  /** By `examples` and `default` where there are such. */
  readonly usesGiven: boolean;
}

/** Levels with optional members, and levels at all. */
const FULL_DEPTH = 4;
const MAX_DEPTH = 12;
/** Subschemas looked at for one value. */
const MAX_WORK = 2_000;
/** Members of one object that are not required, and those of the whole. */
const MAX_OPTIONAL = 25;
const MAX_MEMBERS = 120;
const MAX_ITEMS = 20;
/** Longest value taken from the schema. */
const MAX_GIVEN = 2_000;

interface Work extends ExampleWish {
  readonly defs: NormalSchema["defs"];
  left: number;
  members: number;
}

/** A value that ought to be valid, or undefined. A sketch: `not` and conditions are not looked at, so it has to be proved. */
export function exampleValue({ schema, defs }: NormalSchema, wish: ExampleWish): Json | undefined {
  return valueOf(schema, { ...wish, defs, left: MAX_WORK, members: MAX_MEMBERS }, 0);
}

function valueOf(schema: JsonSchema, work: Work, depth: number): Json | undefined {
  if (depth > MAX_DEPTH || --work.left < 0) return undefined;
  for (const way of waysOf(schema, work.defs)) {
    const value = valueOfWay(way, work, depth);
    if (value !== undefined) return value;
  }
  return undefined;
}

function valueOfWay(schema: JsonObject, work: Work, depth: number): Json | undefined {
  const { const: only, enum: values, type } = schema;
  if (only !== undefined) return only;
  const types = type === undefined ? guessedTypes(schema) : ([type].flat() as readonly string[]);
  const given = work.usesGiven ? givenValue(schema, types) : undefined;
  if (given !== undefined) return given;
  const listed = values as readonly Json[] | undefined;
  if (listed !== undefined) return listed.find((one) => one !== null) ?? listed[0];
  // Null last: it says nothing of what could stand there.
  for (const one of [...types].sort((a, b) => Number(a === "null") - Number(b === "null"))) {
    const value = valueOfType(one, schema, work, depth);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** What the server itself shows, where its type is right: whether it is valid is proved with the whole. */
function givenValue(schema: JsonObject, types: readonly string[]): Json | undefined {
  const examples = Array.isArray(schema["examples"]) ? (schema["examples"] as readonly Json[]) : [];
  const fallback = schema["default"];
  const listed = Array.isArray(schema["enum"])
    ? (schema["enum"] as readonly Json[]).map((one) => JSON.stringify(one))
    : undefined;
  return [...examples, ...(fallback === undefined || fallback === null || fallback === "" ? [] : [fallback])].find(
    (one) => {
      const text = JSON.stringify(one);
      return text.length <= MAX_GIVEN && types.some((type) => isOfType(one, type)) && (listed?.includes(text) ?? true);
    },
  );
}

function isOfType(value: Json, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return type === "null" ? value === null : typeof value === type;
}

/** Without `type`: what the keywords speak of, else a text. */
function guessedTypes(schema: JsonObject): readonly string[] {
  if (["properties", "required", "additionalProperties", "patternProperties"].some((key) => key in schema))
    return ["object"];
  if (["items", "prefixItems", "minItems", "contains"].some((key) => key in schema)) return ["array"];
  if (["minimum", "maximum", "multipleOf"].some((key) => key in schema)) return ["number"];
  return ["string"];
}

function valueOfType(type: string, schema: JsonObject, work: Work, depth: number): Json | undefined {
  switch (type) {
    case "string":
      return exampleText(schema);
    case "integer":
    case "number":
      return exampleNumber(schema, type === "integer");
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return listOf(schema, work, depth);
    default:
      return objectOf(schema, work, depth);
  }
}

function listOf(schema: JsonObject, work: Work, depth: number): Json | undefined {
  const { minItems = 0, maxItems = MAX_ITEMS, prefixItems = [], items = true, contains } = schema;
  const first = prefixItems as readonly JsonSchema[];
  const least = Math.max(Number(minItems), contains === undefined ? 0 : 1);
  const wanted = Math.min(
    Math.max(least, work.isFull && depth < FULL_DEPTH ? Math.max(1, first.length) : 0),
    Number(maxItems),
  );
  if (least > MAX_ITEMS) return undefined;
  const values: Json[] = [];
  while (values.length < wanted) {
    const own = first[values.length] ?? (contains as JsonSchema | undefined) ?? (items as JsonSchema);
    const value = own === true ? undefined : valueOf(own, work, depth + 1);
    if (value === undefined) break;
    values.push(value);
  }
  return values.length >= least ? values : undefined;
}

function objectOf(schema: JsonObject, work: Work, depth: number): Json | undefined {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema["required"] ?? []) as readonly string[];
  const additional = (schema["additionalProperties"] ?? schema["unevaluatedProperties"] ?? true) as JsonSchema;
  const members = new Map<string, Json>();
  const add = (name: string): boolean => {
    const value = valueOf(Object.hasOwn(properties, name) ? (properties[name] ?? true) : additional, work, depth + 1);
    if (value === undefined) return false;
    members.set(name, value);
    return true;
  };
  for (const name of required) if (!add(name)) return undefined;
  const least = Number(schema["minProperties"] ?? 0);
  const isWanted = (): boolean =>
    members.size < least ||
    (work.isFull && depth < FULL_DEPTH && members.size < required.length + MAX_OPTIONAL && work.members > 0);
  for (const [name, one] of Object.entries(properties)) {
    if (!isWanted()) break;
    if (members.has(name) || (isObject(one) && one["deprecated"] === true)) continue;
    work.members--;
    add(name);
  }
  if (isWanted() && members.size === 0 && isObject(additional)) add(nameFor(schema));
  // As the schema lists them, not as they were made.
  const order = [...Object.keys(properties), ...members.keys()];
  const entries = [...new Set(order)].flatMap((name): [string, Json][] => {
    const value = members.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return entries.length >= least ? Object.fromEntries(entries) : undefined;
}

function nameFor({ propertyNames }: JsonObject): string {
  return (isObject(propertyNames) ? exampleText(propertyNames) : undefined) ?? "key";
}
