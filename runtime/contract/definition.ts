import { createHash } from "node:crypto";
import type { ToolDefinition } from "./contract.js";

/** Deeper than any definition that a contract can hold (introspection stops at 200). */
const MAX_DEPTH = 256;

/**
 * SHA-256 of the canonical JSON of a tool definition: members sorted by code unit, nothing left out, so that a changed
 * word in a description or an annotation counts. `undefined` for one too deep to be any that was introspected.
 */
export function definitionHash(tool: ToolDefinition): string | undefined {
  const text = canonical(tool, 0);
  return text === undefined ? undefined : createHash("sha256").update(text).digest("base64");
}

function canonical(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > MAX_DEPTH) return undefined;
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      const text = canonical(item, depth + 1);
      if (text === undefined) return undefined;
      parts.push(text);
    }
    return `[${parts.join(",")}]`;
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(record).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const text = canonical(record[key], depth + 1);
    if (text === undefined) return undefined;
    parts.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${parts.join(",")}}`;
}
