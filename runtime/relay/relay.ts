import type { Backend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import type { RuntimeError } from "../core/errors.js";
import type { Readiness } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import type { Era, Principal } from "../core/session.js";

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

export function relayOf({ backend }: RelayOptions): Relay {
  return {
    open: ({ principal }, signal) => backend.open(signal, { principal }),
    warmUp: () => Promise.resolve({ died: new Promise<RuntimeError>(() => undefined) }),
    ready: () => ({ ready: true }),
    close: () => Promise.resolve(),
  };
}
