import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { failureResponse, type Message, type RequestId } from "../core/message.js";
import { relabeled } from "../wire/json-edit.js";
import { ClientQueue } from "./client-queue.js";
import { paramsOf, requestIdOf } from "./look.js";

/** A client's request on its way. */
export interface FrontRequest {
  readonly message: Message;
  /** Fires when the client no longer waits. */
  readonly signal: AbortSignal;
  /** A notification that belongs to the request, or to what it listens to. */
  readonly deliver: (message: Message) => void;
  /** The request is with the server, or waits where the number of those who wait is bounded: the client may send the next. */
  readonly handed: () => void;
}

export interface FrontOptions {
  readonly limits: Limits;
  /** Resolves with the response. What it throws is the answer. */
  readonly answer: (request: FrontRequest) => Promise<Message>;
  readonly notify: (message: Message) => Promise<void>;
}

/** A client's channel of the modern dialect, with the requests that come on it. */
export interface Front extends Channel {
  /** Resolves when nothing is under way any more; then the channel ends. */
  finish(): Promise<void>;
}

/** Requests of one channel under way at once. */
const MAX_UNDER_WAY = 1_000;

export function frontOf({ limits, answer, notify }: FrontOptions): Front {
  const queue = new ClientQueue(limits.clientBufferBytes);
  const active = new Map<RequestId, AbortController>();
  const underWay = new Set<Promise<void>>();
  let closed = false;

  const stopAll = (reason: RuntimeError): void => {
    const all = [...active.values()];
    active.clear();
    for (const one of all) one.abort(reason);
  };
  const cutOff = (): void => {
    const text = `more than ${limits.clientBufferBytes} bytes wait for a client that does not read`;
    const reason = new RuntimeError("overloaded", text);
    queue.cut(reason);
    stopAll(reason);
  };

  const begin = (message: Message): Promise<void> | void => {
    const id = requestIdOf(message);
    const refused = refusalOf(id);
    if (refused) {
      queue.push(failureResponse(id, refused));
      return;
    }
    const stop = new AbortController();
    active.set(id, stop);
    const isActive = (): boolean => active.get(id) === stop;
    return new Promise<void>((handed) => {
      const deliver = (said: Message): void => {
        if (!isActive()) return;
        queue.push(relabeled(said, { relatedTo: id }));
        if (queue.full) cutOff();
      };
      const done = answer({ message, signal: stop.signal, deliver, handed })
        .catch((error: unknown) => failureResponse(id, RuntimeError.from(error)))
        .then((response) => {
          handed();
          if (!isActive()) return;
          active.delete(id);
          queue.push(response);
        });
      underWay.add(done);
      void done.finally(() => underWay.delete(done));
    });
  };

  const refusalOf = (id: RequestId): RuntimeError | undefined => {
    if (active.has(id))
      return new RuntimeError("bad_message", `id ${JSON.stringify(id)} is in use by a request that has no answer yet`);
    if (active.size < MAX_UNDER_WAY) return undefined;
    return new RuntimeError("overloaded", `${MAX_UNDER_WAY} requests of this client are under way already`);
  };

  /** Of a request that is over, or never was: not worth a word. Source: MCP 2026-07-28, basic/patterns/cancellation. */
  const cancel = (message: Message): void => {
    const id = paramsOf(message)["requestId"] as RequestId;
    const stop = active.get(id);
    active.delete(id);
    stop?.abort(new RuntimeError("canceled", "the client canceled the request"));
  };

  return {
    incoming: queue,
    send(message) {
      if (closed) throw new RuntimeError("closed", "the channel is closed");
      if (message.kind === "request") return begin(message);
      if (message.method === "notifications/cancelled") cancel(message);
      else if (message.kind === "notification") return notify(message);
    },
    async finish() {
      while (underWay.size > 0) await Promise.all(underWay);
      closed = true;
      queue.end();
    },
    close() {
      closed = true;
      stopAll(new RuntimeError("canceled", "the client is gone"));
      queue.end();
      return Promise.resolve();
    },
  };
}
