import { defKeyOf } from "../ir/schema-def-key.js";
import type { Json, JsonObject, JsonSchema } from "../ir/spec.js";
import { isObject } from "../ir/schema-keyword.js";
import { jsDoc, jsonText, literalType, memberName } from "./escape.js";
import type { Holes } from "./type-hole.js";
import { bearable, type Facts, kindOf, listed } from "./type-union.js";

/** A schema for json-schema-to-typescript: no reference, no title, no identifier, no foreign text, and one shape in each node. */
export interface View {
  readonly kind: "unknown" | "never" | "type";
  readonly node: JsonObject;
}

export interface ViewContext {
  readonly holes: Holes;
  readonly facts: Facts;
  /** The printed name of a definition. */
  typeNameOf(key: string): string;
  /** Of what a caller sends, a required member with a default may be left out. Source: schemas.md, finding 20. */
  readonly defaultsAreOptional: boolean;
}

/**
 * Where the printer is wrong, or foreign text would reach it, the node is a `tsType`: text that it prints as it is. Such are
 * - references: it merges siblings into copies of the target, declares aliases of one target once, and loses comments beside them;
 * - listed values: it leaves U+2028 raw, and writes `"a" | "b"[]` for an array of what it does not see to be a union;
 * - `unknown` and `never`: beside a description it takes them for objects, and its optimizer loses the names of definitions that are unions
 *   with them.
 */
const raw = (text: string): JsonObject => ({ tsType: text });

// A new node each time: the printer tells definitions apart by identity.
const unknown = (): View => ({ kind: "unknown", node: raw("unknown") });
const never = (): View => ({ kind: "never", node: raw("never") });
const type = (node: JsonObject): View => ({ kind: "type", node });

/** Lengths of one tuple that are written out, over all enclosing tuples; beyond, it is an array. */
const MAX_TUPLE_COPIES = 12;
const MAX_TUPLE_LENGTH = 64;

/**
 * The type of a normalised schema with its types told: every valid instance is of it, and it is as tight as TypeScript can say. `not`,
 * conditions, dependencies, lengths and formats say nothing here; `oneOf` is a union. `copies`: how often the enclosing tuples print this.
 */
export function viewOf(schema: JsonSchema, context: ViewContext, copies = 1): View {
  if (typeof schema === "boolean") return schema ? unknown() : never();
  const values = listed(schema);
  if (values) return literals(values, schema, context);
  const { facts, holes } = context;
  const branches = (keyword: "anyOf" | "oneOf" | "allOf"): readonly JsonSchema[] =>
    Array.isArray(schema[keyword]) ? (schema[keyword] as readonly JsonSchema[]) : [];

  const parts: { view: View; breadth: number }[] = [];
  if (typeof schema["$ref"] === "string") {
    const name = holes.code(context.typeNameOf(defKeyOf(schema["$ref"])));
    parts.push({ view: type(raw(name)), breadth: facts.breadthOf({ $ref: schema["$ref"] }) });
  }
  if (schema["type"] !== undefined && !saidByOthers(schema, context)) {
    const types = [schema["type"]].flat() as string[];
    parts.push({ view: either(types.map((one) => shape(one, schema, context, copies))), breadth: types.length });
  }
  for (const keyword of ["anyOf", "oneOf"] as const) {
    const all = branches(keyword);
    if (all.length === 0) continue;
    const breadth = all.reduce((sum, one) => sum + facts.breadthOf(one), 0);
    parts.push({ view: either(all.map((one) => viewOf(one, context, copies))), breadth });
  }
  for (const one of branches("allOf"))
    parts.push({ view: viewOf(one, context, copies), breadth: facts.breadthOf(one) });
  return both(bearable(parts).map((part) => part.view));
}

/** Whether the compositions and references beside a bare `{"type": "object"}` say as much already. */
function saidByOthers(schema: JsonObject, { facts }: ViewContext): boolean {
  if (SHAPES.some((key) => key in schema)) return false;
  const types = facts.typesOf(schema);
  const others = facts.typesOf(Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "type")));
  return others !== undefined && [...others].every((one) => types?.has(one));
}

const SHAPES = ["properties", "required", "additionalProperties", "patternProperties", "items", "prefixItems"];

function shape(name: string, schema: JsonObject, context: ViewContext, copies: number): View {
  if (name === "object") return objectView(schema, context, copies);
  if (name === "array") return arrayView(schema, context, copies);
  return type({ type: name === "integer" ? "number" : name });
}

function literals(values: readonly unknown[], schema: JsonObject, { holes }: ViewContext): View {
  const types = schema["type"] === undefined ? undefined : new Set([schema["type"]].flat());
  const fitting = values.filter((value) => {
    if (!types || types.has(kindOf(value))) return true;
    return types.has("integer") && Number.isInteger(value);
  });
  if (fitting.length === 0) return never();
  const texts = [...new Set(fitting.map(literalType))];
  return type(raw(holes.code(texts.length === 1 ? (texts[0] ?? "never") : `(${texts.join(" | ")})`)));
}

