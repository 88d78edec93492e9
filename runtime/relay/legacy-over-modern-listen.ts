import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { deadline, orAborted, sleep } from "../core/signals.js";
import { INVALID_PARAMS } from "../era/error-codes.js";
import { META, type Members } from "../era/envelope.js";
import { relabeled, REMOVE, type JsonEdits } from "../wire/json-edit.js";
import { errorIn } from "./legacy-over-modern-answer.js";
import type { Asked, Heard, Link } from "./link.js";
import { membersOf, paramsOf } from "./look.js";
import { ACKNOWLEDGED, LISTEN, subscriptionOf } from "./multiplex-listen.js";

/** Resources that one client may be subscribed to, and how long their names may be. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_URI_LENGTH = 16_384;

/** Between the end of a subscription and the next try, doubled with each end that comes soon after. */
const AGAIN_MS = 250;
const AGAIN_AT_MOST_MS = 30_000;
const STEADY_MS = 60_000;

export interface ListenContext {
  readonly link: Link;
  readonly limits: Limits;
  readonly log: Log;
  /** With the modern envelope. */
  readonly stamped: (message: Message) => Message;
  /** To the client. */
  readonly tell: Heard;
}

/** What one legacy client hears unasked, each wish of it a `subscriptions/listen` of its own that is opened again when it ends. */
export interface Subscriptions {
  /** Once, when the client is ready: what lists it is to hear of. */
  listenTo(changes: Members): void;
  /** Resolves when the server has acknowledged it. Throws RuntimeError with an `rpcError` where it does not, `timeout`, `overloaded`. */
  subscribe(uri: unknown): Promise<void>;
  unsubscribe(uri: unknown): void;
  /** What came on no stream, if it belongs to a subscription. */
  hear(message: Message): boolean;
  close(): void;
}

/** One wish. */
interface Standing {
  /** What the server will tell. Rejects if the first try fails. Never unhandled. */
  readonly acknowledged: Promise<Members>;
  stop(): void;
}

export function subscriptionsOf({ link, limits, log, stamped, tell }: ListenContext): Subscriptions {
  const byId = new Map<RequestId, { readonly asked: Asked; readonly hear: Heard }>();
  const resources = new Map<string, Standing>();
  let lists: Standing | undefined;

  const standing = (notifications: Members): Standing => {
    const stopped = new AbortController();
    const { signal } = stopped;
    let settle: { resolve: (honoured: Members) => void; reject: (error: RuntimeError) => void } | undefined;
    const acknowledged = new Promise<Members>((resolve, reject) => (settle = { resolve, reject }));
    acknowledged.catch(() => undefined); // whoever waits for it sees it
    let current: Asked | undefined;

    const hear = (message: Message): Promise<void> | void => {
      if (signal.aborted || message.kind === "request") return;
      if (message.method === ACKNOWLEDGED) return settle?.resolve(membersOf(paramsOf(message)["notifications"]));
      return tell(relabeled(message, { relatedTo: null, edits: UNMARKED }));
    };

    /** Until it ends. True if it may be tried again. */
    const once = async (): Promise<boolean> => {
      const rpc = { jsonrpc: "2.0", id: "listen", method: LISTEN, params: { notifications } };
      let failure: RuntimeError;
      try {
        const asked = await link.ask({
          message: stamped(messageFromRpc(rpc)),
          onRelated: hear,
          onStart(one) {
            current = one;
            byId.set(one.id, { asked: one, hear });
          },
        });
        const answer = await asked.answer;
        const error = errorIn(answer);
        if (!error) return true;
        failure = error;
      } catch (error) {
        failure = RuntimeError.from(error);
      } finally {
        if (current) byId.delete(current.id);
      }
      settle?.reject(failure);
      return failure.code !== "remote";
    };

    const run = async (): Promise<void> => {
      let pauseMs = AGAIN_MS;
      for (;;) {
        const beganMs = performance.now();
        const again = await once();
        if (signal.aborted || link.over) return;
        if (!again) {
          log("warn", "the server refuses a subscription: its changes are not told");
          return;
        }
        if (performance.now() - beganMs > STEADY_MS) pauseMs = AGAIN_MS;
        await sleep(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, AGAIN_AT_MOST_MS);
        if (isStopped()) return;
      }
    };
    const isStopped = (): boolean => signal.aborted;
    void run();
    return {
      acknowledged,
      stop() {
        stopped.abort();
        const reason = new RuntimeError("canceled", "unsubscribed");
        settle?.reject(reason);
        current?.cancel(reason);
      },
    };
  };

  return {
    listenTo(changes) {
      if (Object.keys(changes).length > 0) lists ??= standing(changes);
    },
    async subscribe(given) {
      const uri = uriOf(given);
      const known = resources.get(uri);
      if (!known && resources.size >= MAX_SUBSCRIPTIONS)
        throw new RuntimeError("overloaded", `at most ${MAX_SUBSCRIPTIONS} resources can be subscribed to`);
      const one = known ?? standing({ resourceSubscriptions: [uri] });
      resources.set(uri, one);
      const limit = deadline("the subscription", limits.connectTimeoutMs);
      try {
        const { resourceSubscriptions } = await orAborted(one.acknowledged, limit.signal);
        if (Array.isArray(resourceSubscriptions) && resourceSubscriptions.includes(uri)) return;
        throw invalid("the server does not tell when this resource changes");
      } catch (error) {
        if (resources.get(uri) === one) resources.delete(uri);
        one.stop();
        throw error;
      } finally {
        limit.done();
      }
    },
    unsubscribe(given) {
      const uri = uriOf(given);
      resources.get(uri)?.stop();
      resources.delete(uri);
    },
    hear(message) {
      const isEnd = message.method === "notifications/cancelled";
      const id = isEnd ? paramsOf(message)["requestId"] : subscriptionOf(message);
      const one = byId.get(id as RequestId);
      if (!one) return isEnd || id !== undefined;
      if (isEnd) one.asked.cancel(new RuntimeError("closed", "the server has ended the subscription"));
      else void one.hear(message);
      return true;
    },
    close() {
      lists?.stop();
      for (const one of resources.values()) one.stop();
      resources.clear();
    },
  };
}

/** The notification as it was before there were subscriptions. */
const UNMARKED: JsonEdits = {
  params: { members: { _meta: { members: { [META.subscriptionId]: REMOVE }, prune: true } }, prune: true },
};

const invalid = (text: string): RuntimeError =>
  new RuntimeError("remote", text, { rpcError: { code: INVALID_PARAMS, message: text } });

function uriOf(given: unknown): string {
  if (typeof given === "string" && given.length <= MAX_URI_LENGTH) return given;
  throw invalid(`"uri" must be a string of at most ${MAX_URI_LENGTH} characters`);
}
