import { fault, QUIET, type Report, type Run, wantsMore } from "./run.js";
import { hasType } from "./scalar.js";
import type { Check, CheckId, Problem } from "./table.js";

/**
 * Whether a value is valid by the keywords whose subschemas judge the value itself. Where a subschema fits only because
 * something in it is not enforced, what would make that a fault (`not`, a second branch of `oneOf`, `then`) is not applied.
 */
export function shapeFits(run: Run, check: Check, value: unknown, report: Report): boolean {
  let ok = check.$ref === undefined || run.fits(check.$ref, value, report);
  for (const id of check.allOf ?? []) ok = (ok || wantsMore(report)) && run.fits(id, value, report) && ok;
  for (const [name, id] of check.dependentSchemas ?? [])
    if (isObject(value) && Object.hasOwn(value, name))
      ok = (ok || wantsMore(report)) && run.fits(id, value, report) && ok;
  if (!ok && !wantsMore(report)) return false;
  if (check.anyOf) ok = unionFits(run, check.anyOf, value, { report, exactlyOne: false }) && ok;
  if (check.oneOf) ok = unionFits(run, check.oneOf, value, { report, exactlyOne: true }) && ok;
  if (check.not !== undefined && fitsSurely(run, check.not, value))
    ok = fault(report, "must not have the shape that it has");
  return (check.if === undefined || conditionFits(run, check, value, report)) && ok;
}

function conditionFits(run: Run, check: Check, value: unknown, report: Report): boolean {
  const { if: condition, then: yes, else: no } = check;
  const unsure = run.unsure;
  const isMet = condition === undefined || run.fits(condition, value, { ...QUIET, seen: report.seen });
  if (isMet && run.unsure !== unsure) {
    if (report.seen) report.seen.all = true;
    return true;
  }
  const branch = isMet ? yes : no;
  return branch === undefined || run.fits(branch, value, report);
}

function fitsSurely(run: Run, id: CheckId, value: unknown): boolean {
  const unsure = run.unsure;
  return run.fits(id, value, QUIET) && run.unsure === unsure;
}

interface UnionOptions {
  readonly report: Report;
  /** `oneOf`, not `anyOf`. */
  readonly exactlyOne: boolean;
}

function unionFits(run: Run, ids: readonly CheckId[], value: unknown, { report, exactlyOne }: UnionOptions): boolean {
  let [sure, possible] = [0, 0];
  const attempts: Problem[][] = [];
  for (const id of ids) {
    const before = run.unsure;
    const problems: Problem[] | undefined = report.problems && [];
    if (run.fits(id, value, { ...report, problems })) {
      possible++;
      if (run.unsure === before) sure++;
      if (!exactlyOne && !report.seen) return true;
      if (exactlyOne && sure > 1) break;
    } else if (problems && isKind(run.table[id], value)) attempts.push(problems);
  }
  if (possible > 0 && (sure <= 1 || !exactlyOne)) return true;
  // One branch of the value's own type is what was meant. Of several, the one with least wrong is told as well.
  const [nearest = []] = attempts.sort((a, b) => a.length - b.length);
  if (possible > 0 || attempts.length !== 1)
    report.problems?.push({
      pointer: report.at,
      message: unionMessage(run, ids, { possible, attempts: attempts.length }),
    });
  if (possible === 0) report.problems?.push(...nearest);
  return false;
}

function unionMessage(run: Run, ids: readonly CheckId[], found: { possible: number; attempts: number }): string {
  if (found.possible > 0) return "must have exactly one of the allowed shapes, but has several";
  const types = ids.map((id) => run.table[id]?.type);
  if (found.attempts === 0 && types.every((one) => one !== undefined))
    return `must be ${[...new Set(types.flat())].join(" or ")}`;
  return `must have one of the ${ids.length} allowed shapes`;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isKind = (check: Check | undefined, value: unknown): boolean => !check?.type || hasType(check.type, value);
