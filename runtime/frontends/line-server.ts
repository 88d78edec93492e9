import type { Server, Socket } from "node:net";
import { RuntimeError } from "../core/errors.js";
import type { Host, Listening } from "../core/frontend.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { sleep } from "../core/signals.js";
import { addressLimit } from "../wire/connections.js";
import { hangUp } from "../wire/hang-up.js";
import { lineChannel } from "./line-channel.js";
import { converse } from "./line-session.js";

export interface LineServerOptions {
  readonly kind: "tcp" | "unix";
  /** Connections count once TLS stands. */
  readonly tls?: boolean;
  readonly limits: Limits;
  readonly log: Log;
  readonly times?: Partial<LineTimes>;
}

export interface LineTimes {
  /** A client that takes nothing of what waits for it is cut. */
  readonly stallMs: number;
  /** A client that is not served may take this long to ask, and to be told why. */
  readonly refuseMs: number;
}

const LINE_TIMES: LineTimes = { stallMs: 30_000, refuseMs: 10_000 };

const KEEP_ALIVE_MS = 30_000;

/** Of the sockets that a line server takes: both directions end by themselves, dead peers are found. */
export const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
} as const;

interface Connection {
  readonly over: Promise<unknown>;
  drain(): void;
  close(reason: RuntimeError): Promise<void>;
}

/**
 * Serves whoever connects: one connection is one conversation, both eras on it. The server has SOCKET_OPTIONS, and
 * is bound by the caller.
 */
export function serveLines(server: Server, host: Host, options: LineServerOptions): Omit<Listening, "addresses"> {
  const { tls = false, limits, log } = options;
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  const within = addressLimit(limits.maxConnectionsPerAddress);
  let draining = false;

  let turnedAway = 0;
  const turnAway = (): void =>
    log(turnedAway++ === 0 ? "warn" : "debug", "connections are turned away: there are as many as may be", {
      count: turnedAway,
    });
  const accept = (socket: Socket): void => {
    const connection = connectionOf(socket, host, options);
    connections.add(connection);
    void connection.over.then(() => connections.delete(connection));
  };

  server.maxConnections = limits.maxConnections;
  server.on("drop", turnAway);
  server.on("error", (error) => log("warn", `the ${options.kind} server cannot take connections`, { error }));
  server.on("connection", (socket: Socket) => {
    socket.on("error", (error) => log("debug", `a connection broke: ${printable(error.message)}`));
    const counted = options.kind === "unix" || within(socket);
    if (!counted) turnAway();
    if (!counted || draining) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (!tls) accept(socket);
  });
  server.on("secureConnection", (socket: Socket) => {
    socket.on("error", (error) => log("debug", `a connection broke: ${printable(error.message)}`));
    accept(socket);
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    log("debug", `a TLS connection failed: ${printable(error.message)}`);
    socket.destroy(); // Node leaves it open, also when the handshake took too long
  });

  let closed: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    return closed;
  };
  return {
    done: new Promise<never>(() => undefined),
    async drain() {
      draining = true;
      void stop();
      for (const one of connections) one.drain();
      await Promise.all([...connections].map(({ over }) => over));
    },
    async close() {
      draining = true;
      void stop();
      const reason = new RuntimeError("closed", "the proxy is shutting down");
      await Promise.all([...connections].map((one) => one.close(reason)));
      for (const socket of sockets) socket.destroy(); // TLS that has not come to stand
      await stop();
    },
  };
}

function connectionOf(socket: Socket, host: Host, options: LineServerOptions): Connection {
  const { kind, limits, log } = options;
  const times = { ...LINE_TIMES, ...options.times };
  const ending = new AbortController();
  const { signal } = ending;

  const front = lineChannel({
    input: socket,
    output: socket,
    end: () => hangUp(socket, limits.killAfterMs),
    from: `from a ${kind} client`,
    onLine: () => void idle.refresh(),
    limits,
    log,
  });

  const idle = setTimeout(() => {
    if (front.underWay > 0) idle.refresh();
    else void close(new RuntimeError("closed", `nothing was said for ${limits.sessionIdleMs} ms`));
  }, limits.sessionIdleMs);
  const old = setTimeout(() => {
    log("info", `a ${kind} connection is ${limits.sessionMaxMs} ms old: it ends with what is under way`);
    front.drain();
  }, limits.sessionMaxMs);
  // Fires when neither direction has moved; a client that is only silent has nothing to take.
  socket.setTimeout(times.stallMs, () => {
    if (socket.writableLength > 0) socket.destroy(new Error(`the client has taken nothing for ${times.stallMs} ms`));
  });
  socket.once("close", () => ending.abort(new RuntimeError("closed", "the client is gone")));

  const over = converse(host, front, {
    principal: () => host.authenticate({ transport: kind, headers: {} }, signal),
    refuseMs: times.refuseMs,
    signal,
  }).then(async () => {
    clearTimeout(idle);
    clearTimeout(old);
    await front.close();
  });

  const close = async (reason: RuntimeError): Promise<void> => {
    const enough = new AbortController();
    ending.abort(reason);
    const gone = Promise.all([front.close(), over]);
    await Promise.race([gone, sleep(limits.killAfterMs, enough.signal)]);
    enough.abort();
    socket.destroy();
    await gone;
  };
  return { over, drain: () => front.drain(), close };
}
