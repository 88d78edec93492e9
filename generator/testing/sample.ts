import { canonicalJson } from "../ir/order.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";
import { list, waysOf } from "./sample-flat.js";
import { numberAt, numbers, texts } from "./sample-scalar.js";

/** Samples of one schema, its branches and values varied one at a time. */
const MAX_SAMPLES = 40;
const MAX_WAYS = 24;
const MAX_VALUES = 12;
const MAX_ITEMS = 12;
/** Levels with optional members; below only what is required. */
const FULL_DEPTH = 3;
/** Levels at all: what is required but endless has no sample. */
const MAX_DEPTH = 12;
/** Subschemas looked at for one schema; past that as little as will do. */
const MAX_WORK = 4_000;

const TYPES = ["object", "string", "integer", "number", "boolean", "array", "null"];

/**
 * Values that ought to be valid by a normalised schema: required members only, all members, each branch, each listed value,
 * bounds, additional members, null, tuples, recursion to three levels. Deterministic. A sketch: `not`, say, is not looked
 * at, so each has to be tried by a real validator.
 */
export function candidates(schema: NormalSchema): readonly Json[] {
  const work: Work = { defs: schema.defs, left: MAX_WORK };
  return distinct(valuesOf(schema.schema, work, { depth: 0, max: MAX_SAMPLES }));
}

const ANYTHING: readonly Json[] = ["text", { any: [1, "thing"] }, 7, null, true, [], {}];

interface Work {
  readonly defs: NormalSchema["defs"];
  left: number;
}

interface Place {
  readonly depth: number;
  /** How many values are wanted. */
  readonly max: number;
}

function valuesOf(schema: JsonSchema, work: Work, wanted: Place): Json[] {
  if (schema === true || (schema !== false && Object.keys(schema).length === 0)) return ANYTHING.slice(0, wanted.max);
  if (wanted.depth > MAX_DEPTH || --work.left < -MAX_WORK) return [];
  const place = work.left > 0 ? wanted : { depth: Math.max(wanted.depth, FULL_DEPTH), max: 1 };
  const ways = waysOf(schema, work.defs, Math.min(MAX_WAYS, place.max));
  // Round robin, so that every way is there however few are wanted.
  const made = ways.map((way) => valuesOfWay(way, work, { ...place, max: Math.ceil(place.max / ways.length) + 1 }));
  const longest = Math.max(0, ...made.map((one) => one.length));
  const turns = Array.from({ length: longest }, (_, i) => made.flatMap((one) => one.slice(i, i + 1))).flat();
  return turns.slice(0, place.max);
}

function valuesOfWay(schema: JsonObject, work: Work, place: Place): Json[] {
  const { const: only, enum: values, type } = schema;
  if (only !== undefined) return [only];
  if (values !== undefined) return list(values).slice(0, MAX_VALUES);
  const types = type === undefined ? guessedTypes(schema) : ([type].flat() as string[]);
  const made = types.map((one) => valuesOfType(one, schema, work, place));
  const firsts = made.flatMap((one) => one.slice(0, 1));
  return [...firsts, ...made.flatMap((one) => one.slice(1))].slice(0, Math.max(place.max, firsts.length));
}

