import type { ServerResponse } from "node:http";
import { RuntimeError } from "../core/errors.js";
import { failureResponse, type Message } from "../core/message.js";
import type { Principal, Session } from "../core/session.js";
import { isObject, META } from "../era/envelope.js";
import { LEGACY } from "../era/versions.js";
import { readBody, type BodyBudget } from "../wire/http-body.js";
import type { HttpRequest } from "../wire/http-server.js";
import { isBatch, messageOf, scanMessage, splitBatch } from "../wire/json.js";
import { paramsMembers } from "../wire/json-pick.js";
import { HttpRefusal, refusal } from "./http-refusal.js";
import { accepts, checkPost } from "./http-request.js";
import { openConnection } from "./http-stream.js";
import { sseSession, type SseSession } from "./sse-session.js";
import { checkPath, comparable, type Mount, type Mounted, type Site } from "./web.js";

export interface LegacySseOptions {
  /** Where the event stream is. Default `/sse`. */
  readonly path?: string;
  /** Where messages are posted: what the `endpoint` event names. Default `/messages`. */
  readonly messages?: string;
}

const MAX_BATCH = 100;
const MAX_BODIES_BYTES = 256 * 1024 * 1024;
/** The longest time that Node's timers know, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * HTTP+SSE, the transport of revision 2024-11-05, which later ones kept for old clients: a GET opens a session and streams all that
 * the server says; messages are posted beside it. The end of the stream is the end of the session. A session to which nothing is
 * posted for limits.sessionIdleMs from its start ends, and any after limits.sessionMaxMs.
 * Source: MCP 2024-11-05, "Transports", HTTP with SSE. Throws RuntimeError `config` on a path that cannot be served.
 */
export function legacySse({ path = "/sse", messages = "/messages" }: LegacySseOptions = {}): Mount {
  checkPath(messages);
  const paths = { stream: comparable(path), messages: comparable(messages) };
  return { kind: "sse", path: paths.stream, start: (site) => started(site, paths) };
}

interface Paths {
  readonly stream: string;
  readonly messages: string;
}

/** A session of the table: only its principal may post to it. */
interface Entry {
  readonly principal: Principal;
  readonly sse: SseSession;
  readonly session: Session;
  /** Something is posted. */
  readonly used: () => void;
}

/** A request whose sender is known. */
interface Call {
  readonly request: HttpRequest;
  readonly response: ServerResponse;
  readonly principal: Principal;
}

