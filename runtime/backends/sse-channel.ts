import type { Agent } from "node:http";
import type { Channel, MessageQueue } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { deadline } from "../core/signals.js";
import { isObject } from "../era/envelope.js";
import { readWhole, type HttpReply } from "../wire/http-client.js";
import { mediaType } from "../wire/http-headers.js";
import { answeredId, isBatch, messageOf, splitBatch } from "../wire/json.js";
import type { SseEvent } from "../wire/sse.js";
import { badAnswer } from "./bad-answer.js";
import { refusal, refusalOf } from "./http-failure.js";
import type { HttpLink } from "./http-link.js";

export interface SseChannelOptions {
  /** Of the event stream. */
  readonly link: HttpLink;
  /** Of the address that messages go to. */
  readonly post: HttpLink;
  /** After the first one. */
  readonly events: AsyncIterator<SseEvent>;
  /** Ends the stream. */
  readonly life: AbortController;
  readonly agent: Agent;
  readonly queue: MessageQueue;
}

/**
 * One session over an open event stream. Each request is answered once: by the server, wherever it says so, or by what went
 * wrong with its POST. The end of the stream ends the channel as `closed`.
 */
export function sseChannel({ link, post, events, life, agent, queue }: SseChannelOptions): Channel {
  const { name, limits, log } = link;
  const waiting = new Set<RequestId>();
  const underWay = new Set<Promise<void>>();
  let handshake: Promise<void> | undefined;
  let endHandshake: () => void = () => undefined;
  let greeting: RequestId | undefined;
  let closing: Promise<void> | undefined;

  const deliver = async (message: Message): Promise<void> => {
    let told = message;
    if (message.kind === "response") {
      const [sole] = waiting;
      // `{"id":null,"error":…}` can only be meant for the one request that there is.
      if (message.id === undefined && sole !== undefined && waiting.size === 1)
        told = messageFromRpc({ ...message.rpc, id: sole });
      if (told.id !== undefined && !waiting.delete(told.id)) {
        log("debug", `${name} answered a request that waits for no answer`);
        return;
      }
      if (told.id === greeting) endHandshake();
    }
    if (!queue.ended) await queue.push(told);
  };
  const deliverBytes = async (bytes: readonly Uint8Array[]): Promise<void> => {
    for (const one of isBatch(bytes) ? splitBatch(bytes) : [bytes]) await deliver(messageOf(one));
  };

  const onEvent = async ({ event, data, oversizeBytes, ends }: SseEvent): Promise<void> => {
    if (event !== "message") {
      log("debug", `${name} sent an event that is not known here`);
      return;
    }
    if (oversizeBytes !== undefined) {
      const id = ends && answeredId(ends.head, ends.tail);
      const text = `an event of ${oversizeBytes} bytes from ${name} is over the limit of ${limits.maxMessageBytes}`;
      if (id === undefined) log("warn", text);
      else await deliver(failureResponse(id, new RuntimeError("too_large", text, { fault: "server" })));
      return;
    }
    if (data.length === 0) return;
    try {
      await deliverBytes(data);
    } catch (error) {
      log("warn", `${name} sent an event that is no message`, { error });
    }
  };

  const listen = async (): Promise<void> => {
    let cause: unknown;
    try {
      for (;;) {
        const next = await events.next();
        if (next.done === true) break;
        await onEvent(next.value);
      }
    } catch (error) {
      cause = error;
    }
    const over = new RuntimeError("closed", `${name} ended its event stream`, {
      cause,
      why: "the session ends with it",
      hint: "look at the server's own log",
    });
    queue.end(closing ? undefined : over);
    endHandshake();
    life.abort(over);
  };

  /** The reply to a POST says no more than that it came; some servers answer there all the same. */
  const settle = async (reply: HttpReply): Promise<void> => {
    if (mediaType(reply.headers["content-type"]) !== "application/json") {
      reply.discard();
      return;
    }
    const body = await readWhole(reply, limits.maxMessageBytes);
    try {
      await deliverBytes(body);
    } catch (error) {
      log("debug", `${name} replied to a POST with something that is no message`, { error });
    }
  };

  const fail = async (id: RequestId, answer: () => Message | Promise<Message>): Promise<void> => {
    if (waiting.has(id)) await deliver(await answer());
  };

  const ask = (message: Message, id: RequestId): Promise<void> => {
    let onWritten: () => void = () => undefined;
    const written = new Promise<void>((resolve) => (onWritten = resolve));
    waiting.add(id);
    const run = async (): Promise<void> => {
      try {
        const reply = await post.post(message, { signal: life.signal, onWritten });
        if (reply.status >= 200 && reply.status < 300) await settle(reply);
        else await fail(id, () => refusal(post, reply, { id, modern: false, inSession: false }));
      } catch (error) {
        if (!life.signal.aborted) await fail(id, () => failureResponse(id, badAnswer(name, error)));
      }
      onWritten();
    };
    const work = run();
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
    return written;
  };

  /** A notification or a response. Waits for the reply, so that the next message finds the server informed. */
  const tell = async (message: Message): Promise<void> => {
    const limit = deadline(name, limits.connectTimeoutMs, life.signal);
    try {
      const reply = await post.post(message, { signal: limit.signal });
      if (reply.status < 200 || reply.status > 299) throw await refusalOf(post, reply);
      await settle(reply);
    } catch (error) {
      if (!life.signal.aborted) log("warn", `${name} did not take ${message.method ?? "a response"}`, { error });
    } finally {
      limit.done();
    }
  };

  const canceled = ({ rpc }: Message): void => {
    const id = isObject(rpc.params) ? (rpc.params["requestId"] as RequestId) : undefined;
    if (id !== undefined && id !== greeting) waiting.delete(id);
  };

  const close = async (reason: unknown): Promise<void> => {
    if (reason !== undefined) log("debug", `closing ${name}`, { reason });
    queue.end();
    endHandshake();
    life.abort(new RuntimeError("closed", `the channel to ${name} is closed`));
    await Promise.allSettled([listening, ...underWay]);
    agent.destroy();
  };

  const listening = listen();
  return {
    incoming: queue,
    async send(message) {
      // A client that does not wait for the answer (`printf … | proxy`) must not overtake the session that it opens.
      if (message.kind !== "response") await handshake;
      if (closing || queue.ended) throw new RuntimeError("closed", `the channel to ${name} is closed`);
      if (message.kind === "request" && message.id !== undefined) {
        if (message.method === "initialize") {
          greeting = message.id;
          handshake = new Promise((resolve) => (endHandshake = resolve));
        }
        return ask(message, message.id);
      }
      if (message.method === "notifications/cancelled") canceled(message);
      return tell(message);
    },
    close: (reason) => (closing ??= close(reason)),
  };
}
