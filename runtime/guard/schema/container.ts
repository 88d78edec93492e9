import { below, fault, matches, propertiesOf, QUIET, type Report, type Run, spend, wantsMore } from "./run.js";
import { areDistinct } from "./equality.js";
import type { Check, CheckId, Problem } from "./table.js";

/** Whether an array's items are valid by a check, and the array itself. */
export function itemsFit(run: Run, check: Check, value: readonly unknown[], report: Report): boolean {
  const { prefixItems = [], items, minItems = 0, maxItems = Infinity } = check;
  let ok = true;
  if (value.length < minItems) ok = fault(report, `must have at least ${minItems} items`);
  if (value.length > maxItems) ok = fault(report, `must have at most ${maxItems} items`);
  if (check.uniqueItems && !areDistinct(run, value)) ok = fault(report, "must not have equal items");
  const end = items === undefined ? Math.min(prefixItems.length, value.length) : value.length;
  for (let i = 0; i < end && (ok || wantsMore(report)); i++) {
    const id = prefixItems[i] ?? items;
    report.seen?.indices.add(i);
    if (id !== undefined) ok = run.fits(id, value[i], below(report, String(i))) && ok;
  }
  return (check.contains === undefined || containsFits(run, check, value, report)) && ok;
}

function containsFits(run: Run, check: Check, value: readonly unknown[], report: Report): boolean {
  const { contains: id, minContains = 1, maxContains = Infinity } = check;
  if (id === undefined) return true;
  let [sure, possible] = [0, 0];
  for (const [i, one] of value.entries()) {
    const before = run.unsure;
    if (!run.fits(id, one, QUIET)) continue;
    possible++;
    if (run.unsure === before) sure++;
    report.seen?.indices.add(i);
  }
  if (possible < minContains)
    return fault(report, `must contain at least ${minContains} items of a certain shape, not ${possible}`);
  return (
    sure <= maxContains || fault(report, `must contain at most ${maxContains} items of a certain shape, not ${sure}`)
  );
}

type Members = Readonly<Record<string, unknown>>;

/** Whether an object's members are valid by a check, and the array itself. */
export function membersFit(run: Run, check: Check, value: Members, report: Report): boolean {
  const { minProperties = 0, maxProperties = Infinity } = check;
  const names = Object.keys(value);
  let ok = true;
  if (names.length < minProperties) ok = fault(report, `must have at least ${minProperties} properties`);
  if (names.length > maxProperties) ok = fault(report, `must have at most ${maxProperties} properties`);
  for (const name of check.required ?? [])
    if (!Object.hasOwn(value, name)) ok = fault(report, `must have property ${JSON.stringify(name)}`);
  for (const [name, required] of check.dependentRequired ?? [])
    for (const other of Object.hasOwn(value, name) ? required : [])
      if (!Object.hasOwn(value, other))
        ok = fault(report, `must have property ${JSON.stringify(other)}, as it has ${JSON.stringify(name)}`);
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
