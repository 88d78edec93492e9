import { randomBytes } from "node:crypto";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { bytesOf, failureResponse, type Message, type RequestId } from "../core/message.js";
import { eventChunks } from "../wire/sse.js";
import { canceledId, cannotBegin } from "./under-way.js";
import type { Connection } from "./http-stream.js";

/** One client's conversation over HTTP+SSE: its POSTs on one side, its one event stream on the other. */
export interface SseSession {
  /** 192 random bits. */
  readonly id: string;
  readonly front: Channel;
  /** The stream is there: `endpoint` is its first event, and what has waited for it follows. */
  begin(connection: Connection, endpoint: string): void;
  /** Passes messages on; resolves when they are taken. Throws `bad_message`, `overloaded`, `unknown_session` before any is. */
  post(messages: readonly Message[]): Promise<void>;
  /** The stream is gone: what is under way ends with it. */
  gone(): void;
  /** Takes no new requests. Resolves once all are answered; the stream ends then. */
  drain(): Promise<void>;
}

export function sseSession(): SseSession {
  const incoming = new MessageQueue(1);
  const underWay = new Set<RequestId>();
  let draining = false;
  let open: (connection: Connection | undefined) => void = () => undefined;
  const stream = new Promise<Connection | undefined>((resolve) => (open = resolve));
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  const isOver = (): boolean => incoming.ended;
  const finish = (error?: RuntimeError): void => {
    incoming.end(error);
    open(undefined);
    end();
  };
  const finishIfIdle = (): void => {
    if (draining && underWay.size === 0) finish();
  };
  const deliver = async (message: Message): Promise<void> => {
    const connection = await stream;
    if (!connection?.open) throw new RuntimeError("closed", "the client has closed its event stream");
    await connection.send(eventChunks(bytesOf(message), { event: "message" }));
  };

  const front: Channel = {
    incoming,
    async send(message) {
      await deliver(message);
      if (message.kind !== "response" || message.id === undefined) return;
      underWay.delete(message.id);
      finishIfIdle();
    },
    async close() {
      finish();
      const connection = await stream;
      const over = new RuntimeError("closed", "the session has ended");
      for (const id of underWay)
        if (connection?.open)
          void connection.send(eventChunks(bytesOf(failureResponse(id, over)), { event: "message" }));
      underWay.clear();
      connection?.end();
    },
  };

  return {
    id: randomBytes(24).toString("base64url"),
    front,
    begin(connection, endpoint) {
      void connection.send(eventChunks([Buffer.from(endpoint)], { event: "endpoint" }));
      open(connection);
    },
    async post(messages) {
      if (isOver()) throw new RuntimeError("unknown_session", "this session has ended");
      const ids = messages.flatMap(({ kind, id }) => (kind === "request" && id !== undefined ? [id] : []));
      for (const [index, id] of ids.entries()) {
        const busy = underWay.has(id) || ids.indexOf(id) !== index;
        const failure = cannotBegin(id, { busy, count: underWay.size + index, draining });
        if (failure) throw failure;
      }
      const canceled = messages.map(canceledId);
      for (const id of ids) underWay.add(id);
      for (const id of canceled) if (id !== undefined) underWay.delete(id);
      // What is under way when the session ends is answered there.
      for (const message of messages) if (!isOver()) await incoming.push(message);
      finishIfIdle();
    },
    gone() {
      const why = "the client has closed its event stream";
      finish(underWay.size > 0 ? new RuntimeError("closed", why) : undefined);
    },
    drain() {
      draining = true;
      finishIfIdle();
      return ended;
    },
  };
}
