import type { ServerResponse } from "node:http";
import { pipe } from "../core/channel.js";
import { RuntimeError, type RpcErrorObject } from "../core/errors.js";
import type { Host } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import type { Principal } from "../core/session.js";
import { isObject, META, type Members } from "../era/envelope.js";
import { refusalOfMeta, refusalOfMethod } from "../era/modern-request.js";
import type { ParamHeader } from "../era/param-header.js";
import type { HttpRequest } from "../wire/http-server.js";
import { eventChunks } from "../wire/sse.js";
import { conversation } from "./http-conversation.js";
import { exchange } from "./http-exchange.js";
import { paramHeaderMismatch, standardHeaderMismatch, versionMismatch } from "./http-headers.js";
import { modernStatus } from "./http-modern-status.js";
import { watchPresence } from "./http-presence.js";
import { HttpRefusal } from "./http-refusal.js";
import { toolHeaders } from "./http-tool-headers.js";

export interface ModernOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly log: Log;
}

export interface ModernCall {
  readonly request: HttpRequest;
  readonly response: ServerResponse;
  readonly principal: Principal;
}

/** Streamable HTTP since 2026-07-28: each POST is a conversation of its own. */
export interface ModernHttp {
  /**
   * Judges a message and answers it. `params` holds at least `_meta` and the names that headers repeat. Resolves when the answer is
   * written. Throws HttpRefusal and RuntimeError before anything is answered.
   */
  post(call: ModernCall, message: Message, params: Members): Promise<void>;
  /** Ends the streams that only listen. Resolves when no request waits for an answer. */
  drain(): Promise<void>;
}

/** The one method whose request waits for nothing but notifications. */
const LISTEN = "subscriptions/listen";

export function modernHttp({ host, limits, log }: ModernOptions): ModernHttp {
  const tools = toolHeaders({ host, log });
  const underWay = new Set<Promise<void>>();
  const listeners = new Set<() => void>();

  /** Throws what stands against a request, in the order of the reference implementation. */
  const judge = async (call: ModernCall, message: Message, params: Members): Promise<void> => {
    const { request, principal } = call;
    const meta = params["_meta"];
    const claim = isObject(meta) ? meta[META.protocolVersion] : undefined;
    throwIf(versionMismatch(request, claim), 400);
    throwIf(refusalOfMeta(meta), 400);
    throwIf(standardHeaderMismatch(request, message, params), 400);
    throwIf(refusalOfMethod(message.method), 404);
    const { name } = params;
    if (message.method !== "tools/call" || typeof name !== "string") return;
    const asking = { principal, meta: membersOf(meta) };
    const check = (declared: readonly ParamHeader[] = []): RpcErrorObject | undefined =>
      declared.length === 0 ? undefined : paramHeaderMismatch(request, argumentsOf(message), declared);
    // What is known of the tool may be out of date: it is asked for once more before a call is refused for it.
    if (check(await tools.of(name, asking))) throwIf(check(await tools.again(name, asking)), 400);
  };

  const answerRequest = async (call: ModernCall, message: Message, id: RequestId): Promise<void> => {
    const { request, response, principal } = call;
    const { gone } = request;
    const reply = exchange(response, {
      ids: [id],
      batch: false,
      keepAliveMs: limits.keepAliveMs,
      headers: () => ({}),
      status: (answer) => modernStatus(answer, message.method),
      openOutlet: (connection) => ({
        reachable: false,
        write: (data) => connection.send(eventChunks(data)),
        end: () => connection.end(),
      }),
    });
    const talk = conversation(message, id, { reply, log });
    const leave = (): void => talk.leave("the client is gone");
    const finish = (): void => {
      void reply.answer(listenedTo(id), id);
      talk.leave("the proxy is shutting down");
    };
    gone.addEventListener("abort", leave, { once: true });
    watchPresence(response, reply.probe);
    if (message.method === LISTEN) listeners.add(finish);
    try {
      const session = await host.open(talk.front, principal, gone, { era: "modern" });
      void talk.left.then(() => session.close());
      await session.closed;
      await reply.abort(new RuntimeError("closed", "the server closed the connection"));
    } catch (error) {
      // While the server was started the answer may have become a stream.
      if (!response.headersSent) throw error;
      await reply.abort(RuntimeError.from(error));
    } finally {
      gone.removeEventListener("abort", leave);
      listeners.delete(finish);
      await talk.front.close();
    }
  };

  /** Nothing answers a notification: it is handed on, and that is all. */
  const passOn = async ({ request, response, principal }: ModernCall, message: Message): Promise<void> => {
    // The end of its connection cancels a request here, and nothing else does: this id is another connection's affair.
    if (message.method !== "notifications/cancelled") {
      const [front, ours] = pipe();
      const session = await host.open(front, principal, request.gone, { era: "modern" });
      await ours.send(message);
      await ours.close();
      await session.closed;
    }
    response.writeHead(202).end();
  };

  const handle = async (call: ModernCall, message: Message, params: Members): Promise<void> => {
    if (message.kind === "response")
      throw new RuntimeError("bad_message", "a client posts requests and notifications, no responses");
    if (message.id === undefined) return passOn(call, message);
    await judge(call, message, params);
    await answerRequest(call, message, message.id);
  };

  return {
    async post(call, message, params) {
      const work = handle(call, message, params);
      const settled = work.then(
        () => undefined,
        () => undefined, // whoever called `post` sees it
      );
      underWay.add(settled);
      try {
        await work;
      } finally {
        underWay.delete(settled);
      }
    },
    async drain() {
      for (const finish of listeners) finish();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const membersOf = (value: unknown): Members => (isObject(value) ? value : {});

const argumentsOf = ({ rpc }: Message): unknown => membersOf(rpc.params)["arguments"];

function throwIf(error: RpcErrorObject | undefined, status: number): void {
  if (error) throw new HttpRefusal(new RuntimeError("bad_message", error.message, { rpcError: error }), { status });
}

/** The graceful end of a subscription. Source: MCP 2026-07-28, basic/patterns/subscriptions. */
const listenedTo = (id: RequestId): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { [META.subscriptionId]: id } } });
