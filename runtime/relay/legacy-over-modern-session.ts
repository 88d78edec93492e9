import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { deadline, orAborted } from "../core/signals.js";
import { INVALID_PARAMS, METHOD_NOT_FOUND } from "../era/error-codes.js";
import { META, type Members } from "../era/envelope.js";
import { verdictOfResult, wrongEra } from "../era/verdict.js";
import { REMOVE, setTo, type JsonEdits } from "../wire/json-edit.js";
import type { LegacyOverModernOptions } from "./legacy-over-modern.js";
import { errorIn, refusal } from "./legacy-over-modern-answer.js";
import { clientAsks } from "./legacy-over-modern-ask.js";
import { callOf, type Call } from "./legacy-over-modern-call.js";
import { changesTold, enveloped, identityOf, welcome, type Identity } from "./legacy-over-modern-identity.js";
import { subscriptionsOf } from "./legacy-over-modern-listen.js";
import { linkOf, type Asked, type Heard } from "./link.js";
import { paramsOf, requestIdOf } from "./look.js";

const LEVELS: readonly unknown[] = [
  ...["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"],
];

/** Of the other era: a client of this one does not know them. */
const MODERN_ONLY: ReadonlySet<string | undefined> = new Set(["server/discover", "subscriptions/listen"]);

/** What a modern server has no use for. */
const UNHEARD: ReadonlySet<string | undefined> = new Set([
  ...["notifications/roots/list_changed", "notifications/progress"],
]);

/** Requests of the client that have no answer yet. */
const MAX_UNDER_WAY = 10_000;

/** Who is spoken with, from the answer to `initialize` on. */
interface Known {
  readonly identity: Identity;
  readonly changes: Members;
}

