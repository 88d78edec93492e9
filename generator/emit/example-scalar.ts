import { matcherOf, type PatternStep } from "../../runtime/guard/schema/pattern.js";
import type { JsonObject } from "../ir/spec.js";
import { patternProgram } from "./validator-pattern.js";

/** Longest text made to reach a `minLength`. */
const MAX_TEXT = 500;

/** By `format`. Source: JSON Schema 2020-12, validation, section 7.3; OpenAPI format registry. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["date-time", "2026-01-15T09:30:00Z"],
  ["date", "2026-01-15"],
  ["time", "09:30:00Z"],
  ["duration", "PT1H"],
  ["email", "user@example.com"],
  ["idn-email", "user@example.com"],
  ["hostname", "example.com"],
  ["idn-hostname", "example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
  ["uri", "https://example.com/"],
  ["url", "https://example.com/"],
  ["uri-reference", "/path"],
  ["iri", "https://example.com/"],
  ["iri-reference", "/path"],
  ["uuid", "123e4567-e89b-12d3-a456-426614174000"],
  ["uri-template", "https://example.com/{id}"],
  ["json-pointer", "/name"],
  ["relative-json-pointer", "0"],
  ["regex", "^[a-z]+$"],
  ["json", "{}"],
  ["byte", "c3RyaW5n"],
]);

/** What patterns are mostly about, plainest first. */
const COMMON = [
  ...[
    "string",
    "name",
    "STRING",
    "example",
    "1",
    "10",
    "A1",
    "abc123",
    "1.0.0",
    "en",
    "US",
    "en-US",
    "USD",
    "/path",
    "#aabbcc",
  ],
  ...[...FORMATS.values()],
];

/** A text by format, pattern and lengths; undefined where none is found. */
export function exampleText(schema: JsonObject): string | undefined {
  const { format, pattern, contentEncoding } = schema;
  const min = Number(schema["minLength"] ?? 0);
  const max = Number(schema["maxLength"] ?? Infinity);
  const fits = (text: string): boolean => Array.from(text).length >= min && Array.from(text).length <= max;
  const byFormat = typeof format === "string" ? FORMATS.get(format) : undefined;
  if (typeof pattern === "string") return textOfPattern(pattern, byFormat, fits);
  const plain = byFormat ?? (contentEncoding === "base64" ? "c3RyaW5n" : "string");
  if (fits(plain)) return plain;
  const length = Math.min(Math.max(min, Math.min(plain.length, max)), MAX_TEXT);
  const text = plain.repeat(Math.ceil(length / plain.length)).slice(0, length);
  return fits(text) ? text : undefined;
}

function textOfPattern(
  pattern: string,
  byFormat: string | undefined,
  fits: (text: string) => boolean,
): string | undefined {
  const made = patternProgram(pattern);
  if (!("program" in made)) return undefined;
  const matches = matcherOf(made.program);
  const known = [...(byFormat === undefined ? [] : [byFormat]), ...COMMON];
  return known.find((text) => fits(text) && matches(text, () => undefined)) ?? shortestMatch(made.program, fits);
}

/** Characters tried for a step, plainest first. */
const POOL = Array.from("abcABC0123456789-_./:@ #+=,~!?&%*'\"()[]{}<>|\\;^$`éäß日本");
const MAX_LENGTH = 120;

/** Reads the program as the matcher does, but chooses the characters. Assertions are passed over: whoever gets the text proves it. */
function shortestMatch(program: readonly PatternStep[], fits: (text: string) => boolean): string | undefined {
  let layer = new Map<number, string>([[0, ""]]);
  for (let length = 0; length <= MAX_LENGTH && layer.size > 0; length++) {
    const next = new Map<number, string>();
    const waiting = [...layer.keys()];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const text = layer.get(at) ?? "";
      const step = program[at];
      if (step === undefined) {
        if (fits(text)) return text;
        next.set(at, `${text}a`); // Behind a pattern without `$` anything may follow.
        continue;
      }
      const ahead = typeof step !== "string" ? step : isAssertion(step) ? [at + 1] : undefined;
      for (const to of ahead ?? []) {
        if (layer.has(to)) continue;
        layer.set(to, text);
        waiting.push(to);
      }
      if (ahead || typeof step !== "string" || next.has(at + 1)) continue;
      const character = characterFor(step);
      if (character !== undefined) next.set(at + 1, text + character);
    }
    layer = next;
  }
  return undefined;
}

const isAssertion = (step: string): boolean => ["^", "$", "\\b", "\\B"].includes(step);

function characterFor(step: string): string | undefined {
  const expression = new RegExp(`^(?:${step})$`, "u");
  return POOL.find((one) => expression.test(one));
}

/** A number within the bounds, a plain one where they allow it. */
export function exampleNumber(schema: JsonObject, isInteger: boolean): number | undefined {
  const numberAt = (key: string): number | undefined => {
    const value = schema[key];
    return typeof value === "number" ? value : undefined;
  };
  const step = numberAt("multipleOf") ?? (isInteger ? 1 : undefined);
  const [above, below] = [numberAt("exclusiveMinimum"), numberAt("exclusiveMaximum")];
  const least = Math.max(numberAt("minimum") ?? -Infinity, above ?? -Infinity);
  const most = Math.min(numberAt("maximum") ?? Infinity, below ?? Infinity);
  const fits = (one: number): boolean =>
    Number.isFinite(one) && one >= least && one <= most && one !== above && one !== below;
  const onStep = (one: number): number[] =>
    step === undefined
      ? [one]
      : [Math.ceil(one / step) * step, Math.floor(one / step) * step, (Math.floor(one / step) + 1) * step];
  const wished = [1, 10, 0, least, most, (least + most) / 2, least + 1, most - 1];
  const found = wished.flatMap(onStep).find((one) => fits(one) && (!isInteger || Number.isInteger(one)));
  return found === undefined ? undefined : found + 0;
}
