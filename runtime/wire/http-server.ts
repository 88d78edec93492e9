import { createServer, ServerResponse, type IncomingMessage, type RequestListener, type Server } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { RuntimeError } from "../core/errors.js";
import { DEFAULT_LIMITS } from "../core/limits.js";
import { printable, silent, type Log } from "../core/log.js";
import { bindError, hostPort } from "./bind-error.js";
import { addressLimit } from "./connections.js";
import { headWithoutUpgrade, refusedAtDoor, requestOf, wantsWebSocket, type HttpRequest } from "./http-incoming.js";
import { serverTls, type TlsServer } from "./tls.js";

export type { HttpRequest } from "./http-incoming.js";

export type HttpHandler = (request: HttpRequest, response: ServerResponse) => Promise<void>;

/** Owns the connection from here on: it answers, or ends it. `head` came after the request. */
export type HttpUpgrade = (request: HttpRequest, socket: Socket, head: Buffer) => Promise<void>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  /** A GET that asks for a WebSocket. Without it, and for every other protocol, the wish is ignored. Source: RFC 9110, 7.8. */
  readonly upgrade?: HttpUpgrade | undefined;
  /** With it the server speaks https only. */
  readonly tls?: TlsServer | undefined;
  readonly maxConnections?: number;
  /** Of one remote address; loopback is not counted. */
  readonly maxConnectionsPerAddress?: number;
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
const MAX_REQUESTS_PER_SOCKET = 1_000;

export interface HttpServer {
  /** As bound. */
  readonly port: number;
  /** `http://host:port` or `https://…`, with an IPv6 host in brackets. */
  readonly origin: string;
  /** From now on each answer ends its connection. Connections are still taken: to tell them that they are not served. */
  drain(): void;
  /** Stops listening, waits a moment for responses under way, then cuts every connection. Idempotent, never throws. */
  close(): Promise<void>;
}

/**
 * A node:http server with the time-outs and bounds that Node leaves off. Resolves once bound.
 * Throws RuntimeError `config` if the address is in use, not ours, or not permitted, and on TLS material that cannot be used.
 */
export async function listenHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { host, handler, upgrade, tls, log = silent } = options;
  const timeouts = { ...HTTP_TIMEOUTS, ...options.timeouts };
  const sockets = new Set<Socket>();
  const answering = new Set<ServerResponse>();
  let draining = false;

  const onRequest: RequestListener = (message, response) => {
    answering.add(response);
    const gone = new AbortController();
    response.on("error", () => undefined); // a broken connection shows as `close`, which every writer watches
    response.once("close", () => {
      answering.delete(response);
      if (!response.writableFinished) gone.abort(new RuntimeError("closed", "the client is gone"));
    });
    if (draining) response.setHeader("Connection", "close");
    const refused = refusedAtDoor(message);
    if (refused !== undefined) {
      response.writeHead(refused, { Connection: "close" }).end();
      return;
    }
    handler(requestOf(message, gone.signal), response).catch((error: unknown) => {
      log("error", "a request handler failed", { error });
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { Connection: "close" }).end();
    });
  };
  const settings = {
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: timeouts.checkMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const server: Server = tls
    ? https.createServer({ ...settings, ...serverTls(tls) }, onRequest)
    : createServer(settings, onRequest);
  // A client may end its side once its request is sent (`nc -N`); Node would then drop the reply. Not in Node's types.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxHeadersCount = 0; // Node's own limit drops headers silently; ours refuses
  server.maxConnections = options.maxConnections ?? DEFAULT_LIMITS.maxConnections;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;

  const within = addressLimit(options.maxConnectionsPerAddress ?? DEFAULT_LIMITS.maxConnectionsPerAddress);
  const turnedAway = once(log, "connections are turned away: there are as many as may be");
  server.on("drop", () => turnedAway());
  server.on("connection", (socket: Socket) => {
    if (sockets.has(socket)) return; // it has been an upgrade that is ignored
    if (!within(socket)) {
      turnedAway();
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    log("debug", `a TLS connection failed: ${printable(error.message)}`);
    socket.destroy(); // Node leaves it open
  });

  if (upgrade)
    server.on("upgrade", (message, _stream, head) => {
      const { socket } = message;
      // Answers that still wait would end up in the middle of what is spoken next.
      if ([...answering].some((response) => response.req.socket === socket)) {
        socket.destroy();
        return;
      }
      if (!wantsWebSocket(message)) {
        socket.unshift(Buffer.concat([headWithoutUpgrade(message), head]));
        server.emit(tls ? "secureConnection" : "connection", socket);
        return;
      }
      socket.on("error", () => undefined); // shows as `close`
      const refused = refusedAtDoor(message);
      if (refused !== undefined) {
        answerInstead(message, socket).writeHead(refused).end();
        return;
      }
      const gone = new AbortController();
      socket.once("close", () => gone.abort(new RuntimeError("closed", "the client is gone")));
      upgrade(requestOf(message, gone.signal), socket, head).catch((error: unknown) => {
        log("error", "an upgrade handler failed", { error });
        socket.destroy();
      });
    });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(bindError(error, host, options.port)));
    server.listen({ host, port: options.port }, resolve);
  });
  const troubled = once(log, "the web server cannot take connections");
  server.on("error", (error) => troubled(error));

  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    port,
    origin: `${tls ? "https" : "http"}://${hostPort(host, port)}`,
    drain() {
      draining = true;
      for (const response of answering) if (!response.headersSent) response.setHeader("Connection", "close");
    },
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

/** Says it once for the operator, and every further time for those who look closely. */
function once(log: Log, text: string): (error?: Error) => void {
  let told = false;
  return (error) => {
    log(told ? "debug" : "warn", text, error && { error });
    told = true;
  };
}

/** How long a client has to take an answer and to end its side, in milliseconds. */
const LAST_ANSWER_MS = 1_000;

/** An HTTP answer on a connection that was to change its protocol. The connection ends with it. */
export function answerInstead(message: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => {
    response.detachSocket(socket);
    // What the client still sends is read away: closing over it would reset the connection, and the answer be lost.
    socket.resume().end();
    socket.setTimeout(LAST_ANSWER_MS, () => socket.destroy());
  });
  return response;
}