const HINTS: readonly (readonly [type: string, keywords: readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"]],
  ["array", ["items", "prefixItems", "minItems", "contains"]],
  ["string", ["minLength", "maxLength", "pattern"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

/** Without `type`, what the keywords speak of first and then anything. */
function guessedTypes(schema: JsonObject): string[] {
  const meant = HINTS.filter(([, keywords]) => keywords.some((key) => schema[key] !== undefined)).map(([type]) => type);
  return [...new Set([...meant, ...TYPES])];
}

function valuesOfType(type: string, schema: JsonObject, work: Work, place: Place): Json[] {
  switch (type) {
    case "string":
      return texts(schema);
    case "integer":
    case "number":
      return numbers(schema, type === "integer");
    case "boolean":
      return [true, false];
    case "null":
      return [null];
    case "array":
      return arrays(schema, work, place);
    default:
      return objects(schema, work, place);
  }
}

function arrays(schema: JsonObject, work: Work, { depth, max }: Place): Json[] {
  const min = numberAt(schema, "minItems") ?? 0;
  const most = numberAt(schema, "maxItems") ?? Infinity;
  const inner = { depth: depth + 1, max: innerMax(depth, max) };
  const head = list(schema["prefixItems"]).map((one) => valuesOf(one as JsonSchema, work, inner));
  const rest = (schema["items"] ?? true) as JsonSchema;
  const contained =
    schema["contains"] === undefined ? [] : valuesOf(schema["contains"] as JsonSchema, work, inner).slice(0, 1);
  const tail =
    rest === false
      ? []
      : [
          ...contained,
          ...distinct(valuesOf(rest, work, { ...inner, max: Math.max(inner.max, Math.min(min, MAX_ITEMS)) })),
        ];
  const firsts = head.flatMap((one) => one.slice(0, 1));
  const filled = (length: number): Json[] =>
    tail.length === 0 && length > firsts.length
      ? firsts
      : [
          ...firsts.slice(0, length),
          ...Array.from({ length: Math.max(0, length - firsts.length) }, (_, i) => tail[i % tail.length] ?? null),
        ];
  const isEndless = schema["items"] !== undefined && tail.length === 0 && rest !== false;
  const lengths = [
    Math.max(min, Math.min(firsts.length, most)),
    min,
    isEndless ? min : Math.max(min, 1),
    Math.min(most, Math.max(MAX_ITEMS, min)),
  ];
  const arrays = lengths.filter((length) => length <= most && length <= 1000).map(filled);
  // Behind an element that has no value, nothing can stand at its place.
  const reachable = head.findIndex((values) => values.length === 0);
  for (const [i, values] of head.slice(0, reachable < 0 ? undefined : reachable).entries())
    for (const value of values.slice(1)) arrays.push(firsts.with(i, value));
  if (min <= firsts.length + 1) for (const value of tail.slice(1)) arrays.push([...firsts, value]);
  return arrays;
}

function objects(schema: JsonObject, work: Work, { depth, max }: Place): Json[] {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = list(schema["required"]) as readonly string[];
  const additional = (schema["additionalProperties"] ?? schema["unevaluatedProperties"] ?? true) as JsonSchema;
  const values = new Map<string, readonly Json[]>();
  const member = (name: string, wanted: number): readonly Json[] => {
    const own = Object.hasOwn(properties, name) ? properties[name] : additional;
    const made = valuesOf(own ?? true, work, { depth: depth + 1, max: wanted });
    values.set(name, made);
    return made;
  };
  const minimal = new Map<string, Json>();
  for (const name of required) {
    const [first] = member(name, innerMax(depth, max));
    if (first === undefined) return [];
    minimal.set(name, first);
  }
  const full = new Map(minimal);
  if (depth < FULL_DEPTH)
    for (const name of Object.keys(properties)) {
      if (full.has(name)) continue;
      const [first] = member(name, innerMax(depth, max));
      if (first !== undefined) full.set(name, first);
    }
  const extra = depth < FULL_DEPTH ? extraMembers(schema, work, { depth: depth + 1, max: 2 }) : [];
  const made = [minimal, full, new Map([...full, ...extra]), new Map([...minimal, ...extra])];
  const few = [...full].slice(0, Math.max(minimal.size, numberAt(schema, "minProperties") ?? 0));
  made.push(new Map([...few, ...minimal]));
  const base = full.size <= (numberAt(schema, "maxProperties") ?? Infinity) ? full : minimal;
  for (const [name, list] of values) for (const value of list.slice(1)) made.push(new Map(base).set(name, value));
  for (const name of full.keys()) if (!minimal.has(name)) made.push(new Map(minimal).set(name, full.get(name) ?? null));
  return made.map((one) => Object.fromEntries(one));
}

/** Members beside those with a name of their own. */
function extraMembers(schema: JsonObject, work: Work, place: Place): [string, Json][] {
  const { propertyNames, patternProperties = {} } = schema;
  const additional = (schema["additionalProperties"] ?? schema["unevaluatedProperties"] ?? true) as JsonSchema;
  const members: [string, Json][] = [];
  for (const [pattern, one] of Object.entries(patternProperties as JsonObject)) {
    const [name] = texts({ pattern });
    const [value] = valuesOf(one as JsonSchema, work, place);
    if (name !== undefined && value !== undefined) members.push([name, value]);
  }
  const names =
    propertyNames === undefined
      ? ["x-extra", "*/ `${1}"]
      : valuesOf(propertyNames as JsonSchema, work, place).filter((one) => typeof one === "string");
  for (const name of names) {
    const [value] = valuesOf(additional, work, place);
    if (value !== undefined) members.push([name, value]);
  }
  return members;
}

/** Values wanted of a member or item: fewer with each level. */
const innerMax = (depth: number, max: number): number => (depth < FULL_DEPTH ? Math.max(2, max >> 2) : 1);

function distinct(values: readonly Json[]): Json[] {
  return [...new Map(values.map((one) => [canonicalJson(one), one])).values()];
}
