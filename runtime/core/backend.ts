import type { Channel } from "./channel.js";

export type TransportKind = "stdio" | "http" | "sse" | "tcp" | "unix" | "websocket";

/** How to reach an MCP server. Holds options only; each open() is independent. */
export interface Backend {
  readonly kind: TransportKind;
  /** Throws RuntimeError `unreachable`, `forbidden` (refused by guard/), `timeout`. */
  open(signal: AbortSignal): Promise<Channel>;
}
