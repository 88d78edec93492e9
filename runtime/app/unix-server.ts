import { RuntimeError } from "../core/errors.js";
import type { Flag, Given } from "./flags.js";

/** The server's Unix socket as it was when the proxy was generated. */
export interface BakedSocket {
  /** Absent where the proxy was generated without a server. */
  readonly path?: string;
}

export const UNIX_SERVER_FLAGS: readonly Flag[] = [
  { name: "backend-socket", env: "MCPGEN_BACKEND_SOCKET", value: "PATH", help: "another Unix socket of the server" },
];

/** What a Unix socket backend is made of. Throws RuntimeError `config`. */
export function readUnixServer(given: Given, baked: BakedSocket): { readonly path: string } {
  const path = given.text("backend-socket") ?? baked.path;
  if (path === undefined || path === "")
    throw new RuntimeError("config", "there is no Unix socket of the server", {
      why: "this proxy was generated without one",
      hint: "give it with --backend-socket PATH or MCPGEN_BACKEND_SOCKET",
    });
  return { path };
}
