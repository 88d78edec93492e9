import { printable } from "../../runtime/core/log.js";
import type { Diagnostic } from "./spec.js";

/** A server can be wrong in more ways than anybody wants to read. */
const MAX_FINDINGS = 1_000;

export interface Findings {
  add(severity: Diagnostic["severity"], code: string, pointer: string, message: string): void;
  all(): Diagnostic[];
}

/** Collects diagnostics, each once. */
export function findings(given: readonly Diagnostic[] = []): Findings {
  const seen = new Map<string, Diagnostic>();
  let left = 0;
  const add: Findings["add"] = (severity, code, pointer, message) => {
    const key = JSON.stringify([code, pointer, message]);
    if (seen.has(key)) return;
    if (seen.size >= MAX_FINDINGS) left++;
    else seen.set(key, { severity, code, pointer, message });
  };
  for (const { severity, code, pointer, message } of given) add(severity, code, pointer, message);
  return {
    add,
    all() {
      const found = [...seen.values()];
      if (left === 0) return found;
      const message = `${left} more findings are not listed: ${MAX_FINDINGS} are kept`;
      return [...found, { severity: "warning", code: "too-many-findings", pointer: "", message }];
    },
  };
}

/** A foreign name inside a sentence. */
export const quoted = (text: string): string => `"${printable(text, 80)}"`;

/** What a foreign value is, in words, without its content. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "boolean" ? "true or false" : `a ${typeof value}`;
}
