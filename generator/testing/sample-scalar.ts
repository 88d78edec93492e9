import type { JsonObject } from "../ir/spec.js";
import { matchingTexts } from "./sample-text.js";

/** Longest text made to reach a `maxLength`. */
const MAX_TEXT = 2_000;

/** Texts for a flat schema: the plain one, the shortest, the longest, those of its pattern. */
export function texts(schema: JsonObject): string[] {
  const min = numberAt(schema, "minLength") ?? 0;
  const max = numberAt(schema, "maxLength") ?? Infinity;
  const { pattern } = schema;
  const made =
    typeof pattern === "string"
      ? [...matchingTexts(pattern, min), ...COMMON]
      : ["text", "x".repeat(Math.min(min, MAX_TEXT)), max <= MAX_TEXT ? "é".repeat(max) : "", '*/ "`${1}\u2028</'];
  return [...new Set(made.map((one) => fitted(one, min, max)))];
}

/** What the patterns that have no program are mostly about. */
const COMMON = [
  "a",
  "abc",
  "A1",
  "1",
  "2024-02-29",
  "2024-02-29T10:00:00Z",
  "https://example.com/a",
  "a@example.com",
  "1.2.3",
];

function fitted(text: string, min: number, max: number): string {
  const characters = Array.from(text);
  return characters.length > max
    ? characters.slice(0, max).join("")
    : text + "x".repeat(Math.min(Math.max(0, min - characters.length), MAX_TEXT));
}

/** Numbers for a flat schema: an ordinary one and its bounds. */
export function numbers(schema: JsonObject, isInteger: boolean): number[] {
  const step = numberAt(schema, "multipleOf") ?? (isInteger ? 1 : undefined);
  const least = bound(schema, { closed: "minimum", open: "exclusiveMinimum", away: step ?? 0.5 });
  const most = bound(schema, { closed: "maximum", open: "exclusiveMaximum", away: -(step ?? 0.5) });
  const wished = [1, 0, -1, 0.5, 1e6, least, most, least === undefined ? undefined : least + (step ?? 0.25)];
  const onStep = wished.flatMap((one) => {
    if (one === undefined) return [];
    return step === undefined ? [one] : [Math.ceil(one / step) * step, Math.floor(one / step) * step];
  });
  return [...new Set(onStep.map((one) => (one === 0 ? 0 : one)))].filter(
    (one) => one >= (least ?? -Infinity) && one <= (most ?? Infinity) && (!isInteger || Number.isInteger(one)),
  );
}

function bound(schema: JsonObject, names: { closed: string; open: string; away: number }): number | undefined {
  const open = numberAt(schema, names.open);
  return open === undefined ? numberAt(schema, names.closed) : open + names.away;
}

export function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" ? value : undefined;
}
