import type { TransportKind } from "./backend.js";
import type { Channel } from "./channel.js";
import type { Principal, Session } from "./session.js";

/** What a client shows to prove who it is. Header names in lower case, values as received. */
export interface Credentials {
  readonly transport: TransportKind;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a frontend may ask of the house. Implemented once, in runtime/serve.ts. */
export interface Host {
  /** For each connection, and on HTTP for each request. Throws `unauthenticated`, `forbidden`. */
  authenticate(credentials: Credentials, signal: AbortSignal): Promise<Principal>;
  /** Opens a backend channel and starts the bridge. Throws `overloaded` past limits.maxSessions, and what the backend throws. */
  open(front: Channel, principal: Principal, signal: AbortSignal): Promise<Session>;
}

/** How clients reach us. Knows the Host, nothing of backends. */
export interface Frontend {
  readonly kind: TransportKind;
  /** Resolves once bound. Throws RuntimeError `config` (address in use, unsafe bind without auth). */
  listen(host: Host, signal: AbortSignal): Promise<Listening>;
}

export interface Listening {
  /** Where clients find it: a URL, `unix:PATH`, or `stdio`. */
  readonly address: string;
  /** Settles when the frontend has nothing more to serve: stdin at its end. Never settles for a server. */
  readonly done: Promise<void>;
  /** Stops accepting, ends what is open. Idempotent, never throws. */
  close(): Promise<void>;
}
