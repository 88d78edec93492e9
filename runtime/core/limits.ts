import { RuntimeError } from "./errors.js";

/** Bounds of the runtime. Bytes and milliseconds, as the names say. */
export interface Limits {
  /** One message, either direction, enforced while reading. */
  readonly maxMessageBytes: number;
  /** Sessions and connections open at once. `serve` allows more where they do not each start a process. */
  readonly maxSessions: number;
  /** Requests of the modern era over HTTP under way at once; each is a conversation of its own. */
  readonly maxRequests: number;
  /** Connections open at once, of each frontend that listens on a network. */
  readonly maxConnections: number;
  /** The same of one remote address. Loopback is not counted: a reverse proxy may stand there. */
  readonly maxConnectionsPerAddress: number;
  /** Nesting of a client's message. Deeper ones can be parsed but not always written again. */
  readonly maxDepth: number;
  /** Opening a backend: spawn or connect. */
  readonly connectTimeoutMs: number;
  /** A session without an open stream and without traffic. */
  readonly sessionIdleMs: number;
  /** What an interrupted SSE stream may replay, for each session. */
  readonly replayBytes: number;
  /** SSE comment while a stream is silent. Also the silence after which a JSON reply becomes a stream. */
  readonly keepAliveMs: number;
  /** A session that is used all the time. */
  readonly sessionMaxMs: number;
  /** One request on its way to the server, as long as nothing is heard of it; progress starts the time anew. */
  readonly requestTimeoutMs: number;
  /** The same, however much progress is made. */
  readonly requestMaxMs: number;
  /** A call that waits for the client's answer (`input_required`) is given up after this. */
  readonly parkedMs: number;
  /** What waits for one client that shares its server with others and does not read; past this the client is cut off. */
  readonly clientBufferBytes: number;
  /** From SIGTERM until what is left is cut. */
  readonly drainMs: number;
  /** From the end of stdin to SIGTERM, and from SIGTERM to SIGKILL. */
  readonly killAfterMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxMessageBytes: 10 * 1024 * 1024,
  maxSessions: 100,
  maxRequests: 1_024,
  maxConnections: 2_000,
  maxConnectionsPerAddress: 100,
  maxDepth: 128,
  connectTimeoutMs: 30_000,
  sessionIdleMs: 5 * 60_000,
  sessionMaxMs: 24 * 3_600_000,
  requestTimeoutMs: 10 * 60_000,
  requestMaxMs: 60 * 60_000,
  parkedMs: 10 * 60_000,
  clientBufferBytes: 16 * 1024 * 1024,
  drainMs: 25_000,
  replayBytes: 1024 * 1024,
  keepAliveMs: 15_000,
  killAfterMs: 2_000,
};

/** Timers of Node hold 31 bits: a longer one would fire at once. */
const MAX_MS = 2 ** 31 - 1;

/** Defaults filled in. Throws RuntimeError `config` on anything but a positive integer, and on more milliseconds than a timer holds. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new RuntimeError("config", `${name} must be a positive integer, got ${String(value)}`);
    else if (name.endsWith("Ms") && value > MAX_MS)
      throw new RuntimeError("config", `${name} must be at most ${MAX_MS}, got ${value}`, {
        why: "timers hold no more",
      });
  return limits;
}
