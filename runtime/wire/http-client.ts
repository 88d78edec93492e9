import { setMaxListeners } from "node:events";
import http, {
  validateHeaderName,
  validateHeaderValue,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { RuntimeError } from "../core/errors.js";
import { abortReason } from "../core/signals.js";
import { clientTls, tlsTrouble, type TlsClient } from "./tls.js";

export interface HttpCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: OutgoingHttpHeaders;
  readonly body?: readonly Uint8Array[];
  readonly agent: http.Agent;
  /** DNS, connection and TLS together. */
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
  /** The body has been handed to the system. */
  readonly onWritten?: () => void;
}

export interface HttpReply {
  /** Who replied, fit for errors and logs. */
  readonly name: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or discarded. Throws RuntimeError `closed`, `canceled`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Frees the connection: for the next request if the rest is short, else by cutting it. */
  discard(): void;
}

const MAX_REDIRECTS = 3;
/** Idle connections are dropped before servers drop them: most keep them for 5 s or longer. */
const IDLE_MS = 4_000;
const DISCARD_BYTES = 64 * 1024;

/**
 * Connections to one origin, kept for the next request. `destroy()` frees them. `tls` counts for https only.
 * Throws RuntimeError `config` on TLS material that cannot be used.
 */
export function agentFor(url: URL, tls?: TlsClient): http.Agent {
  const options = { keepAlive: true, timeout: IDLE_MS };
  if (url.protocol !== "https:") return new http.Agent(options);
  return new https.Agent({ ...options, ...(tls && clientTls(tls, hostOf(url))) });
}

/** The host as a socket wants it: an IPv6 address without brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

/** Throws RuntimeError `config` on an address that is no URL, has another scheme, or holds credentials. */
export function serverUrl(text: string, schemes: readonly string[]): URL {
  const [first = "", second = ""] = schemes;
  const refuse = (what: string, hint: string): RuntimeError => new RuntimeError("config", what, { hint });
  if (!URL.canParse(text))
    throw refuse("the server's URL is no URL", `give it as ${first}://HOST:PORT/PATH or ${second}://…`);
  const url = new URL(text);
  if (!schemes.includes(url.protocol.slice(0, -1)))
    throw refuse(`the server's URL has the scheme ${url.protocol}`, `use ${first}: or ${second}:`);
  if (url.username !== "" || url.password !== "")
    throw refuse("the server's URL holds credentials", "give them in an Authorization header");
  return url;
}

/** Names in lower case. Throws RuntimeError `config` on what HTTP does not know as a header. */
export function checkedHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      // The value may be a secret: it is not shown.
      throw new RuntimeError("config", `the header ${JSON.stringify(name)} is not valid in HTTP`, { cause });
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** A URL for people: without credentials, query and fragment, any of which may be secret. */
export const shownUrl = (url: URL): string => url.origin + url.pathname;

/**
 * One HTTP request; resolves with the reply's head. Follows up to three 307 and 308 within the origin. Nothing is retried, and
 * the body has no time-out. Throws RuntimeError `unreachable` (also for other redirects), `timeout`, `closed`, `canceled`.
 */
export async function callHttp(url: URL, call: HttpCall): Promise<HttpReply> {
  let target = url;
  for (let redirects = 0; ; redirects++) {
    const response = await request(target, call);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status < 300 || status > 399 || status === 304 || location === undefined)
      return replyOf(response, target, call.signal);
    response.destroy();
    const next = URL.canParse(location, target.href) ? new URL(location, target) : undefined;
    const same = (status === 307 || status === 308) && next?.origin === target.origin;
    if (!same || redirects === MAX_REDIRECTS) throw redirected(target, status, next, redirects);
    target = next;
  }
}

