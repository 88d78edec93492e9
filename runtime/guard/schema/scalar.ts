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

/** What a number breaks of its check, one message for each keyword. */
export function* numberFaults(check: Check, value: number): Generator<string> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = check;
  if (minimum !== undefined && value < minimum) yield `must be at least ${minimum}`;
  if (maximum !== undefined && value > maximum) yield `must be at most ${maximum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) yield `must be more than ${exclusiveMinimum}`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) yield `must be less than ${exclusiveMaximum}`;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) yield `must be a multiple of ${multipleOf}`;
}

/** 0.07 is a multiple of 0.01, though 0.07 / 0.01 is 7.000000000000001. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  if (!Number.isFinite(quotient)) return false;
  return Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * 4 * Number.EPSILON;
}

/** Length is counted in code points. Source: JSON Schema 2020-12 validation, 6.3. */
export function* lengthFaults(check: Check, value: string): Generator<string> {
  const { minLength, maxLength } = check;
  if (minLength !== undefined && (value.length < minLength || codePoints(value) < minLength))
    yield `must be at least ${minLength} characters long`;
  if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength)
    yield `must be at most ${maxLength} characters long`;
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

/** JSON with members in code-unit order: equal values, equal text. `enter` is called for each level and may throw. */
export function canonical(value: unknown, enter: (depth: number) => void, depth = 0): string {
  enter(depth);
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, enter, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one, enter, depth + 1)}`).join(",")}}`;
}
