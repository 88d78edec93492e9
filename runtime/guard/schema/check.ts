import { RuntimeError } from "../../core/errors.js";
import { itemsFit, membersFit } from "./container.js";
import { textOf } from "./equality.js";
import {
  below,
  fault,
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
import { allowed, hasType, numberFits, textFits } from "./scalar.js";
import { shapeFits } from "./shape.js";
import type { Check, CheckId, CheckTable, Problem } from "./table.js";

/**
 * What is wrong with a JSON value by a check of the table, at most 20 things; empty when it is valid. Never throws: a value
 * that takes more than 2,000,000 steps or 500 levels to check has that as its one problem. What is not enforced (see
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
    // Whoever called us had used up the stack already.
    if (error instanceof RangeError) return [{ pointer: "", message: "is too deeply nested" }];
    throw error;
  }
}

/** Which keywords a check has, by what they speak of, so that a value is asked only about those. */
const OWN = 1;
const NUMBER = 2;
const TEXT = 4;
const ARRAY = 8;
const OBJECT = 16;
const SHAPE = 32;
const REST = 64;

const FACETS: Readonly<Record<keyof Check, number>> = {
  ...{ type: OWN, enum: OWN, values: OWN, never: OWN, unsure: OWN },
  ...{ minimum: NUMBER, maximum: NUMBER, exclusiveMinimum: NUMBER, exclusiveMaximum: NUMBER, multipleOf: NUMBER },
  ...{ minLength: TEXT, maxLength: TEXT, pattern: TEXT },
  ...{ minItems: ARRAY, maxItems: ARRAY, uniqueItems: ARRAY, prefixItems: ARRAY, items: ARRAY },
  ...{ contains: ARRAY, minContains: ARRAY, maxContains: ARRAY },
  ...{ minProperties: OBJECT, maxProperties: OBJECT, required: OBJECT, properties: OBJECT, patternProperties: OBJECT },
  ...{ additionalProperties: OBJECT, propertyNames: OBJECT, dependentRequired: OBJECT },
  ...{ $ref: SHAPE, allOf: SHAPE, anyOf: SHAPE, oneOf: SHAPE, not: SHAPE, if: SHAPE, then: SHAPE, else: SHAPE },
  ...{ dependentSchemas: SHAPE, unevaluatedItems: REST, unevaluatedProperties: REST },
};

const facetsOf = (check: Check): number =>
  Object.keys(check).reduce((facets, keyword) => facets | FACETS[keyword as keyof Check], 0);

const known = new WeakMap<CheckTable, (number | undefined)[]>();

function newRun(table: CheckTable): Run {
  const facets = known.get(table) ?? [];
  known.set(table, facets);
  const run: Run = {
    ...{ table, facets, steps: 0, depth: 0, unsure: 0 },
    fits: (id, value, report) => fits(run, id, value, report),
  };
  return run;
}

function fits(run: Run, id: CheckId, value: unknown, report: Report): boolean {
  const check = run.table[id];
  if (!check) throw new RuntimeError("internal", `no check ${id} in a table of ${run.table.length}`);
  const facets = (run.facets[id] ??= facetsOf(check));
  spend(run);
  refuseDepth(++run.depth);
  const ok =
    (facets & REST) === 0 && !report.seen
      ? keywordsFit(run, facets, { check, value, report })
      : allFit(run, facets, { check, value, report });
  run.depth--;
  return ok;
}

interface Subject {
  readonly check: Check;
  readonly value: unknown;
  readonly report: Report;
}

/** All keywords but the two that need to know what the others have judged. */
function keywordsFit(run: Run, facets: number, { check, value, report }: Subject): boolean {
  if (facets & OWN) {
    if (check.unsure) run.unsure++;
    if (check.never) return fault(report, "is not allowed");
    // What else is wrong with a value of another type helps nobody.
    if (check.type && !hasType(check.type, value)) return fault(report, `must be ${check.type.join(" or ")}`);
    if ((check.enum ?? check.values) && !isListed(run, check, value)) return fault(report, allowed(check));
  }
  let ok = true;
  if (facets & NUMBER && typeof value === "number") ok = numberFits(check, value, report);
  if (facets & TEXT && typeof value === "string") ok = textFits(run, check, value, report);
  if (facets & ARRAY && Array.isArray(value)) ok = itemsFit(run, check, value, report);
  if (facets & OBJECT && isObject(value)) ok = membersFit(run, check, value, report);
  if ((facets & SHAPE) === 0 || (!ok && !wantsMore(report))) return ok;
  return shapeFits(run, check, value, report) && ok;
}

function isListed(run: Run, check: Check, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return scalarsOf(check).has(value);
  return check.values?.includes(textOf(run, value)) ?? false;
}

/** All keywords, keeping account of which members have been judged. */
function allFit(run: Run, facets: number, { check, value, report }: Subject): boolean {
  const seen: Seen = { names: new Set(), indices: new Set(), all: false };
  const here: Report = { ...report, seen };
  if (!keywordsFit(run, facets, { check, value, report: here }) || !restFits(run, check, value, { report, seen }))
    return false;
  for (const name of seen.names) report.seen?.names.add(name);
  for (const index of seen.indices) report.seen?.indices.add(index);
  if (report.seen) report.seen.all ||= seen.all;
  return true;
}

/** What no other keyword of the schema has judged, nor of those applied in place. */
function restFits(run: Run, check: Check, value: unknown, { report, seen }: { report: Report; seen: Seen }): boolean {
  if (seen.all) return true;
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