function redirected(from: URL, status: number, to: URL | undefined, redirects: number): RuntimeError {
  const text = `${shownUrl(from)} redirects (HTTP ${status})`;
  if (redirects === MAX_REDIRECTS) return new RuntimeError("unreachable", text, { status, why: "too many redirects" });
  const where = to ? (to.origin === from.origin ? shownUrl(to) : to.origin) : "nowhere that can be told";
  return new RuntimeError("unreachable", text, {
    status,
    why: `it points to ${where}; only 307 and 308 within one origin are followed`,
    hint: "if you trust that place, give its URL",
  });
}

function request(url: URL, call: HttpCall): Promise<IncomingMessage> {
  const { method, headers, body, agent, connectTimeoutMs, signal } = call;
  return new Promise((resolve, reject) => {
    const client = url.protocol === "https:" ? https : http;
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const outgoing = client.request(url, { method, headers, agent });
    // Node's own `signal` option destroys the socket even after the agent has it back.
    setMaxListeners(0, signal); // one signal for all requests of a channel
    const abort = (): void => void outgoing.destroy(abortReason(signal));
    signal.addEventListener("abort", abort, { once: true });
    const connecting = setTimeout(() => {
      const text = `connecting to ${shownUrl(url)} took longer than ${connectTimeoutMs} ms`;
      outgoing.destroy(new RuntimeError("timeout", text));
    }, connectTimeoutMs);
    const connected = (): void => clearTimeout(connecting);
    outgoing.on("socket", (socket: Socket) => {
      if (!socket.connecting) connected();
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", connected);
    });
    outgoing.on("close", () => {
      connected();
      signal.removeEventListener("abort", abort);
    });
    // Stays for good: an error after the reply's head shows in its body too.
    outgoing.on("error", (error) => reject(callFailure(url, error)));
    outgoing.on("response", (response) => {
      signal.removeEventListener("abort", abort);
      response.on("error", () => undefined); // whoever reads sees it
      abortWith(response, signal);
      resolve(response);
    });
    if (call.onWritten) outgoing.on("finish", call.onWritten);
    for (const chunk of body ?? []) outgoing.write(chunk);
    outgoing.end();
  });
}

function abortWith(response: IncomingMessage, signal: AbortSignal): void {
  const abort = (): void => void response.destroy();
  if (signal.aborted) {
    abort();
    return;
  }
  signal.addEventListener("abort", abort, { once: true });
  response.on("close", () => signal.removeEventListener("abort", abort));
}

function replyOf(response: IncomingMessage, url: URL, signal: AbortSignal): HttpReply {
  return {
    name: shownUrl(url),
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: read(response, url, signal),
    discard() {
      let left = DISCARD_BYTES;
      response.on("data", (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) response.destroy();
      });
    },
  };
}

async function* read(response: IncomingMessage, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    throw callFailure(url, error);
  }
}

/** Reads a body whole. Throws RuntimeError `too_large` as soon as it is over the limit. */
export async function readWhole(reply: HttpReply, maxBytes: number): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of reply.body) {
    total += chunk.length;
    if (total > maxBytes)
      throw new RuntimeError("too_large", `the reply of ${reply.name} is over the limit of ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks;
}

/** Why a connection could not be made or broke, as RuntimeError `unreachable` or `closed`. */
export function callFailure(url: URL, error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE")
    return new RuntimeError("closed", `${shownUrl(url)} cut the connection`, { cause: error });
  const [why, hint] = explain(url, code, error);
  return new RuntimeError("unreachable", `cannot reach ${shownUrl(url)}`, { cause: error, why, hint });
}

function explain(url: URL, code: string, error: unknown): [why: string, hint: string] {
  if (code === "ECONNREFUSED") return [`nothing listens on ${url.host}`, "check the address, and that the server runs"];
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return [`the name ${url.hostname} cannot be resolved (${code})`, "check the name, and the network"];
  const tls = tlsTrouble(error);
  if (tls) return [tls.why, tls.hint];
  if (code.startsWith("HPE_")) return ["what answers there does not speak HTTP", "check the scheme and the port"];
  const why = error instanceof Error && error.message ? error.message : code || "the connection failed";
  return [why, "check the address, and that the server runs"];
}
