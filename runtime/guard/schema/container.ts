import {
  below,
  type Fault,
  matches,
  propertiesOf,
  QUIET,
  refuseDepth,
  type Report,
  type Run,
  spend,
  wantsMore,
} from "./run.js";
import { canonical } from "./scalar.js";
import type { Check, CheckId, Problem } from "./table.js";

/** Whether an array's items are valid by a check. What is wrong with the array itself goes to `fault`. */
export function itemsFit(run: Run, check: Check, value: readonly unknown[], report: Report, fault: Fault): boolean {
  const { prefixItems = [], items, minItems = 0, maxItems = Infinity } = check;
  if (value.length < minItems) fault(`must have at least ${minItems} items`);
  if (value.length > maxItems) fault(`must have at most ${maxItems} items`);
  if (check.uniqueItems && new Set(value.map((one) => textOf(run, one))).size < value.length)
    fault("must not have equal items");
  let ok = true;
  const end = items === undefined ? Math.min(prefixItems.length, value.length) : value.length;
  for (let i = 0; i < end && (ok || wantsMore(report)); i++) {
    const id = prefixItems[i] ?? items;
    report.seen?.indices.add(i);
    if (id !== undefined) ok = run.fits(id, value[i], below(report, String(i))) && ok;
  }
  if (check.contains !== undefined) contains(run, check, value, report, fault);
  return ok;
}

function contains(run: Run, check: Check, value: readonly unknown[], report: Report, fault: Fault): void {
  const { contains: id, minContains = 1, maxContains = Infinity } = check;
  if (id === undefined) return;
  let [sure, possible] = [0, 0];
  for (const [i, one] of value.entries()) {
    const before = run.unsure;
    if (!run.fits(id, one, QUIET)) continue;
    possible++;
    if (run.unsure === before) sure++;
    report.seen?.indices.add(i);
  }
  if (possible < minContains) fault(`must contain at least ${minContains} items of a certain shape, not ${possible}`);
  if (sure > maxContains) fault(`must contain at most ${maxContains} items of a certain shape, not ${sure}`);
}

type Members = Readonly<Record<string, unknown>>;

/** Whether an object's members are valid by a check. What is wrong with the object itself goes to `fault`. */
export function membersFit(run: Run, check: Check, value: Members, report: Report, fault: Fault): boolean {
  const { minProperties = 0, maxProperties = Infinity } = check;
  const names = Object.keys(value);
  if (names.length < minProperties) fault(`must have at least ${minProperties} properties`);
  if (names.length > maxProperties) fault(`must have at most ${maxProperties} properties`);
  for (const name of check.required ?? [])
    if (!Object.hasOwn(value, name)) fault(`must have property ${JSON.stringify(name)}`);
  for (const [name, required] of check.dependentRequired ?? []) {
    if (!Object.hasOwn(value, name)) continue;
    for (const other of required)
      if (!Object.hasOwn(value, other))
        fault(`must have property ${JSON.stringify(other)}, as it has ${JSON.stringify(name)}`);
  }
  let ok = true;
  for (const name of names) {
    if (!ok && !wantsMore(report)) break;
    spend(run);
    const under = below(report, name);
    const ids = checksOf(run, check, name);
    if (ids) report.seen?.names.add(name);
    for (const id of ids ?? []) ok = run.fits(id, value[name], under) && ok;
    if (check.propertyNames !== undefined) ok = nameFits(run, check.propertyNames, name, under) && ok;
  }
  return ok;
}

/** What judges the member of this name; undefined: nothing does. */
function checksOf(run: Run, check: Check, name: string): readonly CheckId[] | undefined {
  const property = propertiesOf(check).get(name);
  const ids = property === undefined ? [] : [property];
  let known = property !== undefined;
  for (const [pattern, id] of check.patternProperties ?? []) {
    const answer = matches(run, pattern, name);
    known ||= answer !== "no";
    if (answer === "yes") ids.push(id);
  }
  if (known) return ids;
  return check.additionalProperties === undefined ? undefined : [check.additionalProperties];
}

function nameFits(run: Run, id: CheckId, name: string, report: Report): boolean {
  const problems: Problem[] | undefined = report.problems && [];
  if (run.fits(id, name, { at: report.at, problems })) return true;
  for (const { pointer, message } of problems ?? [])
    report.problems?.push({ pointer, message: `has a name that ${message}` });
  return false;
}

/** Canonical JSON of a value, paid for step by step. */
export function textOf(run: Run, value: unknown): string {
  return canonical(value, (depth) => {
    spend(run);
    refuseDepth(run.depth + depth);
  });
}
