import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError, type RuntimeErrorCode } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { relabeled } from "../wire/json-edit.js";
import { UNWRITTEN } from "../wire/streams.js";
import { paramsOf } from "./look.js";
import { openWithin } from "./open-within.js";
import { lifeOf, type Life, type Pending } from "./recover-life.js";
import { factsOf, isSuccess, sessionMemory } from "./recover-memory.js";

export interface RecoveringOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** Servers that are tried in a row before the session is given up. breaking() below sees to the pauses. */
const MAX_ATTEMPTS = 5;

/** What another attempt will not change. */
const FINAL: ReadonlySet<RuntimeErrorCode> = new Set(["config", "unauthenticated", "forbidden", "overloaded"]);

/**
 * Sessions of the legacy era that survive the loss of their server, be it that its process ends or that it no longer knows the
 * session. Another one is opened at once and told what the first one knew; the client sees its lists change.
 *
 * A request that the lost server may have begun fails with -32603; only what it certainly has not seen is sent once more.
 * Before `initialize` has succeeded there is nothing to recover, and the channel ends as its server does.
 */
export function recovering(backend: Backend, { limits, log }: RecoveringOptions): Backend {
  return {
    kind: backend.kind,
    async open(signal, client) {
      const reopen = (aborted: AbortSignal): Promise<Channel> =>
        openWithin(backend, { limits, signal: aborted, client });
      return recoverable(await backend.open(signal, client), { reopen, limits, log });
    },
  };
}

interface RecoverableOptions extends RecoveringOptions {
  readonly reopen: (signal: AbortSignal) => Promise<Channel>;
}

