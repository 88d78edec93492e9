import type { Facts } from "./diff-fact.js";
import { numberAt, textAt } from "./diff-node.js";
import type { Rule } from "./diff-subset.js";

/** The narrowest bound on a number: `at` itself is out if `open`. */
interface Bound {
  readonly at: number;
  readonly open: boolean;
}

/** The tightest of the nodes' bounds; of whole numbers, the whole number itself. */
function lower({ nodes, types }: Facts): Bound {
  let bound: Bound = { at: -Infinity, open: false };
  for (const node of nodes)
    for (const [key, open] of [
      ["minimum", false],
      ["exclusiveMinimum", true],
    ] as const) {
      const at = numberAt(node, key);
      if (at !== undefined && (at > bound.at || (at === bound.at && open))) bound = { at, open };
    }
  return types.has("fraction") || !Number.isFinite(bound.at) ? bound : whole(bound);
}

function upper({ nodes, types }: Facts): Bound {
  let bound: Bound = { at: Infinity, open: false };
  for (const node of nodes)
    for (const [key, open] of [
      ["maximum", false],
      ["exclusiveMaximum", true],
    ] as const) {
      const at = numberAt(node, key);
      if (at !== undefined && (at < bound.at || (at === bound.at && open))) bound = { at, open };
    }
  if (types.has("fraction") || !Number.isFinite(bound.at)) return bound;
  const { at, open } = whole({ at: -bound.at, open: bound.open });
  return { at: -at, open };
}

/** Beyond 2^53 there are no neighbours to count. */
function whole({ at, open }: Bound): Bound {
  const least = open ? Math.floor(at) + 1 : Math.ceil(at);
  return Number.isSafeInteger(least) ? { at: least, open: false } : { at, open };
}

const isNumeric = ({ types }: Facts): boolean => types.has("integer") || types.has("fraction");

const atLeast =
  (key: string, open: boolean): Rule =>
  (facts, node) => {
    const wanted = numberAt(node, key);
    if (wanted === undefined || !isNumeric(facts)) return true;
    const bound = lower(facts);
    return bound.at > wanted || (bound.at === wanted && (!open || bound.open));
  };

const atMost =
  (key: string, open: boolean): Rule =>
  (facts, node) => {
    const wanted = numberAt(node, key);
    if (wanted === undefined || !isNumeric(facts)) return true;
    const bound = upper(facts);
    return bound.at < wanted || (bound.at === wanted && (!open || bound.open));
  };

export const NUMBER_RULES: Readonly<Record<string, Rule>> = {
  minimum: atLeast("minimum", false),
  exclusiveMinimum: atLeast("exclusiveMinimum", true),
  maximum: atMost("maximum", false),
  exclusiveMaximum: atMost("exclusiveMaximum", true),
  multipleOf: (facts, node) => {
    const wanted = numberAt(node, "multipleOf");
    if (wanted === undefined || !isNumeric(facts)) return true;
    if (wanted === 1 && !facts.types.has("fraction")) return true;
    return facts.nodes.some((one) => isMultiple(numberAt(one, "multipleOf"), wanted));
  },
};

/** Only of whole numbers: 0.3 is no multiple of 0.1 to a computer. */
const isMultiple = (own: number | undefined, wanted: number): boolean =>
  own === wanted || (Number.isSafeInteger(own) && Number.isSafeInteger(wanted) && Number(own) % wanted === 0);

/** The largest of a count that must be reached at least, 0 where there is none. */
export const least = ({ nodes }: Facts, key: string): number =>
  Math.max(0, ...nodes.map((node) => numberAt(node, key) ?? 0));

/** The smallest of a count that must not be exceeded. */
export const most = ({ nodes }: Facts, key: string): number =>
  Math.min(Infinity, ...nodes.map((node) => numberAt(node, key) ?? Infinity));

/** A text keyword that is met only by the very same one. */
const sameText =
  (key: string, type?: string): Rule =>
  ({ nodes, types }, node) => {
    const wanted = textAt(node, key);
    if (wanted === undefined || (type !== undefined && !types.has(type))) return true;
    return nodes.some((one) => textAt(one, key) === wanted);
  };

export const TEXT_RULES: Readonly<Record<string, Rule>> = {
  minLength: (facts, node) =>
    !facts.types.has("string") || least(facts, "minLength") >= (numberAt(node, "minLength") ?? 0),
  maxLength: (facts, node) =>
    !facts.types.has("string") || most(facts, "maxLength") <= (numberAt(node, "maxLength") ?? Infinity),
  pattern: sameText("pattern", "string"),
  // Some formats are for numbers: int32.
  format: sameText("format"),
  contentEncoding: sameText("contentEncoding", "string"),
  contentMediaType: sameText("contentMediaType", "string"),
};

/** Whether bounds leave nothing, where one type is left for which they count. */
export function rangeIsEmpty(facts: Facts): boolean {
  const { types } = facts;
  if ([...types].every((type) => type === "integer" || type === "fraction")) {
    const [low, high] = [lower(facts), upper(facts)];
    return low.at > high.at || (low.at === high.at && (low.open || high.open));
  }
  if (types.size !== 1) return false;
  const [type] = types;
  const counts: Readonly<Record<string, string>> = { string: "Length", array: "Items", object: "Properties" };
  const count = counts[type ?? ""];
  return count !== undefined && least(facts, `min${count}`) > most(facts, `max${count}`);
}
