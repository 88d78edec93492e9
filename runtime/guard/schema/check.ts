import { RuntimeError } from "../../core/errors.js";
import { itemsFit, membersFit, textOf } from "./container.js";
import {
  below,
  matches,
  MAX_PROBLEMS,
  QUIET,
  refuseDepth,
  type Report,
  type Run,
  scalarsOf,
  type Seen,
  spend,
  wantsMore,
} from "./run.js";
import { allowed, hasType, lengthFaults, numberFaults } from "./scalar.js";
import { shapeFits } from "./shape.js";
import type { Check, CheckId, CheckTable, Problem } from "./table.js";

/**
 * What is wrong with a JSON value by a check of the table, at most 20 things; empty when it is valid. Never throws: a value
 * that takes more than 10,000,000 steps or 1,000 levels to check has that as its one problem. What is not enforced (see
 * `Check.unsure`) makes more values valid, never fewer.
 * Source: JSON Schema 2020-12, core and validation; `format` and the `content…` keywords are annotations there.
 */
export function problemsIn(table: CheckTable, id: CheckId, value: unknown): readonly Problem[] {
  try {
    if (newRun(table).fits(id, value, QUIET)) return [];
    const problems: Problem[] = [];
    newRun(table).fits(id, value, { at: "", problems });
    return problems.slice(0, MAX_PROBLEMS);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "too_large") return [{ pointer: "", message: error.text }];
    throw error;
  }
}

function newRun(table: CheckTable): Run {
  const run: Run = { table, steps: 0, depth: 0, unsure: 0, fits: (id, value, report) => fits(run, id, value, report) };
  return run;
}

function fits(run: Run, id: CheckId, value: unknown, report: Report): boolean {
  const check = run.table[id];
  if (!check) throw new RuntimeError("internal", `no check ${id} in a table of ${run.table.length}`);
  spend(run);
  refuseDepth(++run.depth);
  if (check.unsure) run.unsure++;
  const tracks = check.unevaluatedItems !== undefined || check.unevaluatedProperties !== undefined || report.seen;
  const seen: Seen | undefined = tracks ? { names: new Set(), indices: new Set(), all: false } : undefined;
  const here: Report = seen === report.seen ? report : { ...report, seen };
  const ok = keywordsFit(run, check, value, here) && restFits(run, check, value, here);
  if (ok && seen && report.seen) {
    for (const name of seen.names) report.seen.names.add(name);
    for (const index of seen.indices) report.seen.indices.add(index);
    report.seen.all ||= seen.all;
  }
  run.depth--;
  return ok;
}

/** All keywords but the two that need to know what the others have judged. */
function keywordsFit(run: Run, check: Check, value: unknown, report: Report): boolean {
  let faults = 0;
  const fault = (message: string): void => {
    faults++;
    if (wantsMore(report)) report.problems?.push({ pointer: report.at, message });
  };
  if (check.never) fault("is not allowed");
  if (check.type && !hasType(check.type, value)) fault(`must be ${check.type.join(" or ")}`);
  if (faults > 0) return false; // What else is wrong with a value of another type helps nobody.
  if ((check.enum ?? check.values) && !isListed(run, check, value)) fault(allowed(check));
  if (typeof value === "number") for (const message of numberFaults(check, value)) fault(message);
  if (typeof value === "string") {
    for (const message of lengthFaults(check, value)) fault(message);
    if (check.pattern && matches(run, check.pattern, value) === "no") fault(`must match ${check.pattern[0]}`);
  }
  const parts =
    (!Array.isArray(value) || itemsFit(run, check, value, report, fault)) &&
    (!isObject(value) || membersFit(run, check, value, report, fault));
  if ((!parts || faults > 0) && !wantsMore(report)) return false;
  return shapeFits(run, check, value, report, fault) && parts && faults === 0;
}

function isListed(run: Run, check: Check, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return scalarsOf(check).has(value);
  return check.values?.includes(textOf(run, value)) ?? false;
}

/** What no other keyword of the schema has judged, nor of those applied in place. */
function restFits(run: Run, check: Check, value: unknown, report: Report): boolean {
  const { seen } = report;
  if (!seen || seen.all) return true;
  let ok = true;
  if (check.unevaluatedItems !== undefined && Array.isArray(value)) {
    for (const [i, one] of value.entries())
      if (!seen.indices.has(i)) ok = fits(run, check.unevaluatedItems, one, below(report, String(i))) && ok;
    seen.all = true;
  }
  if (check.unevaluatedProperties !== undefined && isObject(value)) {
    for (const name of Object.keys(value))
      if (!seen.names.has(name)) ok = fits(run, check.unevaluatedProperties, value[name], below(report, name)) && ok;
    seen.all = true;
  }
  return ok;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
