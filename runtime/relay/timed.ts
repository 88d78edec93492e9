import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { paramsOf, progressTokenOf, type ProgressToken } from "./look.js";

export interface TimedOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** Ends when the client wishes. */
const UNLIMITED = "subscriptions/listen";

/** Given-up requests whose late answers are still expected, and server requests that are watched, for each channel. */
const MAX_REMEMBERED = 1_000;

/**
 * Answers requests in the server's place (`timeout`) when nothing has been heard of them for limits.requestTimeoutMs, or when
 * they have taken limits.requestMaxMs; the server is told `notifications/cancelled`, and its late answer is dropped. Progress
 * starts the time anew, and it stands still while the server waits for the client. `initialize`, which must not be canceled, has
 * limits.connectTimeoutMs whatever else is heard; then the session ends with the failure. Right to 5 % or 1 s, whichever is less.
 * Source: MCP 2025-11-25, basic/lifecycle, "Timeouts"; basic/utilities/cancellation, "Behavior Requirements".
 */
export function timed(backend: Backend, { limits, log }: TimedOptions): Backend {
  const shortestMs = Math.min(limits.requestTimeoutMs, limits.connectTimeoutMs);
  const ticker = tickerOf(Math.min(Math.max(shortestMs / 20, 5), 1_000));
  return {
    kind: backend.kind,
    open: async (signal, client) => channelOf(await backend.open(signal, client), { limits, log, ticker }),
  };
}

interface UnderWay {
  readonly method: string;
  readonly token: ProgressToken | undefined;
  readonly startedMs: number;
  heardMs: number;
}

function channelOf(channel: Channel, { limits, log, ticker }: TimedOptions & { readonly ticker: Ticker }): Channel {
  const queue = new MessageQueue();
  const underWay = new Map<RequestId, UnderWay>();
  const byToken = new Map<ProgressToken, UnderWay>();
  const givenUp = new Set<RequestId>();
  /** Requests of the server that the client has not answered, with the request that each belongs to. */
  const asked = new Map<RequestId, RequestId | undefined>();

  const begin = (id: RequestId, message: Message): void => {
    const nowMs = performance.now();
    const token = progressTokenOf(message);
    const one = { method: message.method ?? "", token, startedMs: nowMs, heardMs: nowMs };
    givenUp.delete(id);
    underWay.set(id, one);
    if (token !== undefined) byToken.set(token, one);
    ticker.add(tick);
  };

  const finish = (id: RequestId): void => {
    const one = underWay.get(id);
    if (!one) return;
    underWay.delete(id);
    if (one.token !== undefined && byToken.get(one.token) === one) byToken.delete(one.token);
    if (underWay.size === 0) ticker.delete(tick);
  };

  /** Not waited for: a server that has stopped reading takes nothing. */
  const tell = async (message: Message): Promise<void> => {
    try {
      await channel.send(message);
    } catch {
      // a channel that is gone is reported by the reading loop
    }
  };

  const giveUp = (id: RequestId, { method }: UnderWay, ms: number): void => {
    finish(id);
    givenUp.add(id);
    const [oldest] = givenUp;
    if (oldest !== undefined && givenUp.size > MAX_REMEMBERED) givenUp.delete(oldest);
    const failure = noAnswer(method, ms);
    log("warn", `${failure.text}; it is canceled`);
    if (!queue.ended) void queue.push(failureResponse(id, failure));
    const params = { requestId: id, reason: failure.text };
    void tell(messageFromRpc({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
  };

  /** No session will come of it. */
  const giveUpSession = (id: RequestId): void => {
    finish(id);
    const failure = noAnswer("initialize", limits.connectTimeoutMs);
    log("warn", `${failure.text}; the session is given up`);
    if (!queue.ended) void queue.push(failureResponse(id, failure));
    end(failure);
    void channel.close(failure);
  };

  const tick = (nowMs: number): void => {
    const waitedFor = new Set(asked.values());
    for (const [id, one] of underWay) {
      if (one.method === "initialize") {
        if (nowMs - one.startedMs < limits.connectTimeoutMs) continue;
        giveUpSession(id);
        return;
      }
      if (waitedFor.has(undefined) || waitedFor.has(id)) one.heardMs = nowMs;
      if (nowMs - one.startedMs >= limits.requestMaxMs) giveUp(id, one, limits.requestMaxMs);
      else if (nowMs - one.heardMs >= limits.requestTimeoutMs) giveUp(id, one, limits.requestTimeoutMs);
    }
  };

  const receive = (message: Message): Promise<void> | void => {
    const { kind, id, relatedTo } = message;
    if (kind === "response" && id !== undefined) {
      if (givenUp.delete(id)) return; // too late
      finish(id);
    } else if (kind === "request" && id !== undefined) {
      if (relatedTo !== undefined && givenUp.has(relatedTo)) return tell(failureResponse(id, tooLate()));
      if (asked.size < MAX_REMEMBERED) asked.set(id, relatedTo);
    } else if (relatedTo !== undefined && givenUp.has(relatedTo)) return;
    else if (message.method === "notifications/progress") {
      const token = progressTokenOf(message);
      const one = token === undefined ? undefined : byToken.get(token);
      if (one) one.heardMs = performance.now();
    } else if (message.method === "notifications/cancelled") asked.delete(canceledBy(message));
    return queue.push(message);
  };

  const end = (reason?: RuntimeError): void => {
    ticker.delete(tick);
    queue.end(reason);
  };

  void (async () => {
    try {
      for await (const message of channel.incoming) if (!queue.ended) await receive(message);
      end();
    } catch (error) {
      end(RuntimeError.from(error));
    }
  })();

  return {
    incoming: queue,
    send(message) {
      const { kind, id } = message;
      if (kind === "response" && id !== undefined) asked.delete(id);
      else if (message.method === "notifications/cancelled") finish(canceledBy(message));
      if (kind !== "request" || id === undefined || message.method === UNLIMITED) return channel.send(message);
      begin(id, message);
      const failed = (error: unknown): never => {
        finish(id);
        throw error;
      };
      try {
        return channel.send(message)?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    },
    close(reason) {
      end();
      return channel.close(reason);
    },
  };
}

const canceledBy = (message: Message): RequestId => paramsOf(message)["requestId"] as RequestId;

const noAnswer = (method: string, ms: number): RuntimeError =>
  new RuntimeError("timeout", `${printable(method, 100)} got no answer within ${ms} ms`);

const tooLate = (): RuntimeError => new RuntimeError("canceled", "the request that this belongs to was given up");

/** One timer for however many requests; none while there are none. */
interface Ticker {
  add(tick: (nowMs: number) => void): void;
  delete(tick: (nowMs: number) => void): void;
}

function tickerOf(everyMs: number): Ticker {
  const ticks = new Set<(nowMs: number) => void>();
  let timer: NodeJS.Timeout | undefined;
  return {
    add(tick) {
      ticks.add(tick);
      timer ??= setInterval(() => {
        const nowMs = performance.now();
        for (const one of ticks) one(nowMs);
      }, everyMs);
    },
    delete(tick) {
      ticks.delete(tick);
      if (ticks.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
