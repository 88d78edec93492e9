import type { Backend, Client, StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import type { RuntimeError } from "../core/errors.js";
import type { Readiness } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import type { Era, Principal } from "../core/session.js";
import { breaking } from "./breaker.js";
import { legacyConversations, modernConversations } from "./either.js";
import { keyed } from "./keyed.js";
import { legacyOverModern } from "./legacy-over-modern.js";
import { modernOverLegacy } from "./modern-over-legacy.js";
import { multiplexed } from "./multiplex.js";
import { recovering } from "./recover.js";
import { shared } from "./share.js";
import { warmed } from "./spare.js";
import { timed } from "./timed.js";
import { verdictOn } from "./verdict.js";

/**
 * Who shares a server with whom. `session`: nobody, each session has its own. `principal`: the sessions of one principal.
 * `shared`: everybody. `auto`: sessions of the legacy era as `session`; modern requests, which have no session, share.
 */
export type Isolation = "auto" | "session" | "principal" | "shared";

export interface RelayOptions {
  readonly backend: Backend;
  /** `auto`: whichever the client speaks, if the server does too; else translated. */
  readonly era: "auto" | Era;
  readonly isolation: Isolation;
  /** Servers that are kept started for the next session. */
  readonly warm: number;
  readonly limits: Limits;
  readonly log: Log;
}

export interface Conversation {
  readonly era: Era;
  readonly principal: Principal;
}

/** A server that was started before anybody needed it. */
export interface WarmedUp {
  /** Resolves if it ends before somebody takes it. */
  readonly died: Promise<RuntimeError>;
}

/** What stands between the clients' conversations and the servers: eras, sharing, supervision. One for each proxy. */
export interface Relay {
  /** A channel that speaks the client's era, whatever the server speaks. Throws what opening a backend throws, and `overloaded`. */
  open(conversation: Conversation, signal: AbortSignal): Promise<Channel>;
  /** Starts a server that the next open() takes. Throws what opening a backend throws. */
  warmUp(signal: AbortSignal): Promise<WarmedUp>;
  ready(): Readiness;
  /** Ends all servers. Idempotent, never throws. */
  close(): Promise<void>;
}

/** Identities that have servers of their own at once. */
const MAX_IDENTITIES = 10_000;

export function relayOf({ backend, era, isolation, warm, limits, log }: RelayOptions): Relay {
  const spares = warmed(backend, { count: warm, limits, log });
  const raw = breaking(spares, { log });
  const verdict = verdictOn(raw, { limits, log });
  const held: StatefulBackend[] = [];
  /** One for all clients, or one for each principal. */
  const per = (whom: "all" | "principal", make: () => StatefulBackend): Backend => {
    const keyOf = (client: Client | undefined): string => (whom === "all" ? "" : (client?.principal.id ?? ""));
    // A call may be parked there, waiting for its client.
    const idleMs = Math.max(limits.sessionIdleMs, limits.parkedMs);
    const one = keyed(backend.kind, { keyOf, make, idleMs, max: MAX_IDENTITIES });
    held.push(one);
    return one;
  };

  const survivor = recovering(raw, { limits, log });
  const together = isolation === "shared" ? "all" : "principal";
  const sameLegacy =
    isolation === "shared" || isolation === "principal"
      ? per(together, () => shared(survivor, { limits, log }))
      : survivor;
  // A modern server keeps nothing between two requests: unless told otherwise, one serves everybody.
  const sameModern = per(isolation === "auto" ? "all" : together, () => multiplexed(raw, { limits, log }));
  const legacyFromModern = legacyOverModern(sameModern, { limits, log });
  const modernFromLegacy = per(together, () => modernOverLegacy(survivor, { limits, log }));

  const conversations: Readonly<Record<Era, Backend>> = {
    legacy: timed(
      era === "auto"
        ? legacyConversations({ same: sameLegacy, translated: legacyFromModern, verdict })
        : era === "legacy"
          ? sameLegacy
          : legacyFromModern,
      { limits, log },
    ),
    modern: timed(
      era === "auto"
        ? modernConversations({ same: sameModern, translated: modernFromLegacy, verdict })
        : era === "modern"
          ? sameModern
          : modernFromLegacy,
      { limits, log },
    ),
  };

  let closing: Promise<void> | undefined;
  return {
    open: (conversation, signal) => conversations[conversation.era].open(signal, { principal: conversation.principal }),
    warmUp: (signal) => spares.warmUp(signal),
    ready: () => raw.ready(),
    close() {
      closing ??= Promise.all(held.map((one) => one.close("shutdown"))).then(() => spares.close("shutdown"));
      return closing;
    },
  };
}
