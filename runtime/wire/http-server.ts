import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { isIP } from "node:net";
import { RuntimeError } from "../core/errors.js";
import { silent, type Log } from "../core/log.js";

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
  /** Fires when the connection ends before the response is complete. */
  readonly gone: AbortSignal;
}

export type HttpHandler = (request: HttpRequest, response: ServerResponse) => Promise<void>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly timeouts?: Partial<HttpTimeouts>;
  readonly log?: Log;
}

export interface HttpTimeouts {
  /** Until the headers are complete, counted from the connection: it may send nothing at all. */
  readonly headersMs: number;
  /** Until the body is complete. */
  readonly requestMs: number;
  /** How often Node looks for connections over the two limits before: its default of 30 s makes them worthless. */
  readonly checkMs: number;
  /** An idle connection between two requests. */
  readonly keepAliveMs: number;
  /** What is still open this long after `close` is cut. */
  readonly closeMs: number;
}

export const HTTP_TIMEOUTS: HttpTimeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 2_000,
  keepAliveMs: 5_000,
  closeMs: 1_000,
};

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADER_COUNT = 100;
const MAX_CONNECTIONS = 2_000;
const MAX_REQUESTS_PER_SOCKET = 1_000;

export interface HttpServer {
  /** As bound. */
  readonly port: number;
  /** `http://host:port`, with an IPv6 host in brackets. */
  readonly origin: string;
  /** Stops listening, waits a moment for responses under way, then cuts every connection. Idempotent, never throws. */
  close(): Promise<void>;
}

/**
 * A node:http server with the time-outs and bounds that Node leaves off. Resolves once bound.
 * Throws RuntimeError `config` if the address is in use, not ours, or not permitted.
 */
export async function listenHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { host, handler, log = silent } = options;
  const timeouts = { ...HTTP_TIMEOUTS, ...options.timeouts };
  const sockets = new Set<Socket>();

  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkMs,
      keepAliveTimeout: timeouts.keepAliveMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    (message, response) => {
      response.on("error", () => undefined); // a broken connection shows as `close`, which every writer watches
      if (message.rawHeaders.length / 2 > MAX_HEADER_COUNT) {
        response.writeHead(431, { Connection: "close" }).end();
        return;
      }
      handler(requestOf(message, response), response).catch((error: unknown) => {
        log("error", "a request handler failed", { error });
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { Connection: "close" }).end();
      });
    },
  );
  // A client may end its side once its request is sent (`nc -N`); Node would then drop the reply. Not in Node's types.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxHeadersCount = 0; // Node's own limit drops headers silently; ours refuses
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(bindError(error, host, options.port)));
    server.listen({ host, port: options.port }, resolve);
  });
  server.on("error", (error) => log("error", "the HTTP server reports an error", { error }));

  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    port,
    origin: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    close() {
      closed ??= new Promise((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, timeouts.closeMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      });
      return closed;
    },
  };
}

function requestOf(message: IncomingMessage, response: ServerResponse): HttpRequest {
  const target = message.url ?? "";
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(new RuntimeError("closed", "the client is gone"));
  });
  return {
    method: message.method ?? "",
    target,
    path: target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, ""),
    headers: headersOf(message.rawHeaders),
    stream: message,
    gone: controller.signal,
  };
}

function headersOf(raw: readonly string[]): HttpRequest["headers"] {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = [raw[at]?.toLowerCase(), raw[at + 1]];
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): RuntimeError {
  const where = `${host}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new RuntimeError("config", `${where} is in use`, {
        cause: error,
        why: "another program listens there",
        hint: "choose another port with --bind, or port 0 for any free one",
      });
    case "EACCES":
      return new RuntimeError("config", `${where} may not be bound`, {
        cause: error,
        why: "the system keeps this port for privileged programs",
        hint: "choose a port above 1023 with --bind",
      });
    default:
      return new RuntimeError("config", `${where} cannot be bound`, {
        cause: error,
        why: error.message,
        hint: "bind to an address of this machine, for example 127.0.0.1:3000",
      });
  }
}
