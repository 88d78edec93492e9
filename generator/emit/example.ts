import { canonicalJson } from "../ir/order.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json } from "../ir/spec.js";
import { exampleJudge } from "./example-judge.js";
import { exampleValue } from "./example-value.js";

/** Values that are valid by a schema. A member that is absent could not be made. */
export interface Examples {
  /** As little as will do. */
  readonly minimal?: Json;
  /** With what is optional, as far as a reader wants to read it. Absent where it is the same. */
  readonly full?: Json;
}

/** Longest example, as JSON. Nobody reads more, and a document has one for each tool. */
const MAX_TEXT = 8_000;

/**
 * Makes examples from what a schema says: its examples, defaults and listed values first, then its types, formats, patterns and bounds. Each
 * is proved by ajv; what is not valid is left out, never replaced. One maker for all schemas of a server: its validator is costly to set up.
 */
export function exampleMaker(): (schema: NormalSchema) => Examples {
  const judgeOf = exampleJudge();
  return (schema) => {
    const made = (isFull: boolean): readonly Json[] =>
      [true, false].flatMap((usesGiven) => exampleValue(schema, { isFull, usesGiven }) ?? []);
    const candidates = { minimal: made(false), full: made(true) };
    if (candidates.minimal.length + candidates.full.length === 0) return {};
    const isValid = judgeOf(schema);
    const first = (values: readonly Json[]): Json | undefined =>
      values.find((value) => JSON.stringify(value).length <= MAX_TEXT && isValid(value));
    const minimal = first(candidates.minimal);
    const full = first(candidates.full);
    const isSame = minimal !== undefined && full !== undefined && canonicalJson(minimal) === canonicalJson(full);
    return { ...(minimal !== undefined && { minimal }), ...(full !== undefined && !isSame && { full }) };
  };
}
