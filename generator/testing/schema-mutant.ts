import type { Json, JsonObject } from "../ir/spec.js";
import { isObject } from "../ir/schema-keyword.js";
import { places } from "../ir/walk.js";

/** Numbers from 0 to just below 1, the same for the same seed. Source: mulberry32. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The name of members that mutants add: no sample of the schema before has one. */
export const ADDED_NAME = "mcpgenAdded";

type Node = Record<string, Json>;
type Change = (node: Node, roll: () => number) => void;

const pick = <T>(list: readonly T[], roll: () => number): T | undefined => list[Math.floor(roll() * list.length)];
/** Members of garbage, too. */
const textsIn = (value: Json | undefined): string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === "string") : [];
const listIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const membersIn = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const TYPES = ["string", "integer", "number", "boolean", "null", "object", "array"];

const bound =
  (key: string): Change =>
  (node, roll) => {
    const step = Math.floor(roll() * 5) - 2;
    node[key] = typeof node[key] === "number" ? Math.max(0, node[key] + step) : Math.floor(roll() * 6);
  };

const branches = (node: Node): string | undefined =>
  ["anyOf", "oneOf", "allOf"].find((key) => Array.isArray(node[key]));

/** What people do to schemas, and what nobody should. */
const CHANGES: readonly Change[] = [
  (node) => {
    node["properties"] = { ...membersIn(node["properties"]), [ADDED_NAME]: { type: "string" } };
  },
  (node, roll) => {
    const entries = Object.entries(membersIn(node["properties"]));
    const gone = pick(entries, roll);
    if (gone) node["properties"] = Object.fromEntries(entries.filter((one) => one !== gone));
  },
  (node, roll) => {
    const name = pick(Object.keys(membersIn(node["properties"])), roll);
    if (name !== undefined) node["required"] = [...new Set([...textsIn(node["required"]), name])];
  },
  (node, roll) => {
    const gone = pick(textsIn(node["required"]), roll);
    node["required"] = textsIn(node["required"]).filter((one) => one !== gone);
  },
  (node, roll) => {
    node["type"] = pick(TYPES, roll) ?? "null";
  },
  (node, roll) => {
    if (node["type"] !== undefined)
      node["type"] = [...new Set([node["type"], pick(TYPES, roll) ?? "null"].flat())] as Json[];
  },
  (node) => {
    delete node["type"];
  },
  (node) => {
    if (node["type"] === "integer") node["type"] = "number";
    else if (node["type"] === "number") node["type"] = "integer";
  },
  (node, roll) => {
    const values = listIn(node["enum"]);
    node["enum"] =
      roll() < 0.5 || values.length < 2 ? [...values, pick(["mcpgen", 1, null, true], roll) ?? 0] : values.slice(1);
  },
  (node) => {
    delete node["enum"];
  },
  ...[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
  ].map(bound),
  ...["minProperties", "maxProperties", "minContains", "maxContains"].map(bound),
  (node, roll) => {
    node["multipleOf"] = pick([1, 2, 4, 0.5], roll) ?? 1;
  },
  (node, roll) => {
    node["pattern"] = pick(["^a", "^[a-z]+$", "x", "(a|b)+"], roll) ?? "x";
  },
  (node) => {
    node["uniqueItems"] = node["uniqueItems"] !== true;
  },
  (node, roll) => {
    node["additionalProperties"] = pick<Json>([false, true, { type: "string" }], roll) ?? true;
  },
  (node) => {
    delete node["additionalProperties"];
  },
  (node, roll) => {
    node["propertyNames"] = { maxLength: Math.floor(roll() * 20) };
  },
  (node, roll) => {
    node["patternProperties"] = { [pick(["^x", "a", "^m"], roll) ?? "a"]: { type: pick(TYPES, roll) ?? "null" } };
  },
  (node, roll) => {
    node["not"] = { type: pick(TYPES, roll) ?? "null" };
  },
  (node, roll) => {
    node["contains"] = { type: pick(TYPES, roll) ?? "null" };
  },
  (node, roll) => {
    node["if"] = { type: pick(TYPES, roll) ?? "null" };
    node["then"] = { minLength: 2, minimum: 1, minItems: 1 };
  },
  (node, roll) => {
    const key = branches(node);
    if (key === undefined) return;
    const list = node[key] as readonly Json[];
    const mixed =
      roll() < 0.3
        ? [...list].reverse()
        : roll() < 0.5
          ? [...list, { type: pick(TYPES, roll) ?? "null" }]
          : list.slice(1);
    if (mixed.length > 0) node[key] = mixed;
  },
  (node) => {
    const key = branches(node);
    if (key === undefined) return;
    const list = node[key] ?? [];
    Reflect.deleteProperty(node, key);
    node[key === "anyOf" ? "oneOf" : "anyOf"] = list;
  },
  (node, roll) => {
    const moved = Object.keys(node).filter((key) => !["$defs", "definitions", "$schema"].includes(key));
    const rest = Object.fromEntries(moved.map((key) => [key, node[key] ?? null]));
    for (const key of moved) Reflect.deleteProperty(node, key);
    const wrap = roll();
    if (wrap < 0.4) node["anyOf"] = [rest, { type: "null" }];
    else if (wrap < 0.7) node["allOf"] = [rest];
    else node["oneOf"] = [rest, { type: pick(TYPES, roll) ?? "null" }];
  },
  (node, roll) => {
    const list = pick(["prefixItems", "items"], roll);
    if (list === "items") node["items"] = { type: pick(TYPES, roll) ?? "null" };
    else node["prefixItems"] = [{ type: pick(TYPES, roll) ?? "null" }];
  },
  (node, roll) => {
    node["dependentRequired"] = { a: [pick(Object.keys(membersIn(node["properties"])), roll) ?? "b"] };
  },
  (node) => {
    node["unevaluatedProperties"] = false;
  },
];

/** The schema with one to three things changed, at places that `roll` picks. */
export function schemaMutant(schema: JsonObject, roll: () => number): JsonObject {
  const copy = JSON.parse(JSON.stringify(schema)) as Node;
  for (let left = 1 + Math.floor(roll() * 3); left > 0; left--) {
    const nodes = [...places(copy)].filter(({ role, value }) => role === "schema" && !Array.isArray(value));
    const node = pick(nodes, roll)?.value as Node | undefined;
    if (node) pick(CHANGES, roll)?.(node, roll);
  }
  return copy;
}

/** The same with every object saying what further members are like, though they may be anything: then none is undeclared. */
export function openEverywhere(schema: JsonObject): JsonObject {
  const copy = JSON.parse(JSON.stringify(schema)) as Node;
  // All of them first: what is added needs nothing.
  for (const { role, value } of [...places(copy)])
    if (role === "schema" && !Array.isArray(value) && !Object.hasOwn(value, "additionalProperties"))
      Object.assign(value, { additionalProperties: { type: TYPES } });
  return copy;
}
