import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { hostPort } from "../wire/bind-error.js";
import { clientTls, tlsTrouble, type TlsClient } from "../wire/tls.js";
import { lineChannel } from "./line-channel.js";
import { dial } from "./line-socket.js";

export interface TcpBackendOptions {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** With it, also if empty, the connection is over TLS. */
  readonly tls?: TlsClient | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

const KEEP_ALIVE_MS = 30_000;

/**
 * An MCP server over TCP, with or without TLS, one JSON-RPC message a line. Each open() makes its own connection.
 * Throws RuntimeError `config` on an address or TLS material that cannot be used.
 */
export function tcpBackend(options: TcpBackendOptions): Backend {
  const { host, port, log = silent } = options;
  const limits = limitsOf(options.limits);
  if (!/^[^\s/@[\]]+$/.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RuntimeError("config", `no server can be at ${JSON.stringify(`${host}:${port}`)}`, {
      hint: "give a name or an address, and a port from 1 to 65535",
    });
  const tls = options.tls && clientTls(options.tls, host);
  const name = `${tls ? "tls" : "tcp"}://${hostPort(host, port)}`;
  const explain = (error: Error): Reason => (tls && tlsTrouble(error)) ?? reasonOf(error, host, port);
  return {
    kind: "tcp",
    async open(signal) {
      const address = { host, port, allowHalfOpen: true };
      const start = () => (tls ? connectTls({ ...tls, ...address }) : connect(address));
      const event = tls ? "secureConnect" : "connect";
      const socket = await dial(start, { name, event, timeoutMs: limits.connectTimeoutMs, signal, explain });
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      return lineChannel(socket, { name, explain, limits, log });
    },
  };
}

interface Reason {
  readonly why: string;
  readonly hint: string;
}

function reasonOf(error: NodeJS.ErrnoException, host: string, port: number): Reason {
  const { code = "" } = error;
  const hint = "check the address, and that the server runs";
  if (code === "ECONNREFUSED") return { why: `nothing listens on ${hostPort(host, port)}`, hint };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return { why: `the name ${host} cannot be resolved (${code})`, hint: "check the name, and the network" };
  if (code === "ECONNRESET" || code === "EPIPE")
    return { why: `it ended the connection at once (${code})`, hint: "look at the server's own log; it may speak TLS" };
  return { why: error.message || code || "the connection failed", hint };
}
