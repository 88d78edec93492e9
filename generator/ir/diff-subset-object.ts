import type { FactReader, Facts } from "./diff-fact.js";
import { mapAt, numberAt, permitsAll, requiredOf, type Node } from "./diff-node.js";
import { matches } from "./diff-pattern.js";
import type { Rule } from "./diff-subset.js";
import { unevaluatedHolds } from "./diff-subset-array.js";
import { least, most } from "./diff-subset-scalar.js";
import type { JsonObject } from "./spec.js";

interface Tools {
  readonly reader: FactReader;
  readonly holds: (facts: Facts, nodes: readonly Node[]) => boolean;
  readonly impossible: (facts: Facts) => boolean;
  readonly same: (a: Node | undefined, b: Node | undefined) => boolean;
  /** See Prover. */
  readonly open: boolean;
}

/** Keywords about objects. */
export function objectRules(tools: Tools): Readonly<Record<string, Rule>> {
  const { reader, holds, impossible, same } = tools;
  const onObjects =
    (rule: Rule): Rule =>
    (facts, node) =>
      !facts.types.has("object") || rule(facts, node);
  const absent = (facts: Facts, name: string): boolean =>
    !facts.required.has(name) && impossible(reader.member(facts, name));
  return {
    required: onObjects((facts, node) => requiredOf(node).every((name) => facts.required.has(name))),
    minProperties: onObjects(
      (facts, node) =>
        Math.max(least(facts, "minProperties"), facts.required.size) >= (numberAt(node, "minProperties") ?? 0),
    ),
    maxProperties: onObjects(
      (facts, node) => most(facts, "maxProperties") <= (numberAt(node, "maxProperties") ?? Infinity),
    ),
    dependentRequired: onObjects((facts, node) =>
      Object.entries((node.values.get("dependentRequired") ?? {}) as JsonObject).every(
        ([name, wanted]) =>
          absent(facts, name) ||
          (wanted as readonly string[]).every(
            (one) => facts.required.has(one) || facts.nodes.some((own) => dependentsOf(own, name).includes(one)),
          ),
      ),
    ),
    dependentSchemas: onObjects((facts, node) =>
      [...mapAt(node, "dependentSchemas")].every(
        ([name, wanted]) =>
          absent(facts, name) ||
          holds(
            reader.of([
              ...facts.nodes,
              ...facts.nodes.flatMap((own) => mapAt(own, "dependentSchemas").get(name) ?? []),
            ]),
            [wanted],
          ),
      ),
    ),
    propertyNames: onObjects((facts, node) => {
      const wanted = node.single.get("propertyNames");
      return (
        wanted === undefined ||
        permitsAll(wanted) ||
        facts.nodes.some((one) => one.single.has("propertyNames") && same(one.single.get("propertyNames"), wanted))
      );
    }),
    properties: onObjects((facts, node) => membersHold(facts, node, tools)),
    unevaluatedProperties: onObjects((facts, node) => unevaluatedHolds("unevaluatedProperties", facts, node)),
  };
}

const dependentsOf = (node: Node, name: string): readonly string[] => {
  const all = (node.values.get("dependentRequired") ?? {}) as Readonly<Record<string, readonly string[]>>;
  return Object.hasOwn(all, name) ? (all[name] ?? []) : [];
};

/** `properties`, `patternProperties` and `additionalProperties`, which speak of each other. */
function membersHold(facts: Facts, node: Node, { reader, holds, open }: Tools): boolean {
  const own = mapAt(node, "properties");
  const patterns = mapAt(node, "patternProperties");
  const rest = node.single.get("additionalProperties");
  if (own.size === 0 && patterns.size === 0 && permitsAll(rest)) return true;

  const names = new Set(own.keys());
  if (patterns.size > 0 || !permitsAll(rest))
    for (const one of facts.nodes) for (const name of mapAt(one, "properties").keys()) names.add(name);
  for (const name of names) {
    const goals: Node[] = [];
    const named = own.get(name);
    if (named && (open || reader.declares(facts, name))) goals.push(named);
    let unnamed = named === undefined;
    for (const [pattern, one] of patterns) {
      const match = matches(pattern, name);
      if (match !== false) goals.push(one);
      if (match === true) unnamed = false;
    }
    if (unnamed && rest) goals.push(rest);
    if (goals.length > 0 && !holds(reader.member(facts, name), goals)) return false;
  }
  for (const [pattern, one] of patterns) if (!holds(reader.matching(facts, pattern), [one])) return false;
  return rest === undefined || holds(reader.others(facts, { patterns: new Set(patterns.keys()) }), [rest]);
}
