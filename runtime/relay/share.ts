import type { Backend, StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { failureResponse, messageFromRpc, type Message } from "../core/message.js";
import { abortReason, deadline, orAborted } from "../core/signals.js";
import { isObject } from "../era/envelope.js";
import { relabeled, REMOVE } from "../wire/json-edit.js";
import { ClientQueue } from "./client-queue.js";
import { paramsOf, requestIdOf } from "./look.js";
import { openWithin } from "./open-within.js";
import { isSuccess } from "./recover-memory.js";
import { sharedSession, type Seat, type SharedSession } from "./share-session.js";

export interface SharedOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** A session of the server, and what it answered to `initialize`. */
interface Opened {
  readonly session: SharedSession;
  readonly welcome: Message;
}

interface Entry {
  readonly opened: Promise<Opened>;
  /** Once it is open. */
  session: SharedSession | undefined;
}

/**
 * Many client sessions of the legacy era over few sessions of the server: one for each set of client capabilities and requested
 * version, because a server relies on both. Ids, progress, subscriptions, log levels and requests of the server are kept apart
 * for each client; nothing that is meant for one reaches another. open() reaches no server: the client's `initialize` does.
 */
export function shared(backend: Backend, { limits, log }: SharedOptions): StatefulBackend {
  const entries = new Map<string, Entry>();
  const queues = new Set<ClientQueue>();
  const closing = new AbortController();

  const start = async (message: Message, onOver: () => void): Promise<Opened> => {
    const channel = await openWithin(backend, { limits, signal: closing.signal });
    const session = sharedSession(channel, { limits, log, onOver });
    const limit = deadline("initialize", limits.connectTimeoutMs, closing.signal);
    try {
      const welcome = await orAborted(session.initialize(message), limit.signal);
      if (isSuccess(welcome)) return { session, welcome: relabeled(welcome, { edits: WITHOUT_TASK_LIST }) };
      await session.close("the server has refused the session");
      return { session, welcome };
    } catch (error) {
      await session.close(error);
      throw error;
    } finally {
      limit.done();
    }
  };

  /** There is no end to the capabilities that clients can think of. */
  const makeRoom = (): void => {
    if (entries.size < limits.maxSessions) return;
    for (const [key, { session }] of entries) {
      if (!session || session.inUse) continue;
      entries.delete(key);
      void session.close("others need its place");
      return;
    }
    throw new RuntimeError("overloaded", `all ${limits.maxSessions} sessions of the server are in use`);
  };

  const entryFor = (message: Message): Entry => {
    const key = keyOf(message);
    const known = entries.get(key);
    if (known) return known;
    makeRoom();
    const forget = (): void => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    const opened = start(message, forget);
    const entry: Entry = { opened, session: undefined };
    entries.set(key, entry);
    opened.then(({ session }) => (entry.session = session), forget);
    return entry;
  };

  const channelOf = (principal: string): Channel => {
    const queue = new ClientQueue(limits.clientBufferBytes);
    let seat: Seat | undefined;
    let closed = false;
    queues.add(queue);

    /** The server's answer to `initialize`, as if it were this client's own. */
    const join = async (message: Message): Promise<void> => {
      const { session, welcome } = await entryFor(message).opened;
      const id = requestIdOf(message);
      if (isSuccess(welcome)) seat = session.join(queue, principal);
      // Which starts the time of a session that nobody uses.
      if (isClosed()) seat?.leave();
      queue.push(relabeled(welcome, { id, relatedTo: id }));
    };
    const isClosed = (): boolean => closed;

    return {
      incoming: queue,
      async send(message) {
        if (closed) throw new RuntimeError("closed", "the session has ended");
        if (seat) return seat.receive(message);
        const { id, kind, method } = message;
        if (kind !== "request" || id === undefined) return;
        if (method === "ping") queue.push(messageFromRpc({ jsonrpc: "2.0", id, result: {} }, { relatedTo: id }));
        else if (method !== "initialize") queue.push(failureResponse(id, tooEarly()));
        else
          try {
            await join(message);
          } catch (error) {
            queue.end(RuntimeError.from(error));
          }
      },
      close() {
        closed = true;
        seat?.leave();
        queue.end();
        queues.delete(queue);
        return Promise.resolve();
      },
    };
  };

  return {
    kind: backend.kind,
    open(signal, client) {
      const over = [signal, closing.signal].find(({ aborted }) => aborted);
      return over ? Promise.reject(abortReason(over)) : Promise.resolve(channelOf(client?.principal.id ?? ""));
    },
    async close(reason) {
      closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
      for (const queue of queues) queue.end();
      const all = [...entries.values()].map(async ({ opened }) => (await opened).session.close(reason));
      await Promise.allSettled(all);
    },
  };
}

/** A list of tasks would show each client those of the others. */
const WITHOUT_TASK_LIST = {
  result: { members: { capabilities: { members: { tasks: { members: { list: REMOVE } } } } } },
};

const tooEarly = (): RuntimeError =>
  new RuntimeError("bad_message", "the session has not begun: the first request is initialize");

/** What a server may make a session depend on. */
function keyOf(message: Message): string {
  const { capabilities, protocolVersion } = paramsOf(message);
  return canonical([protocolVersion, capabilities ?? {}]);
}

/** JSON with the members of all objects in one order. Depth was checked when the message was read. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}
