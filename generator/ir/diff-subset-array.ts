import type { FactReader, Facts } from "./diff-fact.js";
import { identical, listAt, numberAt, permitsAll, type Node } from "./diff-node.js";
import type { Rule } from "./diff-subset.js";
import { least, most } from "./diff-subset-scalar.js";

interface Tools {
  readonly reader: FactReader;
  readonly holds: (facts: Facts, nodes: readonly Node[]) => boolean;
  readonly same: (a: Node | undefined, b: Node | undefined) => boolean;
}

/** Keywords about arrays and encoded texts. */
export function arrayRules({ reader, holds, same }: Tools): Readonly<Record<string, Rule>> {
  const onArrays =
    (rule: Rule): Rule =>
    (facts, node) =>
      !facts.types.has("array") || rule(facts, node);
  /** By a schema that is the same, as a whole or in this keyword. */
  const sameSingle =
    (key: string): Rule =>
    ({ nodes }, node) => {
      const wanted = node.single.get(key);
      return wanted === undefined || nodes.some((one) => one.single.has(key) && same(one.single.get(key), wanted));
    };
  return {
    minItems: onArrays((facts, node) => least(facts, "minItems") >= (numberAt(node, "minItems") ?? 0)),
    maxItems: onArrays((facts, node) => most(facts, "maxItems") <= (numberAt(node, "maxItems") ?? Infinity)),
    uniqueItems: onArrays(
      (facts, node) =>
        node.values.get("uniqueItems") !== true ||
        most(facts, "maxItems") <= 1 ||
        facts.nodes.some((one) => one.values.get("uniqueItems") === true),
    ),
    items: onArrays((facts, node) => {
      const first = listAt(node, "prefixItems");
      const rest = node.single.get("items");
      const limit = most(facts, "maxItems");
      if (first.length === 0 && rest === undefined) return true;
      const longest = Math.max(first.length, ...facts.nodes.map((one) => listAt(one, "prefixItems").length));
      for (let i = 0; i <= longest && i < limit; i++) {
        const one = first[i] ?? rest;
        if (one !== undefined && !holds(reader.item(facts, i), [one])) return false;
      }
      return true;
    }),
    contains: onArrays((facts, node) => {
      const wanted = node.single.get("contains");
      if (wanted === undefined) return true;
      const min = numberAt(node, "minContains") ?? 1;
      const max = numberAt(node, "maxContains") ?? Infinity;
      const enough =
        min === 0 ||
        facts.nodes.some((one) => {
          const own = one.single.get("contains");
          return own !== undefined && (numberAt(one, "minContains") ?? 1) >= min && same(own, wanted);
        });
      const fewEnough =
        max === Infinity ||
        most(facts, "maxItems") <= max ||
        facts.nodes.some((one) => {
          const own = one.single.get("contains");
          return own !== undefined && (numberAt(one, "maxContains") ?? Infinity) <= max && same(own, wanted);
        });
      return enough && fewEnough;
    }),
    contentSchema: (facts, node) => !facts.types.has("string") || sameSingle("contentSchema")(facts, node),
    unevaluatedItems: onArrays((facts, node) => unevaluatedHolds("unevaluatedItems", facts, node)),
  };
}

/** What counts as evaluated depends on all that stands beside it, so nothing but the same again will do. */
export const unevaluatedHolds = (key: string, { nodes }: Facts, node: Node): boolean =>
  permitsAll(node.single.get(key)) || nodes.some((one) => one.single.has(key) && identical(one, node));
