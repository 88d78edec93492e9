import type { Backend, StatefulBackend } from "../core/backend.js";
import { RuntimeError, type RpcErrorObject } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import type { Message } from "../core/message.js";
import { ANONYMOUS } from "../core/session.js";
import { META, type Members } from "../era/envelope.js";
import { METHOD_NOT_FOUND } from "../era/error-codes.js";
import { refusalOfMeta, refusalOfRequest } from "../era/modern-request.js";
import { paramsMembers } from "../wire/json-pick.js";
import { listeners } from "./listen.js";
import { membersOf, requestIdOf } from "./look.js";
import { declaredBy, mayBeAsked } from "./modern-over-legacy-capability.js";
import { frontOf, type Front, type FrontRequest } from "./modern-over-legacy-front.js";
import { sessionPool, type Lease } from "./modern-over-legacy-pool.js";
import { rankOf } from "./modern-over-legacy-session.js";
import { discovered, INTERACTIVE, invalidParams, refusal, toLegacy, toModern } from "./modern-over-legacy-translate.js";
import { parkedCalls, type Turn } from "./parked.js";

export interface ModernOverLegacyOptions {
  readonly limits: Limits;
  readonly log: Log;
}

/** Of sessions: one that is shared must not hear them from a client. */
const OF_SESSIONS: ReadonlySet<string | undefined> = new Set([
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
]);

/**
 * Conversations of the modern era with servers of the legacy one. Sessions are kept for each set of client capabilities and shared
 * by all who open channels here. A call that the server interrupts with a question is parked until its client comes back, in this
 * process only. Tools that run as a task only are not listed: there are no tasks between the eras.
 * Source: MCP 2026-07-28, basic/versioning; basic/patterns/mrtr.
 */
export function modernOverLegacy(legacy: Backend, { limits, log }: ModernOverLegacyOptions): StatefulBackend {
  const pool = sessionPool({ legacy, limits, log, onChange: (key, message) => listening.onChange(key, message) });
  const listening = listeners({ pool, log });
  const calls = parkedCalls({ limits, log });
  const fronts = new Set<Front>();
  const closing = new AbortController();

  const answer = async (request: FrontRequest, principal: string): Promise<Message> => {
    const { message, signal } = request;
    const { method } = message;
    const id = requestIdOf(message);
    const refused = refusalOfRequest(message) ?? refusalOfTasks(method);
    if (refused) return refusal(id, refused);
    const meta = metaIn(message);
    const level = meta[META.logLevel];
    const rank = level === undefined ? undefined : rankOf(level);
    if (rank === -1) return refusal(id, invalidParams(`${META.logLevel} in _meta is no log level`));
    const declared = declaredBy(meta);
    const turn: Turn = { ...request, principal, rank };

    if (method === "subscriptions/listen") {
      request.handed();
      return listening.listen({ ...turn, declared });
    }
    const found = INTERACTIVE.has(method) ? calls.find(turn) : undefined;
    if (found) return found(turn);
    const interactive = INTERACTIVE.has(method) && mayBeAsked(declared.capabilities);
    const taken = pool.take({ declared, principal, interactive, signal });
    if (taken instanceof Promise) request.handed();
    const lease = await taken;
    return INTERACTIVE.has(method) ? calls.begin({ turn, lease, declared }) : ask(turn, lease);
  };

  return {
    kind: legacy.kind,
    open(_signal, client) {
      if (closing.signal.aborted) return Promise.reject(new RuntimeError("closed", "the proxy is shutting down"));
      const principal = (client?.principal ?? ANONYMOUS).id;
      const front = frontOf({
        limits,
        answer: (request) => answer(request, principal),
        notify: (message) => notify(message, principal),
      });
      fronts.add(front);
      return Promise.resolve({
        incoming: front.incoming,
        send: (message) => front.send(message),
        close(reason) {
          fronts.delete(front);
          return front.close(reason);
        },
      });
    },
    async close(reason) {
      const over = new RuntimeError("closed", "the proxy is shutting down");
      closing.abort(over);
      listening.close();
      calls.close(over);
      await pool.close(reason);
      await Promise.all([...fronts].map((front) => front.finish()));
      fronts.clear();
    },
  };

  /** What modern clients have no words for is handed on to a session, unless it would change that for all. */
  async function notify(message: Message, principal: string): Promise<void> {
    const name = printable(message.method ?? "");
    try {
      const meta = metaIn(message);
      if (OF_SESSIONS.has(message.method) || refusalOfMeta(meta)) {
        log("debug", `dropped ${name} of a client`);
        return;
      }
      const { signal } = closing;
      const lease = await pool.take({ declared: declaredBy(meta), principal, interactive: false, signal });
      try {
        await lease.session.send(toLegacy(message));
      } finally {
        lease.release();
      }
    } catch (error) {
      log("debug", `${name} of a client did not reach the server: ${printable(RuntimeError.from(error).text)}`);
    }
  }
}

const metaIn = (message: Message): Members => membersOf(paramsMembers(message, ["_meta"])["_meta"]);

/** Tasks of the modern extension have the names of those of the legacy era, which mean something else. Source: SEP-2663. */
function refusalOfTasks(method: string | undefined): RpcErrorObject | undefined {
  if (!method?.startsWith("tasks/")) return undefined;
  return {
    code: METHOD_NOT_FOUND,
    message: "Method not found: tasks are not translated for a server of the legacy era",
  };
}

/** A request during which the server may not ask. */
async function ask(turn: Turn, { session, release }: Lease): Promise<Message> {
  const { message, signal } = turn;
  const { serverInfo } = session;
  const id = requestIdOf(message);
  try {
    if (message.method === "server/discover") return discovered(session.initialized, { id, serverInfo });
    const asked = await session.run({ message: toLegacy(message), flight: flightOf(turn), signal });
    const onAbort = (): void => asked.cancel(RuntimeError.from(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    turn.handed();
    try {
      return toModern(await asked.answer, { id, method: asked.method, uri: undefined, serverInfo });
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  } finally {
    release();
  }
}

const flightOf = ({ principal, rank, deliver }: Turn) => ({ principal, rank, deliver });
