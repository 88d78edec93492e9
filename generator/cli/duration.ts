import { GeneratorError } from "../errors.js";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Longest wait that a timer of Node can hold, in milliseconds. */
const MAX_MS = 2 ** 31 - 1;

/** `500ms`, `30s`, `1.5m`, `1h`, or a bare number of milliseconds → milliseconds. `what` names it in the GeneratorError `usage`. */
export function parseDuration(text: string, what: string): number {
  const [, digits = "", unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Math.round(Number(digits) * (UNIT_MS[unit] ?? Number.NaN));
  if (digits !== "" && ms >= 1 && ms <= MAX_MS) return ms;
  throw new GeneratorError("usage", `${what} must be a duration, got "${text}"`, {
    why: `allowed: a number with ms, s, m or h, from 1ms to ${MAX_MS}ms`,
    hint: `write ${what} 500ms, 30s or 5m; a bare number is milliseconds`,
  });
}