function objectView(schema: JsonObject, context: ViewContext, copies: number): View {
  const { holes } = context;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as readonly string[]) : []);
  const patterns = isObject(schema["patternProperties"]) ? Object.values(schema["patternProperties"]) : [];
  const additional = (schema["additionalProperties"] ?? true) as JsonSchema;
  const unnamed = patterns.length === 0 ? additional : true;
  const members = new Map(Object.entries(properties) as [string, JsonSchema][]);
  for (const name of required) if (!members.has(name)) members.set(name, unnamed);

  const node: Record<string, JsonObject> = {};
  const needed: string[] = [];
  for (const [name, one] of members) {
    const hole = holes.code(memberName(name));
    const isNeeded =
      required.has(name) && !(context.defaultsAreOptional && isObject(one) && one["default"] !== undefined);
    if (isNeeded) needed.push(hole);
    // To TypeScript every object has a `toString` and a `constructor`: one that may be left out, and is, has the inherited one's type.
    const view = !isNeeded && name in Object.prototype ? unknown() : viewOf(one, context, copies);
    node[hole] = documented(view.node, one, holes);
  }
  const rest = restView([...patterns, additional] as JsonSchema[], members.size, context, copies);
  return type({ type: "object", properties: node, required: needed, additionalProperties: rest });
}

/** The type of members that have no name in the schema; false where there are none. */
function restView(
  given: readonly JsonSchema[],
  named: number,
  context: ViewContext,
  copies: number,
): JsonObject | false {
  const kinds = given.filter((one) => one !== false);
  // With named members beside it an index signature must take in their types as well: only `unknown` says nothing false.
  if (named > 0) return kinds.length === 0 ? false : unknown().node;
  return either(kinds.map((one) => viewOf(one, context, copies))).node;
}

function arrayView(schema: JsonObject, context: ViewContext, copies: number): View {
  const prefix = Array.isArray(schema["prefixItems"]) ? (schema["prefixItems"] as readonly JsonSchema[]) : [];
  const items = (schema["items"] ?? true) as JsonSchema;
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : Infinity;
  const closed = items === false || most <= prefix.length;
  const length = Math.min(prefix.length, most);
  if (closed && least > length) return never();
  const all = (schemas: readonly JsonSchema[], times: number): View[] =>
    schemas.map((one) => viewOf(one, context, copies * times));
  if (length === 0) return closed ? tuple([]) : type({ type: "array", items: all([items], 1)[0]?.node ?? true });
  // The printer's own union of lengths lacks the parentheses that an array or intersection of it needs, so each length is a tuple here.
  const lengths = Array.from({ length: length - Math.min(least, length) + 1 }, (_, i) => Math.min(least, length) + i);
  const times = lengths.length;
  if (length > MAX_TUPLE_LENGTH || copies * times > MAX_TUPLE_COPIES)
    return type({ type: "array", items: either(all(closed ? prefix.slice(0, length) : [...prefix, items], 1)).node });
  return either(
    lengths.map((one) => {
      const elements = all(prefix.slice(0, one), times);
      return tuple(elements, one === length && !closed ? all([items], times)[0] : undefined);
    }),
  );
}

function tuple(elements: readonly View[], rest?: View): View {
  const items = elements.map((one) => one.node);
  return type({ type: "array", items, additionalItems: rest ? rest.node : false });
}

function either(views: readonly View[]): View {
  const possible = views.filter((one) => one.kind !== "never");
  const [first = never()] = possible;
  if (possible.some((one) => one.kind === "unknown")) return unknown();
  return possible.length <= 1 ? first : type({ anyOf: possible.map((one) => one.node) });
}

function both(views: readonly View[]): View {
  const saying = views.filter((one) => one.kind !== "unknown");
  const [first = unknown()] = saying;
  if (saying.some((one) => one.kind === "never")) return never();
  return saying.length <= 1 ? first : type({ allOf: saying.map((one) => one.node) });
}

/** A member's node with the doc comment that its schema gives it. */
function documented(node: JsonObject, schema: JsonSchema, holes: Holes): JsonObject {
  const doc = docOf(schema);
  return doc === "" ? node : { ...node, description: holes.comment(doc) };
}

/** Description, default and deprecation of a schema as a doc comment. */
export function docOf(schema: JsonSchema, lead?: string): string {
  if (typeof schema === "boolean") return jsDoc(lead);
  const text = [lead, schema["description"]]
    .filter((one): one is string => typeof one === "string" && one !== "")
    .join("\n\n");
  return jsDoc(text, [
    ...(schema["deprecated"] === true ? ["@deprecated"] : []),
    ...(schema["default"] === undefined ? [] : defaultTag(schema["default"])),
  ]);
}

function defaultTag(value: Json): string[] {
  const text = jsonText(value);
  // A closing `*/` and a tag cannot come from a literal's text unseen: both are written as escapes.
  return text.length > 100 ? [] : [`@default ${text.replaceAll("*/", "*\\/").replaceAll("@", "\\u0040")}`];
}
