import { on } from "node:events";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { RuntimeError } from "../core/errors.js";
import { joined } from "./bytes.js";

/** Name of the sub-protocol: JSON-RPC messages of MCP, one in each text frame. */
export const SUBPROTOCOL = "mcp";

/** Close codes that are sent. Source: RFC 6455, section 7.4.1. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

export interface Frame {
  readonly bytes: Uint8Array;
  readonly binary: boolean;
}

/** How a connection ended. */
export interface SocketEnd {
  /** The close code; 1006 if there was no close frame. */
  readonly code: number;
  /** As the peer wrote it: foreign text. */
  readonly reason: string;
  /** What broke it, where something did. */
  readonly error?: Error;
}

/** An open WebSocket with back-pressure both ways. */
export interface FrameSocket {
  /** Whole messages as they come; ends with the connection. For one reader: while it does not read, the peer waits. */
  readonly frames: AsyncIterable<Frame>;
  /** One text message. Resolves when the peer's buffer has room for more. Rejects with RuntimeError `closed`. */
  send(chunks: readonly Uint8Array[]): Promise<void>;
  /** Says goodbye after what was sent, reads no more, and resolves when the connection is gone: after `closeMs` it is cut. Idempotent, never throws. */
  close(code: CloseCode): Promise<void>;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<SocketEnd>;
}

export interface FrameSocketOptions {
  /** The connection below, to see that it lives. */
  readonly socket: Socket;
  /** A ping after each such time. A peer of which nothing has come until the next is cut off. */
  readonly keepAliveMs: number;
  readonly closeMs: number;
}

/** A peer that takes no byte for this long is cut off, in milliseconds. */
const BLOCKED_MS = 30_000;
/** Written at once, as a frame of its own; between two slices a slow but living peer shows that it reads. */
const SLICE_BYTES = 1024 * 1024;
/** Writers wait while more than this is not taken. */
const HIGH_WATER_BYTES = 256 * 1024;

/** Of a WebSocket that has just opened: to be called before anything can have come. */
export function frameSocket(ws: WebSocket, { socket, keepAliveMs, closeMs }: FrameSocketOptions): FrameSocket {
  // Registered at once, so that no message is lost; pauses the connection while more than one waits.
  const received = on(ws, "message", { close: ["close"], highWaterMark: 1, lowWaterMark: 1 });
  let broken: Error | undefined;
  let cutting: NodeJS.Timeout | undefined;
  let saidGoodbye = false;
  ws.on("error", (error) => {
    broken ??= error;
    cutting ??= setTimeout(() => ws.terminate(), closeMs); // a peer that broke the protocol need not be waited for
  });

  let seenBytes = -1;
  const check = (): void => {
    const silent = socket.bytesRead === seenBytes && !ws.isPaused;
    seenBytes = socket.bytesRead;
    if (silent) ws.terminate();
    else if (ws.readyState === ws.OPEN) ws.ping();
  };
  // After a sleep of this machine the timer comes first: what has arrived meanwhile is looked at before the verdict.
  const pinging = setInterval(() => setImmediate(check), keepAliveMs);

  const ended = new Promise<SocketEnd>((resolve) => {
    ws.once("close", (code, reason) => {
      clearInterval(pinging);
      clearTimeout(cutting);
      resolve({ code, reason: reason.toString("utf8"), ...(broken && { error: broken }) });
    });
  });

  const write = (slice: Uint8Array, fin: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      if (ws.readyState !== ws.OPEN) throw gone();
      const blocked = setTimeout(() => ws.terminate(), BLOCKED_MS);
      ws.send(slice, { binary: false, fin }, (error) => {
        clearTimeout(blocked);
        if (error) reject(gone(error));
        else resolve();
      });
      if (ws.bufferedAmount < HIGH_WATER_BYTES) resolve();
    });
  let last: Promise<void> = Promise.resolve();

  return {
    frames: framesOf(received),
    ended,
    send(chunks) {
      const text = joined(chunks);
      // Slices of one message must follow each other.
      const sent = last.then(async () => {
        let at = 0;
        for (; text.length - at > SLICE_BYTES; at += SLICE_BYTES)
          await write(text.subarray(at, at + SLICE_BYTES), false);
        await write(text.subarray(at), true);
      });
      last = sent.catch(() => undefined); // the next one fails by itself
      return sent;
    },
    async close(code) {
      if (!saidGoodbye && ws.readyState !== ws.CLOSED) {
        saidGoodbye = true;
        cutting ??= setTimeout(() => ws.terminate(), closeMs);
        await last;
        ws.close(code);
        await received.return?.();
        ws.resume();
      }
      await ended;
    },
  };
}

async function* framesOf(received: AsyncIterable<unknown>): AsyncGenerator<Frame> {
  try {
    for await (const [bytes, binary] of received as AsyncIterable<[Buffer, boolean]>) yield { bytes, binary };
  } catch {
    // the connection broke: `ended` says how
  }
}

const gone = (cause?: Error): RuntimeError =>
  new RuntimeError("closed", "the WebSocket is closed", cause ? { cause } : {});
