import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import type { Era } from "../core/session.js";
import { handshake } from "../era/handshake.js";
import type { Contract } from "./contract.js";
import { judgeOf, toolPage } from "./judge.js";

export interface PreflightOptions {
  readonly limits: Limits;
  /** In which the server is asked. */
  readonly era: "auto" | Era;
  /** How the proxy calls itself to the server. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const MAX_PAGES = 1000;

/**
 * Asks the server once, before anything is served, and declares what was declared at introspection, so that a tool that
 * is gone counts too. Throws RuntimeError `forbidden` naming the tools that are not as in the contract, or what makes
 * the server unreachable.
 */
export async function refuseDrifted(backend: Backend, contract: Contract, options: PreflightOptions): Promise<void> {
  const connection = await handshake(backend, {
    connectTimeoutMs: options.limits.connectTimeoutMs,
    era: options.era,
    requestTimeoutMs: options.limits.connectTimeoutMs,
    clientCapabilities: contract.clientCapabilities,
    clientInfo: { name: options.name, version: "0.0.0" },
    signal: options.signal,
    log: options.log,
  });
  try {
    const judge = judgeOf(contract);
    const found = { changed: [] as string[], added: [] as string[] };
    const gone = new Set(contract.tools.map((tool) => tool.name));
    const cursors = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const result = await connection.request("tools/list", cursor === undefined ? {} : { cursor }, {
        signal: options.signal,
      });
      const page = toolPage({ result });
      for (const tool of page.tools) {
        const verdict = judge(tool);
        gone.delete(tool.name);
        if (verdict !== "same") found[verdict].push(tool.name);
      }
      cursor = page.nextCursor;
      if (cursor === undefined) break;
      if (cursors.has(cursor) || cursors.size >= MAX_PAGES)
        throw new RuntimeError("bad_message", `tools/list of the server has no end within ${MAX_PAGES} pages`);
      cursors.add(cursor);
    }
    const parts = [named("changed", found.changed), named("new", found.added), named("gone", [...gone])];
    const text = parts.filter((part) => part !== "").join("; ");
    if (text !== "")
      throw new RuntimeError("forbidden", `the server's tools are not those of the contract: ${text}`, {
        why: "--on-drift refuse is set, and the server has changed since this proxy was generated",
        hint: "look at the change; then generate again, or run with --on-drift quarantine",
      });
  } finally {
    await connection.caller.close("preflight done");
  }
}

function named(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, 10).map((name) => `"${printable(name, 128)}"`);
  return `${what} ${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`;
}