function recoverable(first: Channel, { reopen, limits, log }: RecoverableOptions): Channel {
  const queue = new MessageQueue();
  const memory = sessionMemory();
  const closing = new AbortController();
  /** The one in use, and those that are still expected to answer what they have. */
  const lives = new Set<Life>();
  /** Requests that a server has not taken, until another one has them. */
  const untaken = new Map<RequestId, Message>();
  let opened = 0;
  let over: RuntimeError | undefined;
  let reopening: Promise<void> | undefined;

  const say = (message: Message): Promise<void> | void => (queue.ended ? undefined : queue.push(message));

  const finish = (reason: RuntimeError): void => {
    over ??= reason;
    queue.end(reason);
  };

  const retire = (life: Life, reason?: unknown): void => {
    lives.delete(life);
    void life.close(reason);
  };

  const begin = (channel: Channel): Life => {
    const life: Life = lifeOf(channel, {
      number: opened++,
      timeoutMs: limits.connectTimeoutMs,
      onAnswer: (answer, pending) => answered(life, answer, pending),
      onHeard: say,
      onOver: (reason) => lost(life, reason),
    });
    lives.add(life);
    return life;
  };

  const answered = (life: Life, answer: Message, { message, again }: Pending): Promise<void> | void => {
    if (answer.failure?.code === "unknown_session" && memory.server && !again) {
      if (life === current) restart(answer.failure);
      if (life.pending.size === 0) retire(life);
      void sendAgain(message);
      return;
    }
    memory.answered(message, answer);
    if (life !== current && life.pending.size === 0) retire(life);
    return say(answer);
  };

  /** Nobody answers for the server any more. */
  const lost = (life: Life, reason: RuntimeError): void => {
    retire(life, reason);
    if (closing.signal.aborted) return;
    if (!memory.server) {
      finish(reason);
      return;
    }
    for (const id of life.pending.keys()) void say(failureResponse(id, reason));
    for (const id of life.asks.keys()) void say(withdrawal(id));
    if (life === current) restart(reason);
  };

  const restart = (reason: RuntimeError): void => {
    reopening ??= (async () => {
      log("warn", `the session's server is lost, another one is opened: ${printable(reason.text)}`);
      try {
        current = await anotherLife();
      } catch (error) {
        finish(RuntimeError.from(error));
        return;
      }
      if (memory.opening?.initialized)
        for (const method of memory.server?.listChanged ?? []) void say(messageFromRpc({ jsonrpc: "2.0", method }));
    })().finally(() => {
      reopening = undefined;
      if (current.over && !over) restart(reason);
    });
  };

  const anotherLife = async (): Promise<Life> => {
    for (let attempt = 1; ; attempt++) {
      let life: Life | undefined;
      try {
        life = begin(await reopen(closing.signal));
        await inform(life);
        return life;
      } catch (error) {
        if (life) retire(life, error);
        const failure = RuntimeError.from(error);
        if (closing.signal.aborted || FINAL.has(failure.code) || attempt >= MAX_ATTEMPTS) throw failure;
        log("info", `the server could not be opened again: ${printable(failure.text)}`);
      }
    }
  };

  /** Tells a new server what the lost one knew. */
  const inform = async (life: Life): Promise<void> => {
    const { server, opening } = memory;
    if (!server || !opening) throw new RuntimeError("internal", "a session that was never opened is opened again");
    const { signal } = closing;
    const answer = await life.request(opening.initialize, signal);
    if (answer.failure) throw answer.failure;
    if (!isSuccess(answer)) throw new RuntimeError("closed", "the server that was opened again refuses the session");
    const now = factsOf(answer);
    if (now.protocolVersion !== server.protocolVersion || now.name !== server.name)
      log("warn", "the server that was opened again has another name or protocol version than before");
    if (opening.initialized) await life.send(opening.initialized);
    const told = memory.rest.map(async (message) => {
      if (!isSuccess(await life.request(message, signal)))
        log("warn", `the server that was opened again refuses ${printable(message.method ?? "", 100)}`);
    });
    await Promise.all(told);
  };

  /** Hands a request to the server in use. Throws what makes that impossible. */
  const transmit = async (message: Message, again: boolean): Promise<void> => {
    const life = current;
    const { id } = message;
    if (id === undefined) return;
    life.pending.set(id, { message, again });
    try {
      await life.send(message);
    } catch (error) {
      const failure = RuntimeError.from(error);
      if (!memory.server) {
        life.pending.delete(id);
        throw failure;
      }
      const unseen = failure.cause === UNWRITTEN && !again && life.pending.delete(id);
      life.end(failure);
      if (unseen) void sendAgain(message);
    }
  };

  const sendAgain = async (message: Message): Promise<void> => {
    const { id } = message;
    if (id === undefined) return;
    untaken.set(id, message);
    while (reopening) await reopening;
    if (untaken.delete(id) && !over) await transmit(message, true);
  };

  const deliver = async (message: Message): Promise<void> => {
    const { kind, id, method } = message;
    if (kind === "response") {
      const life = [...lives].find((one) => id !== undefined && one.asks.has(id));
      const theirs = id === undefined ? undefined : life?.asks.get(id);
      if (!life || id === undefined || theirs === undefined) return; // an answer to a server that is gone
      life.asks.delete(id);
      return attempt(life, theirs === id ? message : relabeled(message, { id: theirs }));
    }
    if (method === "notifications/cancelled") {
      const canceled = paramsOf(message)["requestId"] as RequestId;
      untaken.delete(canceled);
      const life = [...lives].find((one) => one.pending.delete(canceled));
      return life && attempt(life, message);
    }
    while (reopening) await reopening;
    if (over) throw over;
    if (kind === "request") return transmit(message, false);
    if (method === "notifications/initialized") memory.initialized(message);
    return attempt(current, message);
  };

  /** What needs no answer goes with the server it was meant for. */
  const attempt = async (life: Life, message: Message): Promise<void> => {
    try {
      await life.send(message);
    } catch (error) {
      if (!memory.server) throw error;
      life.end(RuntimeError.from(error));
    }
  };

  let current = begin(first);
  return {
    incoming: queue,
    send(message) {
      if (over) throw over;
      return deliver(message);
    },
    async close(reason) {
      over ??= new RuntimeError("closed", "the session has ended");
      closing.abort(over);
      queue.end();
      await Promise.all([...lives].map((life) => life.close(reason)));
      await reopening;
    },
  };
}

/** Tells the client that a request of the server needs no answer any more. */
const withdrawal = (id: RequestId): Message =>
  messageFromRpc({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: id, reason: "the server has ended" },
  });
