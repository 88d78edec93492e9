import { refuseDepth, type Run, spend } from "./run.js";

/**
 * JSON with members in code-unit order: equal values, equal text. Source: JSON Schema 2020-12 core, 4.2.2.
 * Throws RuntimeError `too_large` past the bounds of the run.
 */
export function textOf(run: Run, value: unknown, depth = run.depth): string {
  spend(run);
  refuseDepth(depth);
  if (Array.isArray(value)) return `[${value.map((one) => textOf(run, one, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${textOf(run, one, depth + 1)}`).join(",")}}`;
}

/** Whether no two values are equal. */
export function areDistinct(run: Run, values: readonly unknown[]): boolean {
  const scalars = new Set<unknown>();
  const texts = new Set<string>();
  for (const value of values) {
    if (typeof value === "object" && value !== null) texts.add(textOf(run, value));
    else scalars.add(value);
  }
  return scalars.size + texts.size === values.length;
}
