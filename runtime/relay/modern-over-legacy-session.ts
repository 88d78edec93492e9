import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { deadline, orAborted, sleep } from "../core/signals.js";
import { isObject, type Members } from "../era/envelope.js";
import { isModernOnly, noMutualVersion, wrongEra } from "../era/verdict.js";
import { LEGACY } from "../era/versions.js";
import { linkOf, type Asked, type Link } from "./link.js";
import { membersOf, paramsOf } from "./look.js";
import type { Declared } from "./modern-over-legacy-capability.js";
import { LISTS } from "./modern-over-legacy-translate.js";
import { openWithin } from "./open-within.js";

/** Severities of log messages, lowest first. Source: RFC 5424, section 6.2.1; MCP, server/utilities/logging. */
const LEVELS: readonly unknown[] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** -1 for what is no level. */
export const rankOf = (level: unknown): number => LEVELS.indexOf(level);

/** A client's request on its way, as the session sees it. */
export interface Flight {
  readonly principal: string;
  /** Rank of the lowest level at which log messages are wanted. Absent: none are. */
  rank: number | undefined;
  /** A notification that belongs to the request. */
  readonly deliver: (message: Message) => void;
  /** The server asks something meanwhile. Absent: it may not. */
  readonly ask?: (message: Message) => void;
  /** The server no longer wants to know. */
  readonly withdraw?: (id: RequestId) => void;
}

export interface Run {
  /** As the server is to get it, under the client's id and token. */
  readonly message: Message;
  readonly flight: Flight;
  readonly signal: AbortSignal;
}

/** A session with a legacy server, initialized. */
export interface LegacySession {
  /** The answer to `initialize`. */
  readonly initialized: Message;
  readonly capabilities: Members;
  readonly serverInfo: unknown;
  /** Set once nothing comes or goes. */
  readonly over: RuntimeError | undefined;
  readonly ended: Promise<RuntimeError>;
  /** Hands a client's request on. Throws what ended the session, or the reason of `signal`. */
  run(run: Run): Promise<Asked>;
  /** A request of ours. Resolves with its answer. Throws `timeout`, or what ended the session. */
  call(method: string, params: Members): Promise<Message>;
  /** A notification, or the answer to a request of the server. Throws what ended the session. */
  send(message: Message): Promise<void>;
  /** The server's level is low enough for messages of this rank from now on, if it has any. */
  lowerLevel(rank: number): Promise<void>;
  /** Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}

export interface SessionOptions {
  readonly legacy: Backend;
  readonly declared: Declared;
  readonly limits: Limits;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What the server says has changed: lists, resources. */
  readonly onChange: (message: Message) => void;
  /** The server asked something and did not say for which of several requests. */
  readonly onUnattributed: () => void;
}

/** What the server has to answer in a moment: its log level, subscriptions. In milliseconds. */
const CALL_MS = 10_000;

/** Servers that register tools once they know the client's capabilities say so by list_changed right after `initialized`. In milliseconds. */
const QUIET_MS = 50;
const SETTLED_AT_LATEST_MS = 500;

const CHANGES: ReadonlySet<string | undefined> = new Set([
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
]);

