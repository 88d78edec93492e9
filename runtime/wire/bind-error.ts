import { isIP } from "node:net";
import { RuntimeError } from "../core/errors.js";

/** An address for people and URLs: IPv6 in brackets. */
export const hostPort = (host: string, port: number): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

/** Why a port cannot be listened on, as RuntimeError `config`. */
export function bindError(error: NodeJS.ErrnoException, host: string, port: number): RuntimeError {
  const where = hostPort(host, port);
  const fail = (what: string, why: string, hint: string): RuntimeError =>
    new RuntimeError("config", `${where} ${what}`, { cause: error, why, hint });
  if (error.code === "EADDRINUSE")
    return fail("is in use", "another program listens there", "choose another port, or port 0 for any free one");
  if (error.code === "EACCES")
    return fail(
      "may not be bound",
      "the system keeps this port for privileged programs",
      "choose a port above 1023, or port 0 for any free one",
    );
  return fail("cannot be bound", error.message, "bind to an address of this machine, for example 127.0.0.1:3000");
}
