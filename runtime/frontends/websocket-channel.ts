import type { Channel } from "../core/channel.js";
import { RuntimeError, rpcErrorOf } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { bytesOf, failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { META } from "../era/envelope.js";
import { messageOf, scanMessage } from "../wire/json.js";
import { CLOSE, type CloseCode, type FrameSocket } from "../wire/websocket.js";
import { canceledId, cannotBegin } from "./under-way.js";

/** A client's WebSocket as one conversation. */
export interface WebSocketChannel extends Channel {
  /** Takes no new requests, ends streams that only listen, and says goodbye once all requests are answered. Resolves when the connection is gone. */
  drain(): Promise<void>;
  /** The connection ends now; what still waits is told so. Idempotent, never throws. */
  leave(code: CloseCode): Promise<void>;
}

export interface WebSocketChannelOptions {
  readonly limits: Limits;
  readonly log: Log;
  /** The client has said something, for the first time. */
  readonly onFirst: () => void;
}

export function webSocketChannel(
  socket: FrameSocket,
  { limits, log, onFirst }: WebSocketChannelOptions,
): WebSocketChannel {
  /** Requests without an answer, by id, with their methods. */
  const underWay = new Map<RequestId, string | undefined>();
  let draining = false;
  let leaving: Promise<void> | undefined;

  const refuse = (error: RuntimeError): Promise<void> => {
    log("debug", `a WebSocket message was refused: ${printable(error.text)}`);
    return socket.send([Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: null, error: rpcErrorOf(error) }))]);
  };
  const read = (bytes: Uint8Array): Message | RuntimeError => {
    try {
      scanMessage([bytes], { maxDepth: limits.maxDepth });
      return messageOf([bytes]);
    } catch (error) {
      return RuntimeError.from(error);
    }
  };

  /** Notes which requests are under way. The refusal of one that cannot be. */
  const begin = (message: Message): Message | undefined => {
    const { id, kind, method } = message;
    const canceled = canceledId(message);
    if (canceled !== undefined) underWay.delete(canceled);
    if (kind !== "request" || id === undefined) return undefined;
    const failure = cannotBegin(id, { busy: underWay.has(id), count: underWay.size, draining });
    if (failure) return failureResponse(id, failure);
    underWay.set(id, method);
    return undefined;
  };

  async function* messages(): AsyncGenerator<Message> {
    for await (const { bytes, binary } of socket.frames) {
      onFirst();
      if (binary) {
        log("debug", "a WebSocket client sent a binary frame: only text is spoken here");
        await leave(CLOSE.unsupportedData);
        return;
      }
      const message = read(bytes);
      if (message instanceof RuntimeError) {
        await refuse(message);
        continue;
      }
      const refused = begin(message);
      if (refused) await socket.send(bytesOf(refused));
      else yield message;
      leaveIfIdle();
    }
    const { code, error } = await socket.ended;
    // Nobody waits for what is under way any more: it ends with the connection, not in its own time.
    if (underWay.size > 0)
      throw new RuntimeError("closed", `the client closed the WebSocket (${code})`, error && { cause: error });
  }

  const leave = (code: CloseCode): Promise<void> => {
    leaving ??= (async () => {
      const over = new RuntimeError("closed", "the session has ended");
      for (const id of underWay.keys()) void quietly(socket.send(bytesOf(failureResponse(id, over))));
      underWay.clear();
      await socket.close(code);
    })();
    return leaving;
  };
  /** While draining: the connection ends when nothing but listening is under way. */
  const leaveIfIdle = (): void => {
    if (!draining || leaving || [...underWay.values()].some((method) => method !== "subscriptions/listen")) return;
    for (const id of underWay.keys()) void quietly(socket.send(bytesOf(listenEnd(id))));
    underWay.clear();
    void leave(CLOSE.goingAway);
  };

  return {
    incoming: messages(),
    async send(message) {
      if (leaving) throw new RuntimeError("closed", "the WebSocket is closed");
      await socket.send(bytesOf(message));
      if (message.kind !== "response" || message.id === undefined) return;
      underWay.delete(message.id);
      leaveIfIdle();
    },
    close: (reason) => leave(reason === undefined ? CLOSE.normal : CLOSE.internalError),
    leave,
    async drain() {
      draining = true;
      leaveIfIdle();
      await socket.ended;
    },
  };
}

/** What can no longer be told shows as the end of the connection. */
const quietly = (sent: Promise<void>): Promise<void> => sent.catch(() => undefined);

/** The graceful end of a stream that only listens. Source: MCP 2026-07-28, basic/patterns/subscriptions. */
const listenEnd = (id: RequestId): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { [META.subscriptionId]: id } } });
