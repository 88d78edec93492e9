import { statSync } from "node:fs";
import { connect } from "node:net";
import type { Backend } from "../core/backend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { checkSocketPath } from "../wire/socket-path.js";
import { lineChannel } from "./line-channel.js";
import { dial } from "./line-socket.js";

export interface UnixBackendOptions {
  readonly path: string;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

/**
 * An MCP server behind a Unix domain socket, one JSON-RPC message a line. Each open() makes its own connection.
 * Throws RuntimeError `config` on a path that no socket can have.
 */
export function unixBackend(options: UnixBackendOptions): Backend {
  const { path, log = silent } = options;
  const limits = limitsOf(options.limits);
  checkSocketPath(path);
  const name = `unix:${path}`;
  const explain = (error: Error): Reason => reasonOf(error, path);
  return {
    kind: "unix",
    async open(signal) {
      const start = () => connect({ path, allowHalfOpen: true });
      const socket = await dial(start, { name, event: "connect", timeoutMs: limits.connectTimeoutMs, signal, explain });
      return lineChannel(socket, { name, explain, limits, log });
    },
  };
}

interface Reason {
  readonly why: string;
  readonly hint: string;
}

function reasonOf(error: NodeJS.ErrnoException, path: string): Reason {
  const { code = "" } = error;
  const hint = "check the path, and that the server runs";
  if (code === "ENOENT") return { why: "there is no such file", hint };
  if (code === "EACCES" || code === "EPERM")
    return { why: "it may not be connected to", hint: "run as the user that the server runs as" };
  if (code === "ENOTSOCK" || (code === "ECONNREFUSED" && !isSocket(path)))
    return { why: "it is no socket", hint: "give the path of the server's socket" };
  if (code === "ECONNREFUSED")
    return { why: "nothing listens there: the program that made it has ended", hint: "start the server" };
  return { why: error.message || code || "the connection failed", hint };
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return true; // it has gone meanwhile, or may not be looked at: then the refusal says enough
  }
}
