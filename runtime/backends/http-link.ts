import type { Agent, OutgoingHttpHeaders } from "node:http";
import type { MessageQueue } from "../core/channel.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { bytesOf, type Message } from "../core/message.js";
import { isObject, META } from "../era/envelope.js";
import { NAMES, nameOf } from "../era/name-header.js";
import { joined } from "../wire/bytes.js";
import { callHttp, shownUrl, type HttpReply } from "../wire/http-client.js";
import { encodeHeaderValue } from "../wire/http-headers.js";
import { paramsMembers } from "../wire/json-pick.js";
import type { ToolBook } from "./http-param.js";

/** One channel's view of a server over Streamable HTTP: where it is, and what the handshake has settled. */
export interface HttpLink {
  readonly url: URL;
  /** The URL as errors and logs may name it. */
  readonly name: string;
  readonly limits: Limits;
  readonly log: Log;
  /** What came from the server. */
  readonly queue: MessageQueue;
  readonly tools: ToolBook;
  /** From the `initialize` response. Source: MCP 2025-11-25, Streamable HTTP, "Session Management". */
  sessionId: string | undefined;
  /** From the `initialize` result. Source: the same, "Protocol Version Header". */
  protocolVersion: string | undefined;
  post(message: Message, options: PostOptions): Promise<HttpReply>;
  /** Opens an event stream: the session's, or from `lastEventId` on that one's. */
  get(lastEventId: string | undefined, signal: AbortSignal): Promise<HttpReply>;
  endSession(signal: AbortSignal): Promise<HttpReply>;
}

export interface PostOptions {
  readonly signal: AbortSignal;
  readonly onWritten?: () => void;
}

export interface LinkOptions {
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly log: Log;
  readonly agent: Agent;
  readonly queue: MessageQueue;
  readonly tools: ToolBook;
}

export function httpLink({ url, headers, limits, log, agent, queue, tools }: LinkOptions): HttpLink {
  const { connectTimeoutMs } = limits;
  // No encoding: a compressed body hides its size.
  const given: OutgoingHttpHeaders = { ...headers, "accept-encoding": "identity" };
  const ofSession = (): OutgoingHttpHeaders => ({
    ...(link.sessionId === undefined ? {} : { "mcp-session-id": link.sessionId }),
    ...(link.protocolVersion === undefined ? {} : { "mcp-protocol-version": link.protocolVersion }),
  });

  const link: HttpLink = {
    url,
    name: shownUrl(url),
    limits,
    log,
    queue,
    tools,
    sessionId: undefined,
    protocolVersion: undefined,
    post(message, { signal, onWritten }) {
      const body = bytesOf(message);
      const length = body.reduce((total, chunk) => total + chunk.length, 0);
      const claim = claimOf(message);
      const own = claim
        ? { ...claim, ...tools.headersOf(message) }
        : message.method === "initialize"
          ? {}
          : ofSession();
      const plain = {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "content-length": length,
      };
      const call = {
        method: "POST",
        headers: { ...given, ...own, ...plain },
        body,
        agent,
        connectTimeoutMs,
        signal,
      } as const;
      return callHttp(url, onWritten ? { ...call, onWritten } : call);
    },
    get(lastEventId, signal) {
      const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
      const all = { ...given, ...ofSession(), ...resume, accept: "text/event-stream" };
      return callHttp(url, { method: "GET", headers: all, agent, connectTimeoutMs, signal });
    },
    endSession(signal) {
      return callHttp(url, {
        method: "DELETE",
        headers: { ...given, ...ofSession() },
        agent,
        connectTimeoutMs,
        signal,
      });
    },
  };
  return link;
}

/** Headers of a message that names its protocol version itself, as all modern requests do. `undefined` for the others. */
export function claimOf(message: Message): OutgoingHttpHeaders | undefined {
  if (message.method === undefined || !mayClaim(message)) return undefined;
  const params = paramsMembers(message, ["_meta", ...NAMES]);
  const { _meta: meta } = params;
  const version = isObject(meta) ? meta[META.protocolVersion] : undefined;
  if (typeof version !== "string") return undefined;
  const name = nameOf(message.method, params);
  return {
    "mcp-protocol-version": encodeHeaderValue(version),
    "mcp-method": encodeHeaderValue(message.method),
    ...(name !== undefined && { "mcp-name": encodeHeaderValue(name) }),
  };
}

/** Spares large messages the parse: without this word, its letters escaped or not, there is no claim. */
const CLAIM = "io.modelcontextprotocol";

function mayClaim({ bytes }: Message): boolean {
  if (!bytes) return true;
  const text = joined(bytes);
  return text.includes(CLAIM) || text.includes("\\u00");
}
