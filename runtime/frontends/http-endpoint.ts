import type { ServerResponse } from "node:http";
import { RuntimeError } from "../core/errors.js";
import type { Host } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import type { Message } from "../core/message.js";
import type { Principal, Session } from "../core/session.js";
import { readBody, type BodyBudget } from "../wire/http-body.js";
import type { HttpRequest } from "../wire/http-server.js";
import { isBatch, messageOf, scanMessage, splitBatch } from "../wire/json.js";
import { paramsMembers } from "../wire/json-pick.js";
import { modernHttp } from "./http-modern.js";
import { answerOnce } from "./http-once.js";
import { HttpRefusal, refusal } from "./http-refusal.js";
import { accepts, checkPost, hasClaim, legacyHeader, MODERN_PARAMS, modernHeader, single } from "./http-request.js";
import { httpSession, type HttpSession } from "./http-session.js";

export const METHODS: readonly string[] = ["GET", "POST", "DELETE", "OPTIONS"];

const MAX_BATCH = 100;
const MAX_BODIES_BYTES = 256 * 1024 * 1024;
/** Offered to the server for a request that has no session and names no version. */
const ONCE_VERSION = "2025-06-18";
/** The first version whose clients take an event without data. Source: MCP 2025-11-25, SEP-1699. */
const PRIMING_SINCE = "2025-11-25";
/** The one version with batches. Source: MCP 2025-06-18, "Key Changes". */
const BATCH_VERSION = "2025-03-26";

export interface HttpEndpointOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly log: Log;
}

/** The one address of Streamable HTTP, behind the checks of Host, Origin and path. */
export interface HttpEndpoint {
  /** Throws HttpRefusal and RuntimeError, as a rule before anything is answered. */
  readonly handle: (request: HttpRequest, response: ServerResponse) => Promise<void>;
  /** Resolves when no request waits for an answer. New sessions are refused; streams that only listen end. */
  readonly drain: () => Promise<void>;
  /** Ends every session. */
  readonly close: () => Promise<void>;
}

/** A session of the table: only its principal may use it. */
interface Entry {
  readonly principal: Principal;
  readonly http: HttpSession;
  readonly session: Session;
}

/** A request whose sender is known. */
interface Call {
  readonly request: HttpRequest;
  readonly response: ServerResponse;
  readonly principal: Principal;
}