function started({ host, limits }: Site, paths: Paths): Mounted {
  const table = new Map<string, Entry>();
  const budget: BodyBudget = { maxBytes: Math.max(MAX_BODIES_BYTES, 2 * limits.maxMessageBytes), usedBytes: 0 };
  let draining = false;
  const isDraining = (): boolean => draining;

  const open = async ({ request, response, principal }: Call): Promise<void> => {
    if (!accepts(request, "text/event-stream")) throw refusal(406, "Accept must allow text/event-stream");
    if (isDraining()) throw new RuntimeError("overloaded", "the proxy is shutting down");
    const sse = sseSession();
    let session: Session;
    try {
      session = await host.open(sse.front, principal, request.gone, { era: "legacy" });
    } catch (error) {
      await sse.front.close();
      throw error;
    }
    if (request.gone.aborted) {
      await session.close("the client is gone");
      return;
    }
    const end = (reason: string): void => void session.close(reason);
    const idle = setTimeout(() => end("nothing was posted to it"), Math.min(limits.sessionIdleMs, MAX_TIMER_MS));
    const old = setTimeout(() => end("it has been open for too long"), Math.min(limits.sessionMaxMs, MAX_TIMER_MS));
    table.set(sse.id, { principal, sse, session, used: () => clearTimeout(idle) });
    void session.closed.then(() => {
      table.delete(sse.id);
      clearTimeout(idle);
      clearTimeout(old);
    });
    sse.begin(openConnection(response, { keepAliveMs: limits.keepAliveMs }), `${paths.messages}?sessionId=${sse.id}`);
    response.once("close", () => sse.gone());
    // Nobody reads a stream whose own side is at its end.
    const { socket } = response;
    const onEnd = (): void => void response.destroy();
    socket?.once("end", onEnd);
    response.once("close", () => socket?.off("end", onEnd));
    if (isDraining()) void sse.drain();
  };

  const post = async ({ request, response, principal }: Call): Promise<void> => {
    // The answer comes on the stream: what this response may be is nobody's concern.
    checkPost({ ...request, headers: { ...request.headers, accept: "*/*" } });
    const entry = table.get(sessionIdOf(request) ?? "");
    // One of somebody else looks like none at all.
    if (entry?.principal.id !== principal.id)
      throw new RuntimeError("unknown_session", "there is no such session", { hint: "open the event stream again" });
    const body = await readBody(request.stream, { maxBytes: limits.maxMessageBytes, budget });
    try {
      await take(entry, body.chunks);
    } finally {
      body.release();
    }
    response.writeHead(202).end();
  };

  const take = async ({ sse, used }: Entry, chunks: readonly Uint8Array[]): Promise<void> => {
    scanMessage(chunks, { maxDepth: limits.maxDepth });
    const batch = isBatch(chunks);
    const messages = batch ? elements(chunks) : [messageOf(chunks)];
    const only = batch ? undefined : messages[0]?.id;
    try {
      const judged = messages.map((message) => ({ message, refusal: modernRefusal(message) }));
      used();
      await sse.post(judged.flatMap((one) => (one.refusal ? [] : one.message)));
      for (const one of judged) if (one.refusal) await sse.front.send(one.refusal);
    } catch (error) {
      throw HttpRefusal.from(error, { id: only });
    }
  };

  return {
    paths: [paths.stream, paths.messages],
    methods: ["GET", "POST"],
    async handle(request, response) {
      const credentials = { transport: "sse" as const, headers: request.headers };
      const principal = await host.authenticate(credentials, request.gone);
      const posting = comparable(request.path) === paths.messages;
      const [method, answer] = posting ? (["POST", post] as const) : (["GET", open] as const);
      if (request.method !== method)
        throw refusal(405, `only ${method} is allowed here`, { Allow: `${method}, OPTIONS` });
      await answer({ request, response, principal });
    },
    async drain() {
      draining = true;
      await Promise.all([...table.values()].map(({ sse }) => sse.drain()));
    },
    async close() {
      draining = true;
      await Promise.all([...table.values()].map(({ session }) => session.close("shutdown")));
    },
  };
}

/** The one value of the parameter that our `endpoint` event gave. */
function sessionIdOf({ target }: HttpRequest): string | undefined {
  const query = /\?([^#]*)/.exec(target)?.[1] ?? "";
  const given = new URLSearchParams(query).getAll("sessionId");
  return given.length === 1 ? given[0] : undefined;
}

function elements(chunks: readonly Uint8Array[]): readonly Message[] {
  const parts = splitBatch(chunks);
  if (parts.length === 0) throw new RuntimeError("bad_message", "an empty batch");
  if (parts.length > MAX_BATCH) throw new RuntimeError("bad_message", `a batch has at most ${MAX_BATCH} messages`);
  return parts.map((part) => messageOf(part));
}

/**
 * The answer to a request of 2026-07-28, which has no sessions and is not spoken here: it tells a client that probes to fall back.
 * On the stream, because clients take an HTTP error for one of the connection.
 */
function modernRefusal(message: Message): Message | undefined {
  const { id, method } = message;
  if (message.kind !== "request" || id === undefined) return undefined;
  const meta = paramsMembers(message, ["_meta"])["_meta"];
  const claimed = isObject(meta) ? meta[META.protocolVersion] : undefined;
  if (claimed === undefined && method !== "server/discover") return undefined;
  const text = "HTTP+SSE is spoken in the revisions with sessions only";
  const requested = typeof claimed === "string" ? claimed.slice(0, 32) : null;
  const rpcError = { code: -32022, message: text, data: { supported: LEGACY, requested } };
  return failureResponse(id, new RuntimeError("bad_message", text, { rpcError }));
}
