import { accepts, type Work } from "./diff-accept.js";
import { ALL_TYPES, factReader, type FactReader, type Facts } from "./diff-fact.js";
import { listAt, type MakeNode, type Node } from "./diff-node.js";
import { arrayRules } from "./diff-subset-array.js";
import { objectRules } from "./diff-subset-object.js";
import { canonicalJson } from "./order.js";
import type { Json } from "./spec.js";
import { NUMBER_RULES, rangeIsEmpty, TEXT_RULES } from "./diff-subset-scalar.js";

/** Whether all that the facts allow is valid by one keyword of the node; true where the node has no such keyword. */
export type Rule = (facts: Facts, node: Node) => boolean;

/**
 * Shows that one schema accepts all that another does. Never wrong when it says yes; a no means that it could not be shown.
 *
 * `open` proofs are about every value. The others leave out members that only the right side names where the left says nothing of further
 * members: nobody who goes by the left schema sends them.
 */
export interface Prover {
  readonly facts: FactReader;
  /** All that the facts allow is valid by every one of the nodes. */
  holds(facts: Facts, nodes: readonly Node[], open?: boolean): boolean;
  /** The same of one group of keywords. */
  readonly rules: (open: boolean) => Readonly<Record<string, Rule>>;
  /** Nothing at all is valid. */
  impossible(facts: Facts): boolean;
}

/** Goals within goals: each costs some stack. */
const MAX_DEPTH = 150;
/** Alternatives of the left side that are looked at one by one. */
const MAX_SPLITS = 3;
const MAX_BRANCHES = 64;

