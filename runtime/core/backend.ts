import type { Channel } from "./channel.js";
import type { Principal } from "./session.js";

export type TransportKind = "stdio" | "http" | "sse" | "tcp" | "unix" | "websocket";

/** For whom a channel is opened. */
export interface Client {
  readonly principal: Principal;
}

/** How to reach an MCP server. Holds options only; each open() is independent. */
export interface Backend {
  readonly kind: TransportKind;
  /** Throws RuntimeError `unreachable`, `forbidden` (refused by guard/), `timeout`. `client` is for decorators that tell clients apart. */
  open(signal: AbortSignal, client?: Client): Promise<Channel>;
}

/** A decorator that holds servers or sessions of its own between open() and open(). */
export interface StatefulBackend extends Backend {
  /** Ends everything it holds, channels that it gave out included. Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}
