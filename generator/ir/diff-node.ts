import { defKeyOf } from "./schema-def-key.js";
import type { NormalSchema } from "./schema.js";
import { canonicalJson } from "./order.js";
import {
  ANNOTATIONS,
  isObject,
  LIST_KEYWORDS,
  MAP_KEYWORDS,
  SCHEMA_KEYWORDS,
  VALUE_KEYWORDS,
} from "./schema-keyword.js";
import type { Json, JsonObject, JsonSchema } from "./spec.js";
import { pointerStep } from "./walk.js";

/** A subschema with its references resolved to the nodes they mean: a graph, in which recursion is a cycle. */
export interface Node {
  /** Unique within one comparison. */
  readonly id: number;
  /** Where it stands in the spec. */
  readonly pointer: string;
  /** As normalised, for people. */
  readonly schema: JsonSchema;
  /** The schema `false`. */
  readonly never: boolean;
  /** Keywords that hold a value. */
  readonly values: ReadonlyMap<string, Json>;
  readonly single: ReadonlyMap<string, Node>;
  readonly lists: ReadonlyMap<string, readonly Node[]>;
  readonly maps: ReadonlyMap<string, ReadonlyMap<string, Node>>;
  readonly ref: Node | undefined;
}

type Draft = { -readonly [Key in keyof Node]: Node[Key] };

/** A node that is no part of a schema: what is known of a place besides. */
export type MakeNode = (given: {
  readonly never?: boolean;
  readonly values?: readonly (readonly [string, Json])[];
}) => Node;

/** Numbers nodes: both sides of a comparison take theirs from one maker. */
export function nodeMaker(): MakeNode {
  let id = 0;
  return ({ never = false, values = [] }) => ({
    ...{ id: id++, pointer: "", schema: !never, never, values: new Map(values) },
    ...{
      single: new Map<string, Node>(),
      lists: new Map<string, Node[]>(),
      maps: new Map<string, Map<string, Node>>(),
    },
    ref: undefined,
  });
}

/** The graph of a normalised schema that stands at `pointer`. Recursion is as deep as the normalised schema: 200 levels. */
export function nodeOf({ schema, defs, defPaths }: NormalSchema, pointer: string, make: MakeNode): Node {
  const targets = new Map<string, Draft>(Object.keys(defs).map((key) => [key, { ...make({}) }]));

  const fill = (draft: Draft, given: JsonSchema, at: string): Draft => {
    draft.pointer = at;
    draft.schema = given;
    if (typeof given === "boolean") {
      draft.never = !given;
      return draft;
    }
    const values = new Map<string, Json>();
    const single = new Map<string, Node>();
    const lists = new Map<string, Node[]>();
    const maps = new Map<string, Map<string, Node>>();
    const below = (one: Json, path: string): Node => fill({ ...make({}) }, one as JsonSchema, path);
    for (const [key, member] of Object.entries(given)) {
      const path = at + pointerStep(key);
      if (key === "$ref" && typeof member === "string") draft.ref = targets.get(defKeyOf(member));
      else if (SCHEMA_KEYWORDS.has(key)) single.set(key, below(member, path));
      else if (LIST_KEYWORDS.has(key) && Array.isArray(member))
        lists.set(
          key,
          member.map((one: Json, i) => below(one, `${path}/${i}`)),
        );
      else if (MAP_KEYWORDS.has(key) && isObject(member))
        maps.set(
          key,
          new Map(Object.entries(member).map(([name, one]) => [name, below(one, path + pointerStep(name))])),
        );
      else if (VALUE_KEYWORDS.has(key)) values.set(key, member);
    }
    Object.assign(draft, { values, single, lists, maps });
    if (!appliesInPlace(draft)) evaluateHere(single);
    return draft;
  };

  for (const [key, draft] of targets) fill(draft, defs[key] ?? true, pointer + (defPaths[key] ?? ""));
  const root = fill({ ...make({}) }, schema, pointer);
  // Arguments and results are objects whose members are listed, even where the list is empty.
  if (!root.maps.has("properties")) root.maps = new Map([...root.maps, ["properties", new Map()]]);
  return root;
}

function appliesInPlace({ ref, single, lists, maps }: Node): boolean {
  return (
    ref !== undefined ||
    ["allOf", "anyOf", "oneOf"].some((key) => lists.has(key)) ||
    ["if", "not", "contains"].some((key) => single.has(key)) ||
    maps.has("dependentSchemas")
  );
}

/** Where nothing else is applied in place, what is unevaluated is what is additional. */
function evaluateHere(single: Map<string, Node>): void {
  for (const [key, instead] of [
    ["unevaluatedProperties", "additionalProperties"],
    ["unevaluatedItems", "items"],
  ] as const) {
    const one = single.get(key);
    if (one === undefined) continue;
    single.delete(key);
    if (!single.has(instead)) single.set(instead, one);
  }
}

export const valueAt = (node: Node, key: string): Json | undefined => node.values.get(key);

export function numberAt(node: Node, key: string): number | undefined {
  const value = node.values.get(key);
  return typeof value === "number" ? value : undefined;
}

export function textAt(node: Node, key: string): string | undefined {
  const value = node.values.get(key);
  return typeof value === "string" ? value : undefined;
}

export const listAt = (node: Node, key: string): readonly Node[] => node.lists.get(key) ?? [];

const NO_MEMBERS: ReadonlyMap<string, Node> = new Map();
export const mapAt = (node: Node, key: string): ReadonlyMap<string, Node> => node.maps.get(key) ?? NO_MEMBERS;

/** Names in `required`. */
export const requiredOf = (node: Node): readonly string[] => (node.values.get("required") ?? []) as readonly string[];

/** The schema `true`, or one without any keyword. */
export function permitsAll(node: Node | undefined): boolean {
  if (node === undefined) return true;
  const { never, values, single, lists, maps, ref } = node;
  const asserts = [...values.keys()].some((key) => !ANNOTATIONS.has(key));
  return !never && !asserts && ref === undefined && single.size + lists.size + maps.size === 0;
}

/** Whether two graphs say the same word for word, annotations apart. */
export function identical(a: Node, b: Node): boolean {
  const seen = new Set<string>();
  const waiting: (readonly [Node, Node])[] = [[a, b]];
  const sameKeys = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean =>
    one.size === other.size && [...one.keys()].every((key) => other.has(key));
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    const [one, other] = pair;
    const key = `${one.id},${other.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (one.never !== other.never || (one.ref === undefined) !== (other.ref === undefined)) return false;
    if (canonicalJson(assertions(one)) !== canonicalJson(assertions(other))) return false;
    if (!sameKeys(one.single, other.single) || !sameKeys(one.lists, other.lists) || !sameKeys(one.maps, other.maps))
      return false;
    if (one.ref && other.ref) waiting.push([one.ref, other.ref]);
    for (const [name, child] of one.single) waiting.push([child, other.single.get(name) ?? child]);
    for (const [name, list] of one.lists) {
      const others = listAt(other, name);
      if (list.length !== others.length) return false;
      list.forEach((child, i) => waiting.push([child, others[i] ?? child]));
    }
    for (const [name, map] of one.maps) {
      const others = mapAt(other, name);
      if (!sameKeys(map, others)) return false;
      for (const [member, child] of map) waiting.push([child, others.get(member) ?? child]);
    }
  }
  return true;
}

const assertions = ({ values }: Node): JsonObject =>
  Object.fromEntries([...values].filter(([key]) => !ANNOTATIONS.has(key)));
