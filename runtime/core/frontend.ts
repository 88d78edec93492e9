import type { TransportKind } from "./backend.js";
import type { Channel } from "./channel.js";
import type { Era, Principal, Session } from "./session.js";

/** What a client shows to prove who it is. Header names in lower case, values as received. */
export interface Credentials {
  readonly transport: TransportKind;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface OpenOptions {
  /** What is spoken on this channel. Absent: told from each message, both may come (stdio, TCP, Unix socket, WebSocket). */
  readonly era?: Era;
  /** The server is started at once, and its failure is told before the client says anything. Default false. */
  readonly eager?: boolean;
}

/** Whether clients that come now will be served. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, for people: `draining`, `the server is restarted too often`. */
  readonly why?: string;
}

/** What a frontend may ask of the house. Implemented once, in runtime/serve.ts. */
export interface Host {
  /** For each connection, and on HTTP for each request. Throws `unauthenticated`, `forbidden`. */
  authenticate(credentials: Credentials, signal: AbortSignal): Promise<Principal>;
  /** Opens a backend channel and starts the bridge. Throws `overloaded` past limits.maxSessions, and what the backend throws. */
  open(front: Channel, principal: Principal, signal: AbortSignal, options?: OpenOptions): Promise<Session>;
  /** For `/readyz` and load balancers. */
  ready(): Readiness;
}

/** How clients reach us. Knows the Host, nothing of backends. */
export interface Frontend {
  readonly kind: TransportKind;
  /** Resolves once bound. Throws RuntimeError `config` (address in use, unsafe bind without auth). */
  listen(host: Host, signal: AbortSignal): Promise<Listening>;
}

export interface Listening {
  /** Where clients find it: URLs, `tcp://HOST:PORT`, `unix:PATH`, or `stdio`. */
  readonly addresses: readonly string[];
  /** Settles when the frontend has nothing more to serve: stdin at its end. Never settles for a server. */
  readonly done: Promise<void>;
  /**
   * Takes no new clients and no new work, tells so where the wire can (`Connection: close`, WebSocket 1001, the graceful end of
   * streams that only listen), and resolves when every request under way is answered. Idempotent, never throws, never hurries:
   * the caller has a deadline and calls `close`.
   */
  drain(): Promise<void>;
  /** Stops accepting, ends what is open. Idempotent, never throws. */
  close(): Promise<void>;
}
