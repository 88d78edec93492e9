import type { IncomingMessage } from "node:http";

/** One request, its headers judged by nobody yet. */
export interface HttpRequest {
  readonly method: string;
  /** As it came: `/mcp?x`, `http://host/mcp`, `*`. */
  readonly target: string;
  /** The target without scheme, authority and query; percent-escapes stay. */
  readonly path: string;
  /** Names in lower case. A header given more than once is an array, never joined. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly stream: IncomingMessage;
  /** Fires when the connection ends before the response is complete; of an upgrade, whenever it ends. */
  readonly gone: AbortSignal;
}

export function requestOf(message: IncomingMessage, gone: AbortSignal): HttpRequest {
  const target = message.url ?? "";
  return {
    method: message.method ?? "",
    target,
    path: target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, ""),
    headers: headersOf(message.rawHeaders),
    stream: message,
    gone,
  };
}

function headersOf(raw: readonly string[]): HttpRequest["headers"] {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of pairs(raw)) {
    const before = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function* pairs(raw: readonly string[]): Generator<readonly [name: string, value: string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? "", raw[at + 1] ?? ""];
}

const MAX_HEADER_COUNT = 100;

/** The status with which a request is turned away before anybody looks at it; `undefined` if it may come in. */
export function refusedAtDoor({ httpVersionMajor, rawHeaders }: IncomingMessage): number | undefined {
  if (httpVersionMajor !== 1) return 505; // Node reads HTTP/0.9, too
  if (rawHeaders.length / 2 > MAX_HEADER_COUNT) return 431;
  // Node takes the first of several; whoever stands before us may have judged another.
  let hosts = 0;
  for (const [name] of pairs(rawHeaders)) if (name.toLowerCase() === "host") hosts++;
  return hosts > 1 ? 400 : undefined;
}

/** Whether this asks for a WebSocket. Source: RFC 6455, section 4.2.1. */
export const wantsWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" && /^websocket$/i.test(headers.upgrade?.trim() ?? "");

/** The head of a request as bytes, without its wish for another protocol. */
export function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method ?? ""} ${url ?? ""} HTTP/${httpVersion}`];
  for (const [name, value] of pairs(rawHeaders)) if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${value}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
