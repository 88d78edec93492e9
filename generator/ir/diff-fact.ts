import { accepts, typeOf, type Work } from "./diff-accept.js";
import { listAt, mapAt, permitsAll, requiredOf, type MakeNode, type Node } from "./diff-node.js";
import { matches } from "./diff-pattern.js";
import { canonicalJson } from "./order.js";
import type { Json } from "./spec.js";

/** JSON Schema's types, numbers told apart: `number` is both `integer` and `fraction`. */
export const ALL_TYPES = ["null", "boolean", "integer", "fraction", "string", "array", "object"] as const;

/** What is known of one place: all these nodes apply to it. References and `allOf` are followed already. */
export interface Facts {
  /** The same for the same nodes. */
  readonly key: string;
  readonly nodes: readonly Node[];
  /** Types that are still possible. */
  readonly types: ReadonlySet<string>;
  /** The only values that are possible, by canonical text, where they are listed. */
  readonly values: ReadonlyMap<string, Json> | undefined;
  readonly required: ReadonlySet<string>;
}

export interface FactReader {
  of(nodes: readonly Node[]): Facts;
  /** What is known of a member of this name, provided that it is there. */
  member(facts: Facts, name: string): Facts;
  /** The same for members that neither side names. */
  others(facts: Facts, named: { readonly patterns: ReadonlySet<string> }): Facts;
  /** The same for members whose name matches this pattern, and which neither side names. */
  matching(facts: Facts, pattern: string): Facts;
  item(facts: Facts, index: number): Facts;
  /** Whether the schema says anything of a member of this name, in whatever branch, or has said that it may be called anything. */
  declares(facts: Facts, name: string): boolean;
  /** Whether a member of this name is spoken of in whatever branch. */
  names(facts: Facts, name: string): boolean;
}

/** More names than that are not listed one by one. */
const MAX_VALUES = 5_000;

export function factReader(make: MakeNode, work: Work): FactReader {
  const known = new Map<string, Facts>();
  const declared = new Map<string, Declared>();
  const nothing = make({ never: true });

  const of = (given: readonly Node[]): Facts => {
    const nodes = [...conjuncts(given)].sort((a, b) => a.id - b.id);
    const key = nodes.map(({ id }) => id).join();
    let facts = known.get(key);
    if (!facts) known.set(key, (facts = { key, nodes, ...judged(nodes) }));
    return facts;
  };

  const judged = (nodes: readonly Node[]): Omit<Facts, "key" | "nodes"> => {
    let types = new Set<string>(ALL_TYPES);
    for (const node of nodes) types = intersection(types, typesOf(node, work));
    const required = new Set(nodes.flatMap(requiredOf));
    return { types, values: valuesOf(nodes, types), required };
  };

  const valuesOf = (nodes: readonly Node[], types: ReadonlySet<string>): Facts["values"] => {
    const lists = nodes.flatMap((node) => listed(node, work) ?? []);
    const shortest = lists.sort((a, b) => a.length - b.length)[0] ?? fewOf(types);
    if (!shortest || shortest.length > MAX_VALUES) return undefined;
    const possible = shortest.filter(
      (value) => types.has(typeOf(value)) && nodes.every((node) => accepts(node, value, work) !== false),
    );
    return new Map(possible.map((value) => [canonicalJson(value), value]));
  };

  const declaredBy = ({ key, nodes }: Facts): Declared => {
    let all = declared.get(key);
    if (!all) declared.set(key, (all = declaredIn(nodes)));
    return all;
  };

  const here = (facts: Facts, pick: (node: Node) => readonly Node[]): Facts => of(facts.nodes.flatMap(pick));

  return {
    of,
    member: (facts, name) =>
      here(facts, (node) => {
        const names = node.single.get("propertyNames");
        if (names && accepts(names, name, work) === false) return [nothing];
        const own = mapAt(node, "properties").get(name);
        let unnamed = own === undefined;
        const found = own ? [own] : [];
        for (const [pattern, one] of mapAt(node, "patternProperties")) {
          const match = matches(pattern, name);
          if (match === true) found.push(one);
          if (match !== false) unnamed = false;
        }
        const rest = node.single.get("additionalProperties");
        return unnamed && rest ? [rest] : found;
      }),
    others: (facts, { patterns }) =>
      here(facts, (node) => {
        const own = [...mapAt(node, "patternProperties").keys()];
        const rest = node.single.get("additionalProperties");
        return rest && own.every((pattern) => patterns.has(pattern)) ? [rest] : [];
      }),
    matching: (facts, pattern) =>
      here(facts, (node) => {
        const own = mapAt(node, "patternProperties");
        const same = own.get(pattern);
        if (same) return [same];
        const rest = node.single.get("additionalProperties");
        return rest && own.size === 0 ? [rest] : [];
      }),
    item: (facts, index) =>
      here(facts, (node) => {
        const one = listAt(node, "prefixItems")[index] ?? node.single.get("items");
        return one ? [one] : [];
      }),
    declares: (facts, name) => declaredBy(facts).open || declaredBy(facts).names.has(name),
    names: (facts, name) => declaredBy(facts).names.has(name),
  };
}