export function proverOf(make: MakeNode, work: Work): Prover {
  const reader = factReader(make, work);
  const typed = new Map(ALL_TYPES.map((type) => [type, make({ values: [["type", type]] })]));
  const numeric = make({ values: [["type", "number"]] });
  /** Goals that are shown or, within their own proof, assumed: what comes back to them does so with a smaller value. */
  const known = new Map<string, boolean>();
  const assumed: string[] = [];
  const disjoint = new Map<number, boolean>();
  const empty = new Map<string, boolean>();
  let depth = 0;

  const holds = (facts: Facts, nodes: readonly Node[], open = false): boolean =>
    nodes.every((node) => holdsOne(facts, node, open, new Set()));

  const holdsOne = (facts: Facts, node: Node, open: boolean, split: ReadonlySet<Node>): boolean => {
    if (facts.nodes.includes(node)) return true;
    const key = `${facts.key}>${node.id}${open ? "!" : ""}${[...split].map(({ id }) => `/${id}`).join("")}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (--work.left < 0 || depth >= MAX_DEPTH) return false;
    known.set(key, true);
    const mark = assumed.push(key) - 1;
    depth++;
    const shown = impossible(facts) || directly(facts, node, open) || bySplit(facts, node, open, split);
    depth--;
    if (shown) return true;
    for (const one of assumed.splice(mark)) known.delete(one);
    known.set(key, false);
    return false;
  };

  const directly = (facts: Facts, node: Node, open: boolean): boolean => {
    if (node.never) return false;
    if (facts.values && [...facts.values.values()].every((value) => accepts(node, value, work) === true)) return true;
    return Object.values(open ? openRules : closedRules).every((rule) => rule(facts, node));
  };

  /** Each alternative by itself: branches of the left side, or its types where the right side has branches. */
  const bySplit = (facts: Facts, node: Node, open: boolean, split: ReadonlySet<Node>): boolean => {
    if (split.size >= MAX_SPLITS) return false;
    for (const one of facts.nodes) {
      if (split.has(one)) continue;
      for (const branches of [listAt(one, "anyOf"), listAt(one, "oneOf")]) {
        if (branches.length === 0 || branches.length > MAX_BRANCHES) continue;
        const next = new Set([...split, one]);
        if (branches.every((branch) => holdsOne(reader.of([...facts.nodes, branch]), node, open, next))) return true;
      }
    }
    const parts = typeParts(facts);
    if (parts.length < 2 || !branching(node)) return false;
    return parts.every((part) => holdsOne(reader.of([...facts.nodes, part]), node, open, split));
  };

  const typeParts = ({ types }: Facts): Node[] => {
    const parts = [...types]
      .filter((type) => type !== "integer" && type !== "fraction")
      .flatMap((type) => typed.get(type as "null") ?? []);
    const whole = typed.get("integer");
    return types.has("fraction") ? [...parts, numeric] : types.has("integer") && whole ? [...parts, whole] : parts;
  };

  const impossible = (facts: Facts): boolean => {
    const before = empty.get(facts.key);
    if (before !== undefined) return before;
    if (--work.left < 0 || depth >= MAX_DEPTH) return false;
    empty.set(facts.key, false); // not shown, until it is
    depth++;
    const { types, values, nodes } = facts;
    const isEmpty =
      types.size === 0 ||
      values?.size === 0 ||
      rangeIsEmpty(facts) ||
      (types.size === 1 &&
        types.has("object") &&
        [...facts.required].some((name) => impossible(reader.member(facts, name)))) ||
      nodes.some((node) =>
        [listAt(node, "anyOf"), listAt(node, "oneOf")].some(
          (branches) =>
            branches.length > 0 &&
            branches.length <= MAX_BRANCHES &&
            branches.every((branch) => !nodes.includes(branch) && impossible(reader.of([...nodes, branch]))),
        ),
      );
    depth--;
    empty.set(facts.key, isEmpty);
    return isEmpty;
  };

  const pairwiseDisjoint = (node: Node): boolean => {
    const before = disjoint.get(node.id);
    if (before !== undefined) return before;
    const branches = listAt(node, "oneOf");
    const shown =
      branches.length <= MAX_BRANCHES &&
      branches.every((one, i) => branches.slice(i + 1).every((other) => impossible(reader.of([one, other]))));
    disjoint.set(node.id, shown);
    return shown;
  };

  /** Each accepts what the other does. */
  const same = (a: Node | undefined, b: Node | undefined): boolean => {
    if (a === undefined || b === undefined) return a === b;
    return holds(reader.of([a]), [b], true) && holds(reader.of([b]), [a], true);
  };

  const sameBranches = (a: readonly Node[], b: readonly Node[]): boolean => {
    if (a.length !== b.length || a.length > MAX_BRANCHES) return false;
    const left = [...b];
    return a.every((one) => {
      const at = left.findIndex((other) => same(one, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  };

  const prover = (open: boolean): Readonly<Record<string, Rule>> => ({
    type: ({ types }, { values }) => {
      const given = values.get("type");
      if (given === undefined) return true;
      const allowed = new Set([given].flat().flatMap((type) => (type === "number" ? ["integer", "fraction"] : [type])));
      return [...types].every((type) => allowed.has(type));
    },
    enum: ({ values: possible }, { values }) => {
      const fixed = values.get("const");
      const lists = [values.get("enum"), fixed === undefined ? undefined : [fixed]] as (readonly Json[] | undefined)[];
      return lists.every((list) => {
        const allowed = new Set(list?.map(canonicalJson));
        return (
          list === undefined || (possible !== undefined && [...possible.keys()].every((text) => allowed.has(text)))
        );
      });
    },
    ref: (facts, { ref }) => ref === undefined || holds(facts, [ref], open),
    allOf: (facts, node) => holds(facts, listAt(node, "allOf"), open),
    anyOf: (facts, node) => {
      const branches = listAt(node, "anyOf");
      return branches.length === 0 || branches.some((one) => holds(facts, [one], open));
    },
    oneOf: (facts, node) => {
      const branches = listAt(node, "oneOf");
      if (branches.length === 0) return true;
      if (facts.nodes.some((one) => sameBranches(listAt(one, "oneOf"), branches))) return true;
      return branches.some((one) => holds(facts, [one], open)) && pairwiseDisjoint(node);
    },
    not: (facts, { single }) => {
      const not = single.get("not");
      if (not === undefined) return true;
      const stronger = facts.nodes.some((one) => {
        const own = one.single.get("not");
        return own !== undefined && holds(reader.of([not]), [own], true);
      });
      return stronger || impossible(reader.of([...facts.nodes, not]));
    },
    if: (facts, node) => {
      const [condition, yes, no] = ["if", "then", "else"].map((key) => node.single.get(key));
      if (condition === undefined) return true;
      if ([yes, no].every((one) => one === undefined || holds(facts, [one], open))) return true;
      return facts.nodes.some(
        ({ single }) =>
          same(single.get("if"), condition) && same(single.get("then"), yes) && same(single.get("else"), no),
      );
    },
    ...NUMBER_RULES,
    ...TEXT_RULES,
    ...arrayRules({ reader, holds: (facts, nodes) => holds(facts, nodes, open), same }),
    ...objectRules({ reader, holds: (facts, nodes) => holds(facts, nodes, open), impossible, open, same }),
  });
  const closedRules = prover(false);
  const openRules = prover(true);

  return { facts: reader, holds, impossible, rules: (open) => (open ? openRules : closedRules) };
}

/** Whether the node, or what applies in its place, has alternatives. */
function branching(start: Node): boolean {
  const all = new Set([start]);
  for (const node of all) {
    if (listAt(node, "anyOf").length > 0 || listAt(node, "oneOf").length > 0 || node.single.has("if")) return true;
    for (const one of [...(node.ref ? [node.ref] : []), ...listAt(node, "allOf")]) all.add(one);
  }
  return false;
}
