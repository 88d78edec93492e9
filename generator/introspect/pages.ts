import { createHash } from "node:crypto";
import { RuntimeError } from "../../runtime/core/errors.js";
import { printable } from "../../runtime/core/log.js";
import { roughBytes } from "../ir/bounds.js";
import { kindOf, quoted } from "../ir/finding.js";
import type { Diagnostic } from "../ir/spec.js";

/** Bounds of one list. */
export const PAGE_LIMITS = { maxPages: 1_000, maxItems: 10_000 } as const;

export interface PageOptions {
  /** `tools/list` */
  readonly method: string;
  /** Member of the result that holds the items, and of the spec that will: `tools`. */
  readonly member: string;
  /** Asks for one page. `step` names it in a time-out. */
  readonly ask: (params: { readonly cursor?: string }, step: string) => Promise<unknown>;
  /** What all lists together may still take, in bytes. Counted down, so that no server fills the memory. */
  readonly budget: { leftBytes: number };
  readonly limits?: { readonly maxPages: number; readonly maxItems: number };
}

export interface List {
  readonly items: readonly unknown[];
  readonly diagnostics: readonly Diagnostic[];
  /** What ended the list before its end, where a request failed. */
  readonly failure?: RuntimeError;
}

/**
 * A whole list, page by page. What came before a failure, a loop or a limit is kept; the diagnostic says that more is
 * missing. Throws only RuntimeError `closed` and `canceled`. Source: MCP, server/utilities/pagination.
 */
export async function readList(options: PageOptions): Promise<List> {
  const { method, member, budget, limits = PAGE_LIMITS } = options;
  const items: unknown[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;

  const stop = (code: string, message: string, failure?: RuntimeError): List => ({
    items,
    diagnostics: [{ severity: "warning", code, pointer: `/${member}`, message: `${method}: ${message}` }],
    ...(failure ? { failure } : {}),
  });

  for (let page = 1; ; page++) {
    let result: unknown;
    try {
      const step = page === 1 ? method : `${method} page ${page}`;
      result = await options.ask(cursor === undefined ? {} : { cursor }, step);
    } catch (error) {
      const failure = RuntimeError.from(error);
      if (failure.code === "closed" || failure.code === "canceled") throw failure;
      return stop("list-failed", `page ${page} failed: ${printable(failure.text)}`, failure);
    }
    const found = memberOf(result, member);
    if (!Array.isArray(found))
      return stop("list-failed", `page ${page} has no array "${member}": it is ${kindOf(found)}`);

    budget.leftBytes -= roughBytes(found, budget.leftBytes);
    if (budget.leftBytes < 0)
      return stop("list-truncated", `page ${page} is left out: the lists are too large together`);
    const room = limits.maxItems - items.length;
    for (const item of found.slice(0, room) as readonly unknown[]) items.push(item);
    if (found.length > room) return stop("list-truncated", `only the first ${limits.maxItems} items are kept`);

    const next = memberOf(result, "nextCursor");
    if (next === undefined || next === null) return { items, diagnostics: [] };
    if (typeof next !== "string")
      return stop("cursor-invalid", `the cursor of page ${page + 1} is ${kindOf(next)}, not a string`);
    // A digest, because a cursor may be as long as a message.
    const digest = createHash("sha256").update(next, "utf16le").digest("base64");
    if (cursors.has(digest)) return stop("cursor-loop", `page ${page} leads back to cursor ${quoted(next)}`);
    cursors.add(digest);
    if (page === limits.maxPages) return stop("list-truncated", `only the first ${limits.maxPages} pages are kept`);
    cursor = next;
  }
}

function memberOf(result: unknown, member: string): unknown {
  if (typeof result !== "object" || result === null || !Object.hasOwn(result, member)) return undefined;
  return (result as Readonly<Record<string, unknown>>)[member];
}