/** Opens a channel and initializes a session on it. Throws what opening a backend throws, `timeout`, `remote`; nothing stays open then. */
export async function openSession(options: SessionOptions): Promise<LegacySession> {
  const { legacy, limits, signal } = options;
  const channel = await openWithin(legacy, { limits, signal });
  const flights = new Set<Flight>();
  const heard = hearing(options, flights, (message) => link.send(message));
  const link = linkOf(channel, { onUnrelated: (message) => heard.unrelated(message) });
  const limit = deadline("initialize", limits.connectTimeoutMs, signal);
  try {
    const initialized = await orAborted(initialize(link, options.declared), limit.signal);
    await orAborted(link.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/initialized" })), limit.signal);
    return sessionOn(link, { initialized, flights, heard });
  } catch (error) {
    await link.close(error);
    throw RuntimeError.from(error);
  } finally {
    limit.done();
  }
}

async function initialize(link: Link, { capabilities, clientInfo }: Declared): Promise<Message> {
  const params = { protocolVersion: LEGACY[0], capabilities, clientInfo };
  const request = messageFromRpc({ jsonrpc: "2.0", id: "initialize", method: "initialize", params });
  const answer = await (await link.ask({ message: request, onRelated: () => undefined })).answer;
  const { result, error } = answer.rpc;
  if (answer.failure) throw answer.failure;
  if (error !== undefined) {
    const said = membersOf(error)["message"];
    const text = typeof said === "string" ? printable(said) : "error without a message";
    if (isModernOnly(new RuntimeError("remote", text, { rpcError: error }))) throw wrongEra("legacy");
    throw new RuntimeError("remote", `the server refused initialize: ${text}`);
  }
  if (!isObject(result)) throw new RuntimeError("remote", "the server's answer to initialize is no object");
  const version = result["protocolVersion"];
  if (!(LEGACY as readonly unknown[]).includes(version))
    throw noMutualVersion(typeof version === "string" ? [version] : [], LEGACY);
  return answer;
}

/** What the server says by itself, sorted. */
interface Hearing {
  unrelated(message: Message): void;
  related(message: Message, flight: Flight): void;
  /** Resolves when no list has changed for a moment. */
  readonly quiet: () => Promise<void>;
}

function hearing(
  { onChange, onUnattributed, log }: SessionOptions,
  flights: ReadonlySet<Flight>,
  send: (message: Message) => Promise<void>,
): Hearing {
  let changedAt = performance.now();

  /** Not awaited: a server that waits for us to read must not make us wait for it. */
  const answer = (message: Message, outcome: Members): void => {
    if (message.id === undefined) return;
    send(messageFromRpc({ jsonrpc: "2.0", id: message.id, ...outcome })).catch(() => undefined); // told by the link's end
  };

  const asked = (message: Message, flight: Flight | undefined): void => {
    if (message.method === "ping") answer(message, { result: {} });
    else if (flight?.ask) flight.ask(message);
    else {
      log("debug", `the server asked ${printable(message.method ?? "")} when nobody can be asked`);
      const text = "no request is on its way whose client can be asked this";
      answer(message, { error: { code: -32601, message: text } });
    }
  };

  /** Whose it must be, although the transport does not say. */
  const sole = (): Flight | undefined => {
    const able = [...flights].filter((flight) => flight.ask);
    if (able.length > 1) onUnattributed();
    return able.length === 1 ? able[0] : undefined;
  };

  const logged = (message: Message, flight: Flight | undefined): void => {
    if (flight?.rank === undefined) return;
    if (rankOf(paramsOf(message)["level"]) >= flight.rank) flight.deliver(message);
  };

  /** The one request that wants log messages, if nobody else's request may be what they speak of. */
  const listening = (): Flight | undefined => {
    const [one, other] = [...flights].filter((flight) => flight.rank !== undefined);
    if (!one || other) return undefined;
    return [...flights].every((flight) => flight.principal === one.principal) ? one : undefined;
  };

  /** True if it is for everybody, wherever it was said. */
  const isForAll = (message: Message): boolean => {
    if (CHANGES.has(message.method)) {
      if (message.method !== "notifications/resources/updated") changedAt = performance.now();
      onChange(message);
      return true;
    }
    if (message.method === "notifications/cancelled") {
      const id = paramsOf(message)["requestId"] as RequestId;
      for (const flight of flights) flight.withdraw?.(id);
      return true;
    }
    // Modern clients ask again instead of being told. Source: MCP 2026-07-28, changelog.
    return message.method === "notifications/elicitation/complete";
  };

  return {
    unrelated(message) {
      if (message.kind === "request") asked(message, message.method === "ping" ? undefined : sole());
      else if (isForAll(message)) return;
      else if (message.method === "notifications/message") logged(message, listening());
      else log("debug", `dropped ${printable(message.method ?? "")}, which belongs to no request`);
    },
    related(message, flight) {
      if (message.kind === "request") asked(message, flight);
      else if (isForAll(message)) return;
      else if (message.method === "notifications/message") logged(message, flight);
      else flight.deliver(message);
    },
    async quiet() {
      const latest = performance.now() + SETTLED_AT_LATEST_MS;
      for (;;) {
        const now = performance.now();
        const wait = Math.min(changedAt + QUIET_MS, latest) - now;
        if (wait <= 0) return;
        await sleep(Math.ceil(wait));
      }
    },
  };
}

interface Opened {
  readonly initialized: Message;
  readonly flights: Set<Flight>;
  readonly heard: Hearing;
}

function sessionOn(link: Link, { initialized, flights, heard }: Opened): LegacySession {
  const { capabilities: given, serverInfo } = membersOf(initialized.rpc.result);
  const capabilities = membersOf(given);
  const settled = heard.quiet();
  let level: { readonly rank: number; readonly done: Promise<unknown> } | undefined;
  let calls = 0;

  const call = async (method: string, params: Members): Promise<Message> => {
    const limit = deadline(method, CALL_MS);
    const message = messageFromRpc({ jsonrpc: "2.0", id: `own-${++calls}`, method, params });
    const asking = link.ask({ message, onRelated: (said) => heard.unrelated(said) });
    try {
      return await orAborted((await orAborted(asking, limit.signal)).answer, limit.signal);
    } catch (error) {
      const reason = RuntimeError.from(error);
      asking.then(
        (asked) => asked.cancel(reason),
        () => undefined, // it is this very error
      );
      throw reason;
    } finally {
      limit.done();
    }
  };

  const lowerLevel = async (rank: number): Promise<void> => {
    if (!isObject(capabilities["logging"])) return;
    if (!level || rank < level.rank) {
      const done = call("logging/setLevel", { level: LEVELS[rank] }).catch(() => undefined); // then it logs as it likes
      level = { rank, done };
    }
    await level.done;
  };

  return {
    initialized,
    capabilities,
    serverInfo,
    get over() {
      return link.over;
    },
    ended: link.ended,
    async run({ message, flight, signal }) {
      if (LISTS.has(message.method)) await orAborted(settled, signal);
      if (flight.rank !== undefined) await orAborted(lowerLevel(flight.rank), signal);
      try {
        const asked = await link.ask({
          message,
          onStart: () => flights.add(flight),
          onRelated: (said) => heard.related(said, flight),
          onAnswer: ({ failure }) => {
            flights.delete(flight);
            // What the server has forgotten serves nobody any more.
            if (failure?.code === "unknown_session") void link.close(failure);
          },
        });
        void asked.answer.then(
          () => undefined,
          () => flights.delete(flight),
        );
        return asked;
      } catch (error) {
        flights.delete(flight);
        throw error;
      }
    },
    call,
    send: (message) => link.send(message),
    lowerLevel,
    close: (reason) => link.close(reason),
  };
}
