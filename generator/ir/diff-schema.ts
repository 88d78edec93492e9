import { quoted } from "./finding.js";
import { nodeMaker, nodeOf } from "./diff-node.js";
import { RULES, type Direction, type Finding } from "./diff-rule.js";
import { proverOf } from "./diff-subset.js";
import type { Teller } from "./diff-relation.js";
import { walkSchemas } from "./diff-walk.js";
import { canonicalJson } from "./order.js";
import { lookUp, tokensOf } from "./pointer.js";
import { normaliseSchema, type NormalSchema } from "./schema.js";
import type { JsonObject } from "./spec.js";

/** Goals and values looked at for one pair of schemas: a second of work at most. */
const MAX_WORK = 300_000;

/** What `normaliseSchema` keeps of what it left out. */
const MAX_LOSSES = 100;

/** What stood twice in a list, and stands there once now, is not lost. */
const KEPT = "kept without";

interface Side {
  readonly schema: JsonObject;
  readonly pointer: string;
}

/**
 * What changed for callers (`INPUT`: all that was valid must stay valid) or for readers (`OUTPUT`: all that is valid must have been so).
 * Without a breaking finding that is proven; what cannot be proven is reported as breaking. Annotations are not looked at.
 */
export function compareSchemas(direction: Direction, before: Side, after: Side): Finding[] {
  if (canonicalJson(before.schema) === canonicalJson(after.schema)) return [];
  const [was, is] = [before, after].map((side) => normaliseSchema(side.schema, side.pointer)) as [
    NormalSchema,
    NormalSchema,
  ];
  const make = nodeMaker();
  const work = { left: MAX_WORK };
  const [a, b] = [nodeOf(was, before.pointer, make), nodeOf(is, after.pointer, make)];
  const prover = proverOf(make, work);
  const telling = teller(direction);
  const [from, to] = [prover.facts.of([a]), prover.facts.of([b])];
  // First, while there is work left.
  const isKept = direction === "INPUT" ? prover.holds(from, [b]) : prover.holds(to, [a]);
  walkSchemas({ from, to }, { prover, teller: telling, isInput: direction === "INPUT" });

  const differentLosses = lossesOf(was, before) !== lossesOf(is, after);
  const isBreaking = telling.found.some(({ rule }) => RULES.get(rule)?.class === "breaking");
  if (!isBreaking && (!isKept || differentLosses)) {
    const why = differentLosses
      ? "a part of it that cannot be read changed"
      : work.left < 0
        ? "it is too large to be compared"
        : "it cannot be shown to be compatible";
    telling.tell("SCHEMA_CHANGED", { pointer: after.pointer, message: `${telling.noun} changed: ${why}` });
  }
  return telling.found;
}

/** What was left out of a schema that no library could read, where, and how it read. */
function lossesOf({ diagnostics }: NormalSchema, { schema, pointer }: Side): string {
  // There may be more than are kept: unequal to everything.
  if (diagnostics.length >= MAX_LOSSES) return `${pointer} ${canonicalJson(schema)}`;
  return diagnostics
    .filter(({ message }) => !message.endsWith(KEPT))
    .map((one) => {
      const path = one.pointer.slice(pointer.length);
      return canonicalJson([one.code, path, lookUp(schema, tokensOf(path) ?? []) ?? null]);
    })
    .join();
}

function teller(direction: Direction): Teller {
  const found: Finding[] = [];
  const noun = direction === "INPUT" ? "the input" : "the output";
  return {
    found,
    noun,
    tell(rule, told) {
      const id = rule === "CLOSED_PROPERTY_ADDED" ? (`OUTPUT_${rule}` as const) : (`${direction}_${rule}` as const);
      found.push({ in: "after", ...told, rule: id });
    },
    subject: (path) => (path === "" ? noun : `${noun} ${quoted(path.length > 80 ? `…${path.slice(-79)}` : path)}`),
  };
}
