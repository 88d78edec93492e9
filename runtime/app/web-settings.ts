import { RuntimeError } from "../core/errors.js";
import { readBind } from "./bind-settings.js";
import type { Flag, Given } from "./flags.js";
import type { Address } from "./values.js";

/** Where a web frontend listens (Streamable HTTP, HTTP+SSE, WebSocket), and under which names it is called. */
export interface WebSettings extends Address {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export const WEB_FLAGS: readonly Flag[] = [
  {
    name: "bind",
    env: "MCPGEN_BIND",
    value: "HOST:PORT",
    help: "where to listen; else HOST and PORT; default 127.0.0.1:3000",
  },
  {
    name: "allowed-host",
    env: "MCPGEN_ALLOWED_HOST",
    value: "HOST[:PORT]",
    repeat: true,
    help: "another name under which clients may call",
  },
  {
    name: "allowed-origin",
    env: "MCPGEN_ALLOWED_ORIGIN",
    value: "ORIGIN",
    repeat: true,
    help: "a web origin that may call",
  },
];

/** Of Streamable HTTP and WebSocket, which share a path. That of HTTP+SSE is `/sse`. */
export const ENDPOINT_FLAGS: readonly Flag[] = [
  {
    name: "endpoint",
    alias: "path",
    env: "MCPGEN_ENDPOINT",
    value: "PATH",
    help: "path of the MCP endpoint; default /mcp",
  },
];

/** Throws RuntimeError `config` naming the flag or the variable. */
export const readWeb = (given: Given): WebSettings => ({
  ...readBind(given, 3000),
  allowedHosts: given.all("allowed-host"),
  allowedOrigins: given.all("allowed-origin"),
});

/** Throws RuntimeError `config` naming the flag. */
export function readEndpoint(given: Given): { readonly path: string } {
  const path = given.text("endpoint") ?? "/mcp";
  if (!/^\/[\w\-.~/]*$/.test(path))
    throw new RuntimeError("config", `--endpoint cannot be ${JSON.stringify(path)}`, {
      why: "it must be a path such as /mcp: a slash, then letters, digits and -._~/",
    });
  return { path };
}
