import { fault, matches, type Report, type Run } from "./run.js";
import type { Check } from "./table.js";

const SHOWN_VALUES = 12;
const SHOWN_CHARACTERS = 300;

/** The type of a value as JSON Schema calls it; a number without fraction is `integer`. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

export function hasType(types: readonly string[], value: unknown): boolean {
  const type = typeOf(value);
  return types.includes(type) || (type === "integer" && types.includes("number"));
}

export function numberFits(check: Check, value: number, report: Report): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = check;
  let ok = true;
  if (minimum !== undefined && value < minimum) ok = fault(report, `must be at least ${minimum}`);
  if (maximum !== undefined && value > maximum) ok = fault(report, `must be at most ${maximum}`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    ok = fault(report, `must be more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    ok = fault(report, `must be less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    ok = fault(report, `must be a multiple of ${multipleOf}`);
  return ok;
}

/** 0.07 is a multiple of 0.01, though 0.07 / 0.01 is 7.000000000000001. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  if (!Number.isFinite(quotient)) return false;
  return Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * 4 * Number.EPSILON;
}

/** Length is counted in code points. Source: JSON Schema 2020-12 validation, 6.3. */
export function textFits(run: Run, check: Check, value: string, report: Report): boolean {
  const { minLength = 0, maxLength = Infinity, pattern } = check;
  let ok = true;
  if (value.length < minLength * 2 && codePoints(value) < minLength)
    ok = fault(report, `must be at least ${minLength} characters long`);
  if (value.length > maxLength && codePoints(value) > maxLength)
    ok = fault(report, `must be at most ${maxLength} characters long`);
  if (pattern && matches(run, pattern, value) === "no") ok = fault(report, `must match ${pattern[0]}`);
  return ok;
}

function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; count++) i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

/** The values allowed, for a message. */
export function allowed(check: Check): string {
  const values = [...(check.enum ?? []).map((one) => JSON.stringify(one)), ...(check.values ?? [])];
  const shown = values.slice(0, SHOWN_VALUES).join(", ").slice(0, SHOWN_CHARACTERS);
  const more = values.length > SHOWN_VALUES || shown.length === SHOWN_CHARACTERS ? ", …" : "";
  return values.length === 1 ? `must be ${shown}${more}` : `must be one of ${shown}${more}`;
}
