import type { Backend, StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { failureResponse, type Message, type RequestId } from "../core/message.js";
import { abortReason, sleep } from "../core/signals.js";
import { META } from "../era/envelope.js";
import { MODERN } from "../era/versions.js";
import { relabeled, setTo } from "../wire/json-edit.js";
import { ClientQueue } from "./client-queue.js";
import type { Asked, Heard } from "./link.js";
import { mayHold, metaOf, paramsOf, requestIdOf } from "./look.js";
import {
  ACKNOWLEDGED,
  forListener,
  forSubscription,
  gracefulEnd,
  LISTEN,
  pauseBefore,
  subscriptionOf,
  type Listening,
} from "./multiplex-listen.js";
import { serverOnDemand } from "./multiplex-server.js";

export interface MultiplexOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** Requests of one client that have no answer yet. */
const MAX_UNDER_WAY = 10_000;

const ASKS = "a modern server asks nothing";

/** A request of a client on its way. */
interface Call {
  readonly front: Front;
  readonly clientId: RequestId;
  readonly message: Message;
  readonly wantsLog: boolean;
  /** Answered, canceled or given up: whatever still comes for it is dropped. */
  readonly over: AbortController;
  asked: Asked | undefined;
  /** Of a subscription that the server has acknowledged. */
  listening: Listening | undefined;
}

/** A client's channel. */
interface Front {
  readonly queue: ClientQueue;
  readonly calls: Map<RequestId, Call>;
}

/**
 * Many clients' channels of the modern era over one channel of a server, opened when the first request comes and opened again by
 * the next one after it has ended. Ids, progress tokens and subscription ids are each client's own; nothing reaches another one.
 * What a server without streams (stdio) says of no request is dropped, but for what it logs while one request alone wants logs.
 * Subscriptions survive the server: they are asked for again. Source: MCP 2026-07-28, basic/patterns/subscriptions.
 */
export function multiplexed(modern: Backend, { limits, log }: MultiplexOptions): StatefulBackend {
  const fronts = new Set<Front>();
  const closing = new AbortController();
  const server = serverOnDemand(modern, {
    limits,
    signal: closing.signal,
    onUnrelated: (message) => heard(unrelated)(message),
  });
  /** By the id towards the server. */
  const listens = new Map<RequestId, Call>();
  /** Requests under way that want to hear what the server logs. */
  const loggers = new Set<Call>();
  let dropped = 0;
  let closed: Promise<void> | undefined;

  const drop = (message: Message, why: string): void =>
    log("debug", `dropped what the server said: ${why}`, { method: message.method, dropped: ++dropped });

  /** What one request or subscription cannot use must not end the channel of all. */
  const heard =
    (handle: Heard): Heard =>
    (message) => {
      try {
        return handle(message);
      } catch (error) {
        drop(message, RuntimeError.from(error).text);
      }
    };

  /** The reading loop of the server waits for a client only where nobody else would wait with it. */
  const deliver = (front: Front, message: Message): Promise<void> | void => {
    front.queue.push(message);
    if (!front.queue.full) return;
    if (fronts.size === 1) return front.queue.room();
    const why = `more than ${limits.clientBufferBytes} bytes wait for a client that does not read`;
    log("warn", `a client is cut off: ${why}`);
    const reason = new RuntimeError("overloaded", why, { hint: "read faster, or ask for less at once" });
    leave(front, reason);
    front.queue.cut(reason);
  };

  /** What the server says from now on is no longer for this request. */
  const unbind = (call: Call): void => {
    loggers.delete(call);
    if (call.asked && listens.get(call.asked.id) === call) listens.delete(call.asked.id);
  };
  const end = (call: Call): boolean => {
    if (call.over.signal.aborted) return false;
    call.over.abort();
    call.front.calls.delete(call.clientId);
    unbind(call);
    return true;
  };
  const finish = (call: Call, answer: Message): Promise<void> | void =>
    end(call) ? deliver(call.front, answer) : undefined;

  const leave = (front: Front, reason: RuntimeError): void => {
    fronts.delete(front);
    for (const call of front.calls.values()) if (end(call)) call.asked?.cancel(reason);
  };

  const failed = (call: Call, error: unknown): void => {
    const failure = RuntimeError.from(error);
    unbind(call);
    if (call.listening && !call.over.signal.aborted) void listenAgain(call, call.listening, failure);
    else void finish(call, failureResponse(call.clientId, failure));
  };

  const listenAgain = async (call: Call, state: Listening, why: RuntimeError): Promise<void> => {
    const waitMs = pauseBefore(state);
    if (waitMs === undefined) return finish(call, failureResponse(call.clientId, why));
    await sleep(waitMs, call.over.signal);
    await ask(call);
  };

  const answered = (call: Call, answer: Message): Promise<void> | void => {
    if (call.over.signal.aborted) return;
    const { method } = call.message;
    if (method === "server/discover") {
      // What we serve, not what the server would: its legacy revisions are spoken on other channels.
      const edits = { result: { members: { supportedVersions: setTo(MODERN) } } };
      return finish(call, relabeled(answer, { edits }));
    }
    if (method !== LISTEN) return finish(call, answer);
    if (!answer.failure || !call.listening) return finish(call, forListener(answer, call.clientId));
    failed(call, answer.failure);
  };

  /** What came for a subscription, by its stream or by its id. */
  const notified = (call: Call, message: Message): Promise<void> | void => {
    if (message.method === "notifications/cancelled") {
      call.asked?.cancel(new RuntimeError("canceled", "the server has ended the subscription"));
      return finish(call, gracefulEnd(call.clientId));
    }
    if (message.method === ACKNOWLEDGED) {
      const again = call.listening;
      call.listening = { sinceMs: performance.now(), tries: again?.tries ?? 0 };
      if (again) return; // the client has been told already
    } else if (!call.listening) {
      drop(message, "its subscription has not been acknowledged yet");
      return;
    }
    return deliver(call.front, forSubscription(message, call.clientId));
  };

  /** On the stream of a request. */
  const related = (call: Call, message: Message): Promise<void> | void => {
    if (call.over.signal.aborted) return;
    const listens = call.message.method === LISTEN;
    const named = listens ? subscriptionOf(message) : undefined;
    if (message.kind === "request") drop(message, ASKS);
    else if (named !== undefined && named !== call.asked?.id) drop(message, "it names a subscription of nobody");
    else return listens ? notified(call, message) : deliver(call.front, message);
  };

  /** On no stream: on stdio everything but answers and progress. */
  const unrelated = (message: Message): Promise<void> | void => {
    const canceled = message.method === "notifications/cancelled";
    const id = canceled ? paramsOf(message)["requestId"] : subscriptionOf(message);
    const call = listens.get(id as RequestId);
    const [sole, another] = loggers;
    if (message.kind === "request") drop(message, ASKS);
    else if (call) return notified(call, message);
    else if (message.method !== "notifications/message") drop(message, "it belongs to nobody");
    else if (!sole || another) drop(message, "it cannot be told whose log it is");
    else return deliver(sole.front, relabeled(message, { relatedTo: sole.clientId }));
  };

  /** Resolves when the server's buffer has it. Never rejects: what goes wrong is the answer. */
  const ask = async (call: Call): Promise<void> => {
    let hasFailed = false;
    const fail = (error: unknown): void => {
      if (hasFailed) return; // a server that goes is seen by the reader and by the writer
      hasFailed = true;
      failed(call, error);
    };
    try {
      const link = await server.link();
      if (call.over.signal.aborted) return;
      await link.ask({
        message: call.message,
        onRelated: heard((message) => related(call, message)),
        onAnswer: (answer) => answered(call, answer),
        onStart(asked) {
          call.asked = asked;
          if (call.message.method === LISTEN) listens.set(asked.id, call);
          if (call.wantsLog) loggers.add(call);
          asked.answer.catch(fail);
        },
      });
    } catch (error) {
      fail(error);
    }
  };

  const request = (front: Front, message: Message): Promise<void> | void => {
    const clientId = requestIdOf(message);
    const refuse = (error: RuntimeError): Promise<void> | void => deliver(front, failureResponse(clientId, error));
    if (front.calls.has(clientId))
      return refuse(new RuntimeError("bad_message", `id ${JSON.stringify(clientId)} is already in use`));
    if (front.calls.size >= MAX_UNDER_WAY)
      return refuse(new RuntimeError("overloaded", `${MAX_UNDER_WAY} requests are under way`));
    const listens = message.method === LISTEN;
    const wantsLog = !listens && mayHold(message, META.logLevel) && META.logLevel in metaOf(message);
    const over = new AbortController();
    const call: Call = { front, clientId, message, wantsLog, over, asked: undefined, listening: undefined };
    front.calls.set(clientId, call);
    return ask(call);
  };

  const notify = async (front: Front, message: Message): Promise<void> => {
    if (message.method === "notifications/cancelled") {
      const { requestId, reason } = paramsOf(message);
      const call = front.calls.get(requestId as RequestId);
      if (!call || !end(call)) return;
      call.asked?.cancel(new RuntimeError("canceled", typeof reason === "string" ? reason : "canceled"));
      return;
    }
    try {
      await (await server.link()).send(message);
    } catch (error) {
      log("debug", "a notification did not reach the server", { method: message.method, error });
    }
  };

  return {
    kind: modern.kind,
    open(signal) {
      if (signal.aborted) return Promise.reject(abortReason(signal));
      if (closing.signal.aborted) return Promise.reject(abortReason(closing.signal));
      for (const other of fronts) other.queue.release(); // it is no longer alone
      const front: Front = { queue: new ClientQueue(limits.clientBufferBytes), calls: new Map() };
      fronts.add(front);
      const channel: Channel = {
        incoming: front.queue,
        send(message) {
          if (!fronts.has(front)) throw new RuntimeError("closed", "the channel is closed");
          if (message.kind === "request") return request(front, message);
          return message.kind === "notification" ? notify(front, message) : undefined;
        },
        close() {
          leave(front, new RuntimeError("canceled", "the client is gone"));
          front.queue.end();
          return Promise.resolve();
        },
      };
      return Promise.resolve(channel);
    },
    close(reason) {
      closed ??= (async () => {
        const over = new RuntimeError("closed", "the proxy is shutting down");
        closing.abort(over);
        for (const call of [...fronts].flatMap(({ calls }) => [...calls.values()]))
          void finish(call, call.listening ? gracefulEnd(call.clientId) : failureResponse(call.clientId, over));
        for (const { queue } of fronts) queue.end();
        fronts.clear();
        await server.close(reason);
      })();
      return closed;
    },
  };
}
