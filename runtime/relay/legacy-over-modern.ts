import type { Backend } from "../core/backend.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { legacySession } from "./legacy-over-modern-session.js";

export interface LegacyOverModernOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/**
 * A modern server for clients of the 2025 revisions: each open() is a session of our own making on a channel of `modern`, which
 * begins with `initialize` and may be asked by its server. Throws what opening `modern` throws.
 */
export function legacyOverModern(modern: Backend, { limits, log }: LegacyOverModernOptions): Backend {
  return {
    kind: modern.kind,
    open: async (signal, client) => legacySession(await modern.open(signal, client), { limits, log }),
  };
}