/** With what `$ref` and `allOf` lead to, each once. */
function conjuncts(given: readonly Node[]): Set<Node> {
  const all = new Set(given);
  // A set grows while it is walked.
  for (const node of all) {
    if (node.ref) all.add(node.ref);
    for (const one of listAt(node, "allOf")) all.add(one);
  }
  return all;
}

/** Types a node leaves possible, by its own keywords and those of its branches. */
function typesOf(node: Node, work: Work): ReadonlySet<string> {
  if (node.never) return new Set();
  let types = new Set<string>(ALL_TYPES);
  if (--work.left < 0) return types;
  const given = node.values.get("type");
  if (given !== undefined)
    types = new Set(
      ([given].flat() as string[]).flatMap((type) => (type === "number" ? ["integer", "fraction"] : [type])),
    );
  const values = ownValues(node);
  if (values) types = intersection(types, new Set(values.map(typeOf)));
  for (const branches of [listAt(node, "anyOf"), listAt(node, "oneOf")])
    if (branches.length > 0) {
      const union = new Set(branches.flatMap((one) => [...conjunctTypes(one, work)]));
      types = intersection(types, union);
    }
  return types;
}

function conjunctTypes(node: Node, work: Work): ReadonlySet<string> {
  let types = new Set<string>(ALL_TYPES);
  for (const one of conjuncts([node])) types = intersection(types, typesOf(one, work));
  return types;
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> {
  return new Set([...a].filter((one) => b.has(one)));
}

function ownValues(node: Node): readonly Json[] | undefined {
  const fixed = node.values.get("const");
  return fixed === undefined ? (node.values.get("enum") as readonly Json[] | undefined) : [fixed];
}

/** Lists of which a valid value must be a member, by `enum`, `const`, or branches that all have such lists. */
function listed(node: Node, work: Work): readonly (readonly Json[])[] | undefined {
  if (--work.left < 0) return undefined;
  const lists: (readonly Json[])[] = [];
  const own = ownValues(node);
  if (own) lists.push(own);
  for (const branches of [listAt(node, "anyOf"), listAt(node, "oneOf")]) {
    const each = branches.map(
      (one) => [...conjuncts([one])].flatMap((all) => listed(all, work) ?? [])[0] ?? fewOf(typesOf(one, work)),
    );
    if (each.length > 0 && each.every((one) => one !== undefined)) lists.push(each.flat());
  }
  return lists.length === 0 ? undefined : lists;
}

/** All values of types that have few. */
function fewOf(types: ReadonlySet<string>): readonly Json[] | undefined {
  if (types.size === 0) return [];
  if (![...types].every((type) => type === "null" || type === "boolean")) return undefined;
  return [...(types.has("null") ? [null] : []), ...(types.has("boolean") ? [true, false] : [])];
}

interface Declared {
  readonly names: ReadonlySet<string>;
  readonly open: boolean;
}

const BRANCHES = ["if", "then", "else", "not"] as const;

/** Says what further members must be like: they are meant, then. */
const constrains = (rest: Node | undefined): boolean => rest !== undefined && !rest.never && !permitsAll(rest);

/** Names that nodes or anything applied in their place speak of; `open` where they say themselves that there may be others, or list none at all. */
function declaredIn(start: readonly Node[]): Declared {
  const names = new Set<string>();
  let open = false;
  let lists = false;
  const all = new Set(start);
  for (const node of all) {
    lists ||= node.maps.has("properties");
    for (const name of mapAt(node, "properties").keys()) names.add(name);
    for (const name of requiredOf(node)) names.add(name);
    open ||=
      ["additionalProperties", "unevaluatedProperties"].some((key) => constrains(node.single.get(key))) ||
      node.single.has("propertyNames") ||
      node.maps.has("patternProperties");
    const applied = [
      ...(node.ref ? [node.ref] : []),
      ...["allOf", "anyOf", "oneOf"].flatMap((key) => listAt(node, key)),
      ...BRANCHES.flatMap((key) => node.single.get(key) ?? []),
      ...mapAt(node, "dependentSchemas").values(),
    ];
    for (const one of applied) all.add(one);
  }
  return { names, open: open || !lists };
}
