import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { failureResponse, type Message, type RequestId } from "../core/message.js";
import { deadline, orAborted } from "../core/signals.js";
import { relabeled, setTo } from "../wire/json-edit.js";
import { paramsOf, requestIdOf } from "./look.js";

/** Server requests that one client works on. */
const MAX_ASKS = 1_000;

/** A request of the client that one server has. */
export interface Pending {
  readonly message: Message;
  /** It has been sent before, to a server that did not take it. */
  readonly again: boolean;
}

export interface LifeOptions {
  /** How many servers there were before this one. */
  readonly number: number;
  /** Bounds each request of our own, in milliseconds. */
  readonly timeoutMs: number;
  readonly onAnswer: (answer: Message, pending: Pending) => Promise<void> | void;
  /** A request of the server, under an id that no other server of this session uses, or a notification. */
  readonly onHeard: (message: Message) => Promise<void> | void;
  /** Once. What is left in `pending` and `asks` has no server any more. */
  readonly onOver: (reason: RuntimeError) => void;
}

/** One server in the life of a session that may outlive it. It is the channel's only reader. */
export interface Life {
  readonly pending: Map<RequestId, Pending>;
  /** Requests of the server that the client works on: their ids towards the client, and the server's. */
  readonly asks: Map<RequestId, RequestId>;
  readonly over: boolean;
  send(message: Message): Promise<void> | void;
  /** A request of our own, to which nothing of the client's can be mistaken. Throws what ended the channel, and `timeout`. */
  request(message: Message, signal: AbortSignal): Promise<Message>;
  /** Ends it as if the server had. */
  end(reason: RuntimeError): void;
  /** Idempotent, never throws, calls no `onOver`. */
  close(reason?: unknown): Promise<void>;
}

export function lifeOf(channel: Channel, options: LifeOptions): Life {
  const { number, timeoutMs, onAnswer, onHeard, onOver } = options;
  const pending = new Map<RequestId, Pending>();
  const asks = new Map<RequestId, RequestId>();
  const own = new Map<RequestId, { resolve(answer: Message): void; reject(error: RuntimeError): void }>();
  let over = false;
  let counter = 0;

  const stop = (reason: RuntimeError): boolean => {
    if (over) return false;
    over = true;
    for (const one of own.values()) one.reject(reason);
    own.clear();
    return true;
  };

  /** Another server may well use ids that this client has seen before. */
  const towardsClient = (id: RequestId): RequestId => (number === 0 ? id : `${number}:${JSON.stringify(id)}`);

  const receive = (message: Message): Promise<void> | void => {
    const { kind, id } = message;
    if (kind === "response") {
      if (id === undefined) return onHeard(message);
      const mine = own.get(id);
      if (mine) {
        mine.resolve(message);
        return;
      }
      const one = pending.get(id);
      pending.delete(id);
      return one && onAnswer(message, one); // else late, doubled or foreign
    }
    if (kind === "request" && id !== undefined) {
      if (asks.size >= MAX_ASKS) return channel.send(failureResponse(id, tooMany()));
      const shown = towardsClient(id);
      asks.set(shown, id);
      return onHeard(shown === id ? message : relabeled(message, { id: shown }));
    }
    if (message.method !== "notifications/cancelled") return onHeard(message);
    const shown = towardsClient(paramsOf(message)["requestId"] as RequestId);
    if (!asks.delete(shown)) return;
    return onHeard(relabeled(message, { edits: { params: { members: { requestId: setTo(shown) } } } }));
  };

  const read = async (): Promise<void> => {
    let reason: RuntimeError;
    try {
      for await (const message of channel.incoming) if (!over) await receive(message);
      reason = new RuntimeError("closed", "the server closed the connection");
    } catch (error) {
      reason = RuntimeError.from(error);
    }
    if (stop(reason)) onOver(reason);
  };
  void read();

  return {
    pending,
    asks,
    get over() {
      return over;
    },
    send: (message) => channel.send(message),
    async request(message, signal) {
      // Nothing of the client's is under way here while we ask, so that no id can be meant for it.
      const id = `mcpgen-${++counter}`;
      const limit = deadline(message.method ?? "the request", timeoutMs, signal);
      const answer = new Promise<Message>((resolve, reject) => own.set(id, { resolve, reject }));
      answer.catch(() => undefined); // seen below, unless sending fails first
      try {
        await orAborted(Promise.resolve(channel.send(relabeled(message, { id, relatedTo: null }))), limit.signal);
        return relabeled(await orAborted(answer, limit.signal), { id: requestIdOf(message) });
      } finally {
        own.delete(id);
        limit.done();
      }
    },
    end(reason) {
      if (!stop(reason)) return;
      void channel.close(reason);
      onOver(reason);
    },
    close(reason) {
      stop(new RuntimeError("closed", "the session has ended"));
      return channel.close(reason);
    },
  };
}

const tooMany = (): RuntimeError =>
  new RuntimeError("overloaded", `the client has ${MAX_ASKS} requests of the server to answer already`);
