import type { ServerResponse } from "node:http";
import { byteLength } from "../core/message.js";
import { COMMENT, eventChunks } from "../wire/sse.js";
import { writeAll } from "../wire/streams.js";
import { eventId, type ReplayRing } from "./http-replay.js";

/** A client that takes no byte for this long is cut off, in milliseconds. */
const BLOCKED_MS = 30_000;
/** Written at once; between two slices a slow but living client shows that it reads. */
const SLICE_BYTES = 256 * 1024;
/** What an interrupted client waits before it resumes, in milliseconds. */
const RETRY_MS = 1_000;

/** Writes with back-pressure. Never rejects: a client that is gone, or blocked for too long, shows as a closed response. */
export async function sendAll(response: ServerResponse, chunks: readonly Uint8Array[]): Promise<void> {
  for (const part of slices(chunks)) {
    const accepted = writeAll(response, part);
    if (!accepted) continue;
    const timer = setTimeout(() => response.destroy(), BLOCKED_MS);
    try {
      await accepted;
    } catch {
      return; // gone: its `close` event is what everybody else watches
    } finally {
      clearTimeout(timer);
    }
  }
}

function* slices(chunks: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  if (byteLength(chunks) <= SLICE_BYTES) yield chunks;
  else
    for (const chunk of chunks)
      for (let at = 0; at < chunk.byteLength; at += SLICE_BYTES) yield [chunk.subarray(at, at + SLICE_BYTES)];
}

/** One response that streams events, as long as its connection lives. */
export interface Connection {
  readonly open: boolean;
  /** In the order of the calls, each event whole. Resolves when the client's buffer has taken it, or the client is gone. */
  send(chunks: readonly Uint8Array[]): Promise<void>;
  /** Ends in order, after what was sent. */
  end(): void;
  destroy(): void;
}

export interface ConnectionOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly keepAliveMs: number;
}

/** Turns a response into a stream of events: headers at once, a comment whenever it is silent for keepAliveMs. */
export function openConnection(response: ServerResponse, options: ConnectionOptions): Connection {
  let queue = Promise.resolve();
  let quiet = true;
  const isOpen = (): boolean => !response.destroyed && !response.writableEnded;
  const send = (chunks: readonly Uint8Array[]): Promise<void> => {
    quiet = false;
    queue = queue.then(() => (isOpen() ? sendAll(response, chunks) : undefined));
    return queue;
  };
  response.writeHead(200, {
    ...options.headers,
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
  });
  response.flushHeaders();
  const timer = setInterval(() => {
    if (quiet && !response.writableNeedDrain) void send([COMMENT]);
    quiet = true;
  }, options.keepAliveMs);
  response.once("close", () => clearInterval(timer));
  return {
    get open() {
      return isOpen();
    },
    send,
    end() {
      clearInterval(timer);
      void queue.then(() => response.end());
    },
    destroy() {
      response.destroy();
    },
  };
}

/** A stream of events as the client knows it by its event ids: it outlives the connections that carry it. */
export interface EventStream {
  readonly key: number;
  /** A connection carries it now. */
  readonly live: boolean;
  readonly ended: boolean;
  /** The last event id that was sent; 0 if none was. With one, the client can come back for the rest. */
  readonly sentSeq: number;
  /** Kept for replay, and sent where there is a connection. Resolves as Connection.send does. */
  readonly write: (data: readonly Uint8Array[]) => Promise<void>;
  /** Gives the client an event id before there is an event. Source: MCP 2025-11-25 Streamable HTTP (SEP-1699). */
  prime(): void;
  /** Carries on over another connection: first what came after `seq` (default: what was never sent). */
  attach(next: Connection, seq?: number): void;
  /** Nothing more will be written. */
  readonly end: () => void;
}

export function eventStream(key: number, ring: ReplayRing): EventStream {
  let connection: Connection | undefined;
  let sentSeq = 0;
  let ended = false;
  const isLive = (): boolean => connection?.open ?? false;
  const deliver = (seq: number, data: readonly Uint8Array[]): Promise<void> => {
    sentSeq = seq;
    return connection?.send(eventChunks(data, { id: eventId(key, seq) })) ?? Promise.resolve();
  };
  return {
    key,
    get live() {
      return isLive();
    },
    get ended() {
      return ended;
    },
    get sentSeq() {
      return sentSeq;
    },
    write(data) {
      const seq = ring.record(key, data);
      return isLive() ? deliver(seq, data) : Promise.resolve();
    },
    prime() {
      sentSeq = ring.next();
      void connection?.send(eventChunks([], { id: eventId(key, sentSeq), retryMs: RETRY_MS }));
    },
    attach(next, seq = sentSeq) {
      connection?.destroy();
      connection = next;
      for (const event of ring.after(key, seq)) void deliver(event.seq, event.data);
      if (ended) next.end();
    },
    end() {
      ended = true;
      connection?.end();
    },
  };
}
