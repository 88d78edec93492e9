import { readFileSync } from "node:fs";
import type { ApiKey } from "../auth/api-key.js";
import { RuntimeError } from "../core/errors.js";
import type { Flag, Given } from "./flags.js";
import { parseAddress, parsePort, type Address } from "./values.js";

/** Where an HTTP frontend listens, and whom it lets in. */
export interface HttpSettings extends Address {
  readonly path: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly access: AccessSettings;
}

export interface AccessSettings {
  readonly header: string;
  readonly keys: readonly ApiKey[];
  /** Everybody may call, wherever the proxy is bound. */
  readonly open: boolean;
}

export const HTTP_FLAGS: readonly Flag[] = [
  {
    name: "bind",
    env: "MCPGEN_BIND",
    value: "HOST:PORT",
    help: "where to listen; else HOST and PORT; default 127.0.0.1:3000",
  },
  {
    name: "endpoint",
    alias: "path",
    env: "MCPGEN_ENDPOINT",
    value: "PATH",
    help: "path of the MCP endpoint; default /mcp",
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
  {
    name: "api-key-file",
    env: "MCPGEN_API_KEY_FILE",
    value: "FILE",
    help: "the keys of the clients, one a line: KEY or NAME:KEY",
  },
  { name: "api-key", env: "MCPGEN_API_KEY", envOnly: true, help: "the one key of the clients" },
  {
    name: "api-key-header",
    env: "MCPGEN_API_KEY_HEADER",
    value: "NAME",
    help: "header that carries the key; default x-api-key",
  },
  { name: "insecure-no-auth", env: "MCPGEN_INSECURE_NO_AUTH", help: "let everybody in, also from other machines" },
];

/** Throws RuntimeError `config` naming the flag, the variable or the line of the file. Never tells a key. */
export function readHttp(given: Given): HttpSettings {
  const path = given.text("endpoint") ?? "/mcp";
  if (!/^\/[\w\-.~/]*$/.test(path))
    throw new RuntimeError("config", `--endpoint cannot be ${JSON.stringify(path)}`, {
      why: "it must be a path such as /mcp: a slash, then letters, digits and -._~/",
    });
  return {
    ...readAddress(given),
    path,
    allowedHosts: given.all("allowed-host"),
    allowedOrigins: given.all("allowed-origin"),
    access: readAccess(given),
  };
}

function readAddress(given: Given): Address {
  const bind = given.text("bind");
  if (bind !== undefined) return parseAddress("--bind", bind);
  const { HOST: host = "", PORT: port = "" } = given.env;
  return { host: host === "" ? "127.0.0.1" : host, port: port === "" ? 3000 : parsePort("PORT", port) };
}

function readAccess(given: Given): AccessSettings {
  const file = given.text("api-key-file");
  const single = given.text("api-key");
  const keys = [
    ...(file === undefined ? [] : keysIn(file)),
    ...(single === undefined ? [] : [{ name: "env", key: single }]),
  ];
  const open = given.on("insecure-no-auth");
  if (open && keys.length > 0)
    throw new RuntimeError("config", "--insecure-no-auth contradicts the API keys that are given", {
      hint: "leave out one of the two",
    });
  return { header: given.text("api-key-header") ?? "x-api-key", keys, open };
}

/** `KEY` or `NAME:KEY` for each line; `#` begins a comment line. */
export function keysIn(file: string): readonly ApiKey[] {
  const lines = readLines(file).map((line, index) => {
    const match = /^(?:([A-Za-z0-9_.-]{1,64}):)?([\x21-\x39\x3b-\x7e]+)$/.exec(line.text);
    if (!match?.[2])
      throw new RuntimeError("config", `line ${line.number} of ${file} holds no key`, {
        why: "a line is KEY or NAME:KEY, in visible ASCII characters; a key holds no colon",
      });
    return { name: match[1] ?? `key-${index + 1}`, key: match[2] };
  });
  if (lines.length === 0) throw new RuntimeError("config", `${file} holds no key`);
  return lines;
}

/** Lines of a small settings file that say something. Throws RuntimeError `config` where it cannot be read. */
export function readLines(file: string): readonly { readonly number: number; readonly text: string }[] {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RuntimeError("config", `cannot read ${file}`, { cause: error, why });
  }
  return content
    .split("\n")
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
}
