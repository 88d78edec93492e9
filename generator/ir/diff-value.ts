import { printable } from "../../runtime/core/log.js";
import { typeOf } from "./diff-accept.js";
import type { Facts } from "./diff-fact.js";
import type { Node } from "./diff-node.js";
import {
  either,
  explainedBy,
  NOTHING,
  relationOf,
  type Explained,
  type Pair,
  type Teller,
  type Tools,
} from "./diff-relation.js";
import type { Json } from "./spec.js";

/** Values of one list told one by one. */
const MAX_TOLD_VALUES = 50;

const CONSTRAINT_RULE = {
  narrowed: "CONSTRAINT_TIGHTENED",
  widened: "CONSTRAINT_LOOSENED",
  changed: "CONSTRAINT_CHANGED",
} as const;

export function typesChanged({ a, b, path, pointers, kept, noneNew }: Pair, teller: Teller): Explained {
  const relation = relationOf({
    kept: kept || [...a.types].every((type) => b.types.has(type)),
    noneNew: noneNew || [...b.types].every((type) => a.types.has(type)),
  });
  if (relation === "same") return NOTHING;
  const [before, after] = [typeNames(a.types), typeNames(b.types)];
  const rule = ({ narrowed: "TYPE_NARROWED", widened: "TYPE_WIDENED", changed: "TYPE_CHANGED" } as const)[relation];
  teller.tell(rule, {
    ...{ pointer: pointers[1], before, after },
    message: `${teller.subject(path)} was ${inWords(before)}, and is now ${inWords(after)}`,
  });
  return explainedBy(relation);
}

/** As JSON Schema names them. */
function typeNames(types: ReadonlySet<string>): string[] {
  const names = [...types].filter((type) => type !== "fraction");
  return names.map((type) => (type === "integer" && types.has("fraction") ? "number" : type));
}

function inWords(types: readonly string[]): string {
  if (types.length === 0) return "impossible";
  return types.length === 6 ? "anything" : types.join(" or ");
}

/** Values that came or went. Of types that came or went as a whole nothing more is said. */
export function valuesChanged({ a, b, path, pointers, kept, noneNew }: Pair, teller: Teller): Explained {
  const pointer = pointers[1];
  if (!a.values || !b.values) {
    const isNow = b.values !== undefined;
    const relation = relationOf({ kept, noneNew });
    if (relation === "same") return NOTHING;
    const listed = [...(a.values ?? b.values ?? new Map<string, Json>()).values()].slice(0, MAX_TOLD_VALUES);
    const rule = CONSTRAINT_RULE[relation];
    const message = `${teller.subject(path)} is ${isNow ? "now" : "no longer"} one of listed values`;
    teller.tell(rule, { pointer, message, ...(isNow ? { after: listed } : { before: listed }) });
    return explainedBy(relation);
  }
  const [was, is] = [a.values, b.values];
  const gone = kept ? [] : [...was].filter(([text, value]) => !is.has(text) && b.types.has(typeOf(value)));
  const come = noneNew ? [] : [...is].filter(([text, value]) => !was.has(text) && a.types.has(typeOf(value)));
  for (const [text, value] of gone.slice(0, MAX_TOLD_VALUES))
    teller.tell("ENUM_VALUE_REMOVED", {
      pointer,
      message: `${teller.subject(path)} can no longer be ${short(text)}`,
      before: value,
    });
  for (const [text, value] of come.slice(0, MAX_TOLD_VALUES))
    teller.tell("ENUM_VALUE_ADDED", {
      pointer,
      message: `${teller.subject(path)} can now be ${short(text)}`,
      after: value,
    });
  for (const [rule, list] of [
    ["ENUM_VALUE_REMOVED", gone],
    ["ENUM_VALUE_ADDED", come],
  ] as const)
    if (list.length > MAX_TOLD_VALUES)
      teller.tell(rule, {
        pointer,
        message: `${teller.subject(path)}: ${list.length - MAX_TOLD_VALUES} more values of this kind`,
      });
  return { less: gone.length > 0, more: come.length > 0 };
}

const short = (text: string): string => printable(text, 80);

/** Keywords that are compared each by itself: groups of rules, by the keyword that names them. */
const KEYWORDS = [
  ...["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"],
  ...["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"],
  ...["minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"],
  ...[
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "unevaluatedProperties",
  ],
  ...["not", "if"],
];

/** What keywords other than those of types, values, members, items and alternatives allow now. */
export function constraintsChanged(pair: Pair, { prover, teller }: Tools): Explained {
  const { a, b, path, pointers } = pair;
  if (pair.kept && pair.noneNew) return NOTHING;
  const rules = prover.rules(false);
  const parts: Explained[] = [];
  for (const keyword of KEYWORDS) {
    const [was, is] = [nodeWith(a, keyword), nodeWith(b, keyword)];
    const rule = rules[keyword];
    if (!rule || (!was && !is)) continue;
    const relation = relationOf({
      kept: pair.kept || b.nodes.every((node) => rule(a, node)),
      noneNew: pair.noneNew || a.nodes.every((node) => rule(b, node)),
    });
    if (relation === "same") continue;
    const [before, after] = [valueOf(was, keyword), valueOf(is, keyword)];
    const name = CONSTRAINT_RULE[relation];
    teller.tell(name, {
      pointer: is ? `${is.pointer}/${keyword}` : pointers[1],
      message: `${teller.subject(path)}: ${keyword} ${keywordInWords(before, after)}`,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
    parts.push(explainedBy(relation));
  }
  return either(parts);
}

const nodeWith = ({ nodes }: Facts, keyword: string): Node | undefined =>
  nodes.find(({ values, single, maps }) => values.has(keyword) || single.has(keyword) || maps.has(keyword));

function valueOf(node: Node | undefined, keyword: string): Json | undefined {
  return typeof node?.schema === "object" ? node.schema[keyword] : undefined;
}

function keywordInWords(before: Json | undefined, after: Json | undefined): string {
  if (after === undefined) return `${short(JSON.stringify(before))} is gone`;
  return before === undefined
    ? `${short(JSON.stringify(after))} is new`
    : `was ${short(JSON.stringify(before))}, and is now ${short(JSON.stringify(after))}`;
}
