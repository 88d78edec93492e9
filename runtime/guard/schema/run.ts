import { RuntimeError } from "../../core/errors.js";
import { matcherOf, type Matcher, type Pattern } from "./pattern.js";
import type { Check, CheckId, CheckTable, Problem } from "./table.js";

/** Bounds of one run. The schema is the server's and the value the client's: together they must not cost more than this. */
export const MAX_STEPS = 2_000_000;
export const MAX_DEPTH = 500;
/** UTF-16 units. Patterns are not applied to longer strings. */
export const MAX_PATTERN_TEXT = 4_096;
export const MAX_PROBLEMS = 20;

/** Which members of one object or array have been judged, for `unevaluatedProperties` and `unevaluatedItems`. */
export interface Seen {
  readonly names: Set<string>;
  readonly indices: Set<number>;
  all: boolean;
}

/** Where a value stands, and where to note what is wrong with it. Without `problems` a run ends at the first. */
export interface Report {
  readonly at: string;
  readonly problems?: Problem[] | undefined;
  readonly seen?: Seen | undefined;
}

export const QUIET: Report = { at: "" };

/** One pass over one value. */
export interface Run {
  readonly table: CheckTable;
  /** What each check has to say, as far as it was asked. */
  readonly facets: (number | undefined)[];
  steps: number;
  depth: number;
  /** How often something fitted only because a keyword was not enforced. */
  unsure: number;
  /** Whether a value is valid by a check. */
  fits(id: CheckId, value: unknown, report: Report): boolean;
}

/** Throws RuntimeError `too_large` past 2,000,000 steps. */
export function spend(run: Run): void {
  if (++run.steps > MAX_STEPS) throw new RuntimeError("too_large", `takes more than ${MAX_STEPS} steps to check`);
}

/** Throws RuntimeError `too_large` past 500 levels. */
export function refuseDepth(depth: number): void {
  if (depth > MAX_DEPTH)
    throw new RuntimeError("too_large", `is too deeply nested: more than ${MAX_DEPTH} levels to check`);
}

/** Whether there is use in looking for more problems after the first. */
export const wantsMore = (report: Report): boolean =>
  report.problems !== undefined && report.problems.length < MAX_PROBLEMS;

/** Notes something wrong with the value at hand; false, for whoever asks whether it is valid. */
export function fault(report: Report, message: string): false {
  if (wantsMore(report)) report.problems?.push({ pointer: report.at, message });
  return false;
}

export function below(report: Report, key: string): Report {
  if (!report.problems) return QUIET;
  return { at: `${report.at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, problems: report.problems };
}

const matchers = new WeakMap<Pattern, Matcher>();

/** Whether a pattern finds something in a text; unknown, and counted as unsure, where it is not applied. */
export function matches(run: Run, pattern: Pattern | null, text: string): "yes" | "no" | "unknown" {
  if (!pattern || text.length > MAX_PATTERN_TEXT) {
    run.unsure++;
    return "unknown";
  }
  const matcher = matchers.get(pattern) ?? matcherOf(pattern[1]);
  matchers.set(pattern, matcher);
  return matcher(text, () => spend(run)) ? "yes" : "no";
}

const sets = new WeakMap<Check, ReadonlySet<unknown>>();

/** The scalars that `enum` allows. */
export function scalarsOf(check: Check): ReadonlySet<unknown> {
  const known = sets.get(check) ?? new Set<unknown>(check.enum);
  sets.set(check, known);
  return known;
}

const maps = new WeakMap<Check, ReadonlyMap<string, CheckId>>();

export function propertiesOf(check: Check): ReadonlyMap<string, CheckId> {
  const known = maps.get(check) ?? new Map(check.properties);
  maps.set(check, known);
  return known;
}