/** A session of the legacy era on one channel of a modern server. Source: MCP 2025-11-25, basic/lifecycle. */
export function legacySession(server: Channel, { limits, log }: LegacyOverModernOptions): Channel {
  const toClient = new MessageQueue();
  const calls = new Map<RequestId, Call>();
  const wrapped = new Set<string>();
  const over = new AbortController();
  let known: Known | undefined;
  let level = "info";
  /** What is sent while `initialize` has no answer waits for it. */
  let greeting: Promise<void> | undefined;

  const tell: Heard = (message) => (toClient.ended ? undefined : toClient.push(message));
  /** What the server says, but for what ends an ask of its own: those are ours here. */
  const passBack: Heard = (message) =>
    message.method === "notifications/elicitation/complete" ? undefined : tell(message);
  const asks = clientAsks(tell);
  const link = linkOf(server, {
    onUnrelated(message) {
      if (message.kind === "request") {
        log("debug", "dropped what the server asked: a modern server asks nothing", { method: message.method });
        return;
      }
      if (!subscriptions.hear(message)) return passBack(message);
    },
  });

  const stamped = (message: Message): Message => (known ? enveloped(message, known.identity) : message);
  const subscriptions = subscriptionsOf({ link, limits, log, stamped, tell });

  const end = (reason: RuntimeError): void => {
    over.abort(reason);
    for (const call of calls.values()) call.cancel(reason);
    calls.clear();
    subscriptions.close();
  };
  void link.ended.then((reason) => {
    toClient.end(over.signal.aborted ? undefined : reason);
    end(reason);
  });

  const discover = async (identity: Identity): Promise<Message> => {
    const message = messageFromRpc({ jsonrpc: "2.0", id: "discover", method: "server/discover" });
    const limit = deadline("server/discover", limits.connectTimeoutMs, over.signal);
    let started: Asked | undefined;
    const answered = async (): Promise<Message> => {
      const onStart = (one: Asked): void => void (started = one);
      const asked = await link.ask({ message: enveloped(message, identity), onRelated: () => undefined, onStart });
      return asked.answer;
    };
    try {
      const answer = await orAborted(answered(), limit.signal);
      const error = errorIn(answer);
      if (error) throw error;
      return answer;
    } catch (error) {
      started?.cancel(RuntimeError.from(error));
      throw error;
    } finally {
      limit.done();
    }
  };

  const greet = async (message: Message, id: RequestId): Promise<void> => {
    try {
      if (known) throw new RuntimeError("bad_message", "the session has been initialized already");
      const identity = identityOf(message);
      const discovered = await discover(identity);
      const verdict = verdictOfResult(discovered.rpc.result);
      if (!("discovered" in verdict)) throw wrongEra("modern");
      const hello = welcome(discovered, { id, revision: identity.revision });
      known = { identity, changes: changesTold(verdict.discovered.capabilities) };
      void tell(hello);
    } catch (error) {
      void tell(refusal(id, RuntimeError.from(error)));
    }
  };

  const settle = (id: RequestId, answer: Message): Promise<void> | void =>
    calls.delete(id) ? tell(answer) : undefined;

  /** What is answered here, once the work is done. */
  const local = (id: RequestId, work: () => Promise<void> | void): void => {
    calls.set(id, { handed: Promise.resolve(), cancel: () => undefined });
    void (async () => {
      try {
        await work();
        await settle(id, messageFromRpc({ jsonrpc: "2.0", id, result: {} }, { relatedTo: id }));
      } catch (error) {
        await settle(id, refusal(id, RuntimeError.from(error)));
      }
    })();
  };

  const passOn = (message: Message, id: RequestId, { identity }: Known): Promise<void> => {
    const meta = { [META.logLevel]: setTo(level) };
    const task: JsonEdits = message.method === "tools/call" ? { task: REMOVE } : {};
    const call = callOf(message, {
      ...{ link, asks, identity, limits, wrapped, tell: passBack },
      stamped: (request, more) => enveloped(request, identity, { params: { ...task, ...more }, meta }),
      onAnswer: (answer) => settle(id, answer),
    });
    calls.set(id, call);
    return call.handed;
  };

  const request = async (message: Message): Promise<void> => {
    const id = requestIdOf(message);
    const { method } = message;
    if (calls.has(id)) return tell(refusal(id, new RuntimeError("bad_message", `id ${JSON.stringify(id)} is in use`)));
    if (calls.size >= MAX_UNDER_WAY)
      return tell(refusal(id, new RuntimeError("overloaded", `${MAX_UNDER_WAY} requests are under way`)));
    if (method === "ping") {
      local(id, () => undefined);
      return;
    }
    if (method === "initialize") {
      // At once: whatever comes next has to wait for it.
      greeting = (greeting ?? Promise.resolve()).then(() => greet(message, id));
      return;
    }
    await greeting;
    if (!known) return tell(refusal(id, new RuntimeError("bad_message", "the session begins with initialize")));
    const { level: wanted, uri } = paramsOf(message);
    if (method === "logging/setLevel") local(id, () => setLevel(wanted));
    else if (method === "resources/subscribe") local(id, () => subscriptions.subscribe(uri));
    else if (method === "resources/unsubscribe") local(id, () => subscriptions.unsubscribe(uri));
    else if (MODERN_ONLY.has(method)) await tell(refusal(id, refused(METHOD_NOT_FOUND, "Method not found")));
    else await passOn(message, id, known);
  };
  const setLevel = (wanted: unknown): void => {
    if (!LEVELS.includes(wanted)) throw refused(INVALID_PARAMS, `"level" must be one of ${LEVELS.join(", ")}`);
    level = wanted as string;
  };

  const notification = async (message: Message): Promise<void> => {
    await greeting;
    const { requestId, reason } = paramsOf(message);
    if (message.method === "notifications/cancelled") {
      const call = calls.get(requestId as RequestId);
      calls.delete(requestId as RequestId);
      call?.cancel(new RuntimeError("canceled", typeof reason === "string" ? reason : "canceled"));
    } else if (message.method === "notifications/initialized") {
      if (known) subscriptions.listenTo(known.changes);
    } else if (known && !UNHEARD.has(message.method)) await link.send(stamped(message));
  };

  return {
    incoming: toClient,
    async send(message) {
      if (toClient.ended) throw new RuntimeError("closed", "the session has ended");
      if (message.kind === "response") asks.answer(message);
      else await (message.kind === "request" ? request(message) : notification(message));
    },
    async close(reason) {
      end(new RuntimeError("closed", "the session has ended"));
      toClient.end();
      await link.close(reason);
    },
  };
}

const refused = (code: number, text: string): RuntimeError =>
  new RuntimeError("bad_message", text, { rpcError: { code, message: text } });
