import type { ServerResponse } from "node:http";
import { pipe, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Host } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import { failureResponse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import type { Principal } from "../core/session.js";
import { deadline, orAborted } from "../core/signals.js";
import { eventChunks } from "../wire/sse.js";
import { exchange } from "./http-exchange.js";
import { progressToken } from "./http-request.js";

export interface OnceOptions {
  readonly host: Host;
  readonly principal: Principal;
  readonly limits: Limits;
  /** Offered to the server. */
  readonly version: string;
  readonly response: ServerResponse;
  /** The client is gone: without a session nobody can ask for the answer later. */
  readonly gone: AbortSignal;
}

/** Sorts before no id of a client: it is answered before the client's request is sent. */
const HANDSHAKE_ID = "mcpgen-initialize";

/**
 * Answers a request that belongs to no session (`curl` with `tools/list` alone) on a session of its own, which ends with it.
 * The handshake is done here in the client's place. Throws what Host.open throws, before anything is sent.
 */
export async function answerOnce(request: Message, id: RequestId, options: OnceOptions): Promise<void> {
  const { host, limits, response, gone } = options;
  const [front, ours] = pipe();
  const session = await host.open(front, options.principal, gone, { era: "legacy" });
  const end = (): void => void session.close("the client is gone");
  gone.addEventListener("abort", end, { once: true });
  const reply = exchange(response, {
    ids: [id],
    batch: false,
    keepAliveMs: limits.keepAliveMs,
    headers: () => ({}),
    openOutlet: (connection) => ({
      reachable: false,
      write: (data) => connection.send(eventChunks(data)),
      end: () => connection.end(),
    }),
  });
  try {
    const answer = await conversation(ours, request, id, { ...options, stream: reply.stream });
    await reply.answer(answer, id);
  } catch (error) {
    await reply.abort(RuntimeError.from(error));
  } finally {
    gone.removeEventListener("abort", end);
    await session.close("answered");
  }
}

interface ConversationOptions extends OnceOptions {
  readonly stream: (message: Message) => Promise<void>;
}

async function conversation(
  ours: Channel,
  request: Message,
  id: RequestId,
  options: ConversationOptions,
): Promise<Message> {
  const { limits, version, gone } = options;
  const token = progressToken(request);
  const incoming = ours.incoming[Symbol.asyncIterator]();

  /** Reads on until the answer to `wanted`. */
  const answerTo = async (wanted: RequestId): Promise<Message> => {
    for (;;) {
      const next = await incoming.next();
      if (next.done) throw new RuntimeError("closed", "the server closed the connection");
      const message = next.value;
      if (message.kind === "response" && (message.id ?? wanted) === wanted) return message;
      if (message.kind === "request" && message.id !== undefined) await ours.send(unasked(message, message.id));
      // No stream but this request's is open: whatever concerns the session as a whole has no listener.
      const related =
        wanted === id && (message.relatedTo === id || (token !== undefined && progressToken(message) === token));
      if (message.kind === "notification" && related) await options.stream(message);
    }
  };

  const limit = deadline("initialize", limits.connectTimeoutMs, gone);
  try {
    const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: "mcpgen", version: "1" } };
    await ours.send(messageFromRpc({ jsonrpc: "2.0", id: HANDSHAKE_ID, method: "initialize", params }));
    const hello = await orAborted(answerTo(HANDSHAKE_ID), limit.signal);
    if (hello.failure) throw hello.failure;
    const { error } = hello.rpc;
    if (error !== undefined) return messageFromRpc({ jsonrpc: "2.0", id, error });
  } finally {
    limit.done();
  }
  await ours.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/initialized" }));
  await ours.send(request);
  const answer = await answerTo(id);
  return answer.id === undefined ? messageFromRpc({ ...answer.rpc, id }) : answer;
}

/** This client declared no capability: it answers a ping and nothing else. */
function unasked(message: Message, id: RequestId): Message {
  if (message.method === "ping") return messageFromRpc({ jsonrpc: "2.0", id, result: {} });
  return failureResponse(
    id,
    new RuntimeError("unknown_route", "a request without a session answers no requests of the server"),
  );
}
