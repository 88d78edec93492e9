import { type Fault, QUIET, type Report, type Run, wantsMore } from "./run.js";
import { hasType } from "./scalar.js";
import type { Check, CheckId, Problem } from "./table.js";

/**
 * Whether a value is valid by the keywords whose subschemas judge the value itself. Where a subschema fits only because
 * something in it is not enforced, what would make that a fault (`not`, a second branch of `oneOf`, `then`) is not applied.
 */
export function shapeFits(run: Run, check: Check, value: unknown, report: Report, fault: Fault): boolean {
  let faults = 0;
  const goesOn = (): boolean => faults === 0 || wantsMore(report);
  const all = (ids: readonly (CheckId | undefined)[]): void => {
    for (const id of ids) if (id !== undefined && goesOn() && !run.fits(id, value, report)) faults++;
  };
  all([check.$ref, ...(check.allOf ?? [])]);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    for (const [name, id] of check.dependentSchemas ?? []) if (Object.hasOwn(value, name)) all([id]);
  if (check.anyOf && goesOn() && !unionFits(run, check.anyOf, value, { report, exactlyOne: false })) faults++;
  if (check.oneOf && goesOn() && !unionFits(run, check.oneOf, value, { report, exactlyOne: true })) faults++;
  let unsure = run.unsure;
  if (check.not !== undefined && run.fits(check.not, value, QUIET) && run.unsure === unsure)
    fault("must not have the shape that it has");
  unsure = run.unsure;
  if (check.if !== undefined) {
    if (!run.fits(check.if, value, { ...QUIET, seen: report.seen })) all([check.else]);
    else if (run.unsure === unsure) all([check.then]);
    else if (report.seen) report.seen.all = true;
  }
  return faults === 0;
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

const isKind = (check: Check | undefined, value: unknown): boolean => !check?.type || hasType(check.type, value);
