import { wellFormed } from "../../ir/schema-keyword.js";
import { words } from "../../ir/words.js";
import { jsString } from "../../emit/escape.js";

/** Longest name that is made of a foreign one, or taken over from it. */
const MAX_NAME = 140;

/** Source: GraphQL specification (October 2021), "Names". Two underscores at the start are the specification's own. */
const LEGAL = /^(?!__)[_A-Za-z][_0-9A-Za-z]*$/;

/** What an enum value may not be called. Source: the same, "Enum Value". */
const NO_ENUM_VALUE: ReadonlySet<string> = new Set(["true", "false", "null"]);

/** Texts of signs alone that have a name. */
const SIGNS: Readonly<Record<string, string>> = {
  ...{ "": "EMPTY", "=": "EQ", "==": "EQ", "!=": "NE", "<>": "NE" },
  ...{ "<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "+": "PLUS", "-": "MINUS" },
};

/** A field or argument. The original where it is legal; `If-Match` → `If_Match`, `+1` → `PLUS_1`, `水产` → `field`. */
export function fieldName(original: string): string {
  const name = isLegal(original) ? original : legal(original, "field");
  // graphql-js looks a variable's members up with those that every object inherits.
  return name in Object.prototype ? `${name}_` : name;
}

/** The original where it is legal; `reactions--1` → `reactions_MINUS_1`, `true` → `true_`, `7.0` → `_7_0`, `水产` → `VALUE`. */
export function enumValueName(original: string): string {
  const name = isLegal(original) ? original : legal(original, "VALUE");
  return NO_ENUM_VALUE.has(name) ? `${name}_` : name;
}

/** The n-th try for a name of a field or enum value. */
export const nthMember = (base: string, n: number): string => `${base}_${n}`;

const isLegal = (name: string): boolean => name.length <= MAX_NAME && LEGAL.test(name);

function legal(original: string, fallback: string): string {
  const sign = Object.hasOwn(SIGNS, original) ? SIGNS[original] : undefined;
  const joined = original
    .slice(0, 2 * MAX_NAME)
    .replace(/^-(?=[A-Za-z0-9])/, "NEG_")
    .replaceAll("+", "_PLUS_")
    .replace(/(?<![A-Za-z0-9])-(?=\d)/g, "_MINUS_")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_|_$/g, "")
    .slice(0, MAX_NAME);
  const name = sign ?? (joined === "" ? fallback : joined);
  return /^\d/.test(name) ? `_${name}` : name;
}

/** `GetUser` and the words of a place in its schema: `GetUserAddressCity`. Of too many words the last ones stay: they tell most. */
export function typeName(base: string, place: readonly string[], suffix: string): string {
  const all = place
    .flatMap((word) => (words(word).length === 0 ? ["Value"] : words(word)))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const room = MAX_NAME - suffix.length;
  while (all.length > 1 && base.length + all.join("").length > room) all.shift();
  return (base + all.join("")).slice(0, room) + suffix;
}

/** A string literal. Half a surrogate pair has no escape in GraphQL and becomes U+FFFD. */
export const literalText = (text: string): string => jsString(wellFormed(text));
