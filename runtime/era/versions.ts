import type { Era } from "../core/session.js";

export type { Era } from "../core/session.js";

/** Revisions without `initialize`, newest first. Source: MCP 2026-07-28, basic/versioning. */
export const MODERN = ["2026-07-28"] as const;

/** Revisions that open with `initialize`, newest first. */
export const LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

export type Revision = (typeof MODERN)[number] | (typeof LEGACY)[number];

/** Every revision that is spoken here, newest first. Closed: anything else is a revision we cannot speak. */
export const REVISIONS: readonly Revision[] = [...MODERN, ...LEGACY];

/** Era of a revision that is spoken here; `undefined` for any other text. */
export function eraOf(version: string): Era | undefined {
  if ((MODERN as readonly string[]).includes(version)) return "modern";
  return (LEGACY as readonly string[]).includes(version) ? "legacy" : undefined;
}

/** Oldest first. Revisions are ISO dates, so their order is that of their code units. */
export const byDate = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The newest revision of that era which both sides speak. */
export function newestMutual(offered: readonly string[], era: Era): Revision | undefined {
  const spoken: readonly Revision[] = era === "modern" ? MODERN : LEGACY;
  return spoken
    .filter((one) => offered.includes(one))
    .sort(byDate)
    .at(-1);
}
