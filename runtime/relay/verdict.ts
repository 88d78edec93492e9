import type { Backend } from "../core/backend.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import type { Era } from "../core/session.js";
import { orAborted } from "../core/signals.js";
import { handshake } from "../era/handshake.js";

/** What is known of the eras that the server speaks, and since when. */
export interface Verdict {
  /** Whether it speaks that era, as far as somebody has seen; `undefined`: nobody has, or too long ago. */
  knows(era: Era): boolean | undefined;
  /** Somebody has seen it. */
  learn(era: Era, speaks: boolean): void;
  /**
   * Asks the server, unless it is known, whether it speaks the modern era. Many who wait are one question.
   * Throws what opening a backend throws; then nothing is learnt.
   */
  isModern(signal: AbortSignal): Promise<boolean>;
}

/** A server may be replaced by a newer one behind our back: after this what was seen is asked anew, while it still counts. */
const FRESH_MS = 10 * 60_000;

export interface VerdictOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** One for each proxy: the era is the server's, not a client's. Source: MCP 2026-07-28, basic/versioning, "Caching". */
export function verdictOn(backend: Backend, { limits, log }: VerdictOptions): Verdict {
  const seen = new Map<Era, { readonly speaks: boolean; readonly at: number }>();
  let asking: Promise<boolean> | undefined;

  const learn = (era: Era, speaks: boolean): void => void seen.set(era, { speaks, at: performance.now() });

  const probe = async (): Promise<boolean> => {
    const connection = await handshake(backend, {
      connectTimeoutMs: limits.connectTimeoutMs,
      requestTimeoutMs: limits.connectTimeoutMs,
      clientCapabilities: {},
      clientInfo: { name: "mcpgen", version: "1" },
      log,
    });
    const { era, protocolVersion } = connection;
    await connection.caller.close("the era is known");
    log("info", `the server speaks MCP ${protocolVersion}`);
    learn(era, true);
    if (era === "legacy") learn("modern", false);
    return era === "modern";
  };
  const ask = (): Promise<boolean> => {
    asking ??= probe().finally(() => (asking = undefined));
    return asking;
  };

  return {
    knows: (era) => seen.get(era)?.speaks,
    learn,
    async isModern(signal) {
      const known = seen.get("modern");
      if (!known) return orAborted(ask(), signal);
      if (performance.now() - known.at > FRESH_MS) {
        learn("modern", known.speaks);
        ask().catch((error: unknown) => log("debug", "the server's era could not be asked anew", { error }));
      }
      return known.speaks;
    },
  };
}