export function httpEndpoint({ host, limits, log }: HttpEndpointOptions): HttpEndpoint {
  const table = new Map<string, Entry>();
  const modern = modernHttp({ host, limits, log });
  const once = new Set<Promise<void>>();
  let draining = false;
  const budget: BodyBudget = { maxBytes: Math.max(MAX_BODIES_BYTES, 2 * limits.maxMessageBytes), usedBytes: 0 };

  /** `undefined` if the request names no session. One of somebody else looks like none at all. */
  const entryOf = ({ request, principal }: Call): Entry | undefined => {
    const id = single(request, "mcp-session-id");
    if (id === undefined) return undefined;
    const entry = table.get(id);
    if (entry?.principal.id === principal.id) return entry;
    throw new RuntimeError("unknown_session", "there is no such session", { hint: "initialize again" });
  };
  const required = (call: Call): Entry => {
    const entry = entryOf(call);
    if (!entry) throw sessionRequired();
    return entry;
  };
  const primes = ({ request }: Call): boolean => (single(request, "mcp-protocol-version") ?? "") >= PRIMING_SINCE;

  const initialize = async (call: Call, message: Message): Promise<void> => {
    const { request, response, principal } = call;
    const end = (reason: string): void => void table.get(http.id)?.session.close(reason);
    const http = httpSession({ limits, log, onExpired: end, onRefused: () => end("not initialized") });
    let session: Session;
    try {
      session = await host.open(http.front, principal, request.gone, { era: "legacy" });
    } catch (error) {
      await http.front.close();
      throw error;
    }
    table.set(http.id, { principal, http, session });
    void session.closed.then(() => table.delete(http.id));
    if (request.gone.aborted) await session.close("the client is gone");
    else await http.post([message], { response, batch: false, prime: primes(call) });
  };

  /** Passes on what a body holds. Answers there, or throws. */
  const dispatch = async (call: Call, chunks: readonly Uint8Array[]): Promise<void> => {
    scanMessage(chunks, { maxDepth: limits.maxDepth });
    if (isBatch(chunks)) {
      await legacyPost(call, elements(chunks, modernHeader(call.request) !== undefined), true);
      return;
    }
    const message = messageOf(chunks);
    try {
      const params = paramsMembers(message, MODERN_PARAMS);
      if (hasClaim(params) || modernHeader(call.request) !== undefined) await modern.post(call, message, params);
      else await legacyPost(call, [message], false);
    } catch (error) {
      throw HttpRefusal.from(error, message.kind === "request" ? { id: message.id } : {});
    }
  };

  const legacyPost = async (call: Call, messages: readonly [Message, ...Message[]], batch: boolean): Promise<void> => {
    const { request, response, principal } = call;
    const [message] = messages;
    const { id } = message;
    const entry = entryOf(call);
    if (batch && entry?.http.version !== BATCH_VERSION)
      throw new RuntimeError("bad_message", `a JSON array is a message in MCP ${BATCH_VERSION} only`);
    const version = legacyHeader(request, entry?.http.version);
    if (draining && messages.some((one) => one.kind === "request"))
      throw new RuntimeError("overloaded", "the proxy is shutting down", { hint: "try again in a moment" });
    if (entry) {
      if (messages.some((one) => one.method === "initialize"))
        throw new RuntimeError("bad_message", "this session is initialized already");
      await entry.http.post(messages, { response, batch, prime: primes(call) });
    } else if (message.kind !== "request" || id === undefined) {
      throw sessionRequired();
    } else if (message.method === "initialize") {
      await initialize(call, message);
    } else {
      const options = { host, principal, limits, response, gone: request.gone, version: version ?? ONCE_VERSION };
      await counted(answerOnce(message, id, options));
    }
  };

  /** Work that nothing else knows to be under way. */
  const counted = async (work: Promise<void>): Promise<void> => {
    const settled = work.catch(() => undefined); // whoever asked for it sees it
    once.add(settled);
    try {
      await work;
    } finally {
      once.delete(settled);
    }
  };

  const post = async (call: Call): Promise<void> => {
    checkPost(call.request);
    const body = await readBody(call.request.stream, { maxBytes: limits.maxMessageBytes, budget });
    try {
      await dispatch(call, body.chunks);
    } finally {
      body.release();
    }
  };

  const get = (call: Call): void => {
    const { request, response } = call;
    if (modernHeader(request) !== undefined) throw notAllowed(request);
    if (!accepts(request, "text/event-stream")) throw refusal(406, "Accept must allow text/event-stream");
    const { http } = required(call);
    legacyHeader(request, http.version);
    const lastEventId = single(request, "last-event-id");
    if (!http.get({ response, prime: primes(call), lastEventId }))
      throw refusal(409, "this session has an open GET stream already");
  };

  const remove = async (call: Call): Promise<void> => {
    if (modernHeader(call.request) !== undefined) throw notAllowed(call.request);
    const { http, session } = required(call);
    legacyHeader(call.request, http.version);
    table.delete(http.id);
    await session.close("the client ended it");
    call.response.writeHead(204).end();
  };

  return {
    async handle(request, response) {
      const credentials = { transport: "http" as const, headers: request.headers };
      const principal = await host.authenticate(credentials, request.gone);
      const call = { request, response, principal };
      switch (request.method) {
        case "POST":
          return post(call);
        case "GET":
          get(call);
          return;
        case "DELETE":
          return remove(call);
        default:
          throw notAllowed(request);
      }
    },
    async drain() {
      draining = true;
      const sessions = [...table.values()].map(({ http }) => http.drain());
      await Promise.all([modern.drain(), ...once, ...sessions]);
    },
    async close() {
      await Promise.all([...table.values()].map(({ session }) => session.close("shutdown")));
    },
  };
}

const sessionRequired = (): RuntimeError => new RuntimeError("bad_message", "an Mcp-Session-Id header is required");

/** The modern era knows POST alone. Source: MCP 2026-07-28, Streamable HTTP, "Earlier Streamable HTTP Revisions". */
function notAllowed(request: HttpRequest): HttpRefusal {
  const allowed = modernHeader(request) === undefined ? METHODS : ["POST"];
  return refusal(405, `${printable(request.method)} is not allowed here`, { Allow: allowed.join(", ") });
}

function elements(chunks: readonly Uint8Array[], modern: boolean): readonly [Message, ...Message[]] {
  const parts = splitBatch(chunks);
  if (parts.length > MAX_BATCH) throw new RuntimeError("bad_message", `a batch has at most ${MAX_BATCH} messages`);
  const [first, ...rest] = parts.map((part) => messageOf(part));
  if (!first) throw new RuntimeError("bad_message", "an empty batch");
  if (modern || [first, ...rest].some((one) => hasClaim(paramsMembers(one, MODERN_PARAMS))))
    throw new RuntimeError("bad_message", "there are no batches in modern revisions of MCP");
  return [first, ...rest];
}
