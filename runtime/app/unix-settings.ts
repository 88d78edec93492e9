import { RuntimeError } from "../core/errors.js";
import type { Flag, Given } from "./flags.js";

export const UNIX_FLAGS: readonly Flag[] = [
  { name: "socket", env: "MCPGEN_SOCKET", value: "PATH", help: "the Unix socket on which to listen; it must be given" },
];

/** Path of the Unix socket that a frontend makes. Throws RuntimeError `config`. */
export function readUnix(given: Given): { readonly path: string } {
  const path = given.text("socket");
  if (path === undefined || path === "")
    throw new RuntimeError("config", "there is no path for the Unix socket", {
      why: "a path that would fit every machine does not exist",
      hint: "give it with --socket PATH or MCPGEN_SOCKET, in a folder that is yours alone",
    });
  return { path };
}
