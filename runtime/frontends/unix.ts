import { existsSync, lstatSync, unlinkSync, type Stats } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname, resolve as absolute } from "node:path";
import { RuntimeError } from "../core/errors.js";
import type { Frontend } from "../core/frontend.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { checkSocketPath } from "../wire/socket-path.js";
import { serveLines, SOCKET_OPTIONS } from "./line-server.js";

export interface UnixFrontendOptions {
  /** Where the socket is made, mode 0600. Its folder must exist. */
  readonly path: string;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

/**
 * MCP over a Unix domain socket: one connection is one conversation, one message on each line. A socket that a dead
 * process of the same user has left there is replaced; ours is removed at the end.
 * Throws RuntimeError `config` on a path that no socket can have; listen() where it cannot be made.
 */
export function unixFrontend(options: UnixFrontendOptions): Frontend {
  const { path, log = silent } = options;
  const limits = limitsOf(options.limits);
  checkSocketPath(path);
  return {
    kind: "unix",
    async listen(host) {
      const server = createServer(SOCKET_OPTIONS);
      try {
        await bind(server, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw bindError(error, path);
        await removeStale(path, log);
        await bind(server, path).catch((again: unknown) => {
          throw bindError(again, path);
        });
      }
      return {
        addresses: [`unix:${absolute(path)}`],
        ...serveLines(server, host, { kind: "unix", limits, log }),
      };
    },
  };
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The socket exists from here on: nobody else may connect to it even for a moment.
    const mask = process.umask(0o177);
    try {
      server.listen({ path }, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

/** Throws RuntimeError `config` unless the path is a socket of ours that nobody listens on. */
async function removeStale(path: string, log: Log): Promise<void> {
  const found = look(path);
  if (!found) return;
  if (found.isDirectory())
    throw new RuntimeError("config", `the socket ${path} cannot be made`, {
      why: "it is a folder",
      hint: "choose a path inside it, or another one",
    });
  if (!found.isSocket())
    throw inUse(path, "there is a file that is no socket", "choose another path, or remove the file");
  if (found.uid !== process.getuid?.())
    throw inUse(path, "there is a socket of another user", "choose a path in a folder of your own");
  if (!(await isDead(path))) throw inUse(path, "another program listens there", "stop it, or choose another path");
  // Another instance may have come to the same conclusion a moment earlier, and listen already.
  if (look(path)?.ino !== found.ino) return;
  log("info", `removing the socket ${path}, which an ended program has left`);
  unlinkSync(path);
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    // Anything but a refusal may be a program that is busy.
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

const inUse = (path: string, why: string, hint: string): RuntimeError =>
  new RuntimeError("config", `the socket ${path} is in use`, { why, hint });

function bindError(cause: unknown, path: string): RuntimeError {
  const error = cause as NodeJS.ErrnoException;
  if (error.code === "EADDRINUSE") return inUse(path, "another program listens there", "choose another path");
  // Node tells EACCES for a folder that is not there.
  const [why, hint] =
    error.code === "ENOTDIR" || !existsSync(dirname(path))
      ? ["its folder does not exist", "make the folder first, or choose another path"]
      : error.code === "EACCES" || error.code === "EPERM"
        ? ["its folder may not be written to", "choose a path in a folder of your own"]
        : [error.message, "choose another path"];
  return new RuntimeError("config", `the socket ${path} cannot be made`, { cause, why, hint });
}
