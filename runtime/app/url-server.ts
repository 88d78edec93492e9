import { RuntimeError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import type { TlsClient } from "../wire/tls.js";
import type { Flag, Given } from "./flags.js";
import { readServerTls, SERVER_TLS_FLAGS } from "./server-tls.js";
import { readLines } from "./text-file.js";

/** The server's address as it was when the proxy was generated. */
export interface BakedUrl {
  /** Absent where the proxy was generated without a server. */
  readonly url?: string;
  /** Headers that the server was sent then. Their values are not kept. */
  readonly headerNames: readonly string[];
}

/** What a backend of Streamable HTTP, HTTP+SSE or WebSocket is made of. */
export interface UrlServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsClient;
}

export const URL_SERVER_FLAGS: readonly Flag[] = [
  { name: "backend-url", env: "MCPGEN_BACKEND_URL", value: "URL", help: "another address of the server" },
  {
    name: "backend-header-file",
    env: "MCPGEN_BACKEND_HEADER_FILE",
    value: "FILE",
    help: "headers for the server, one a line: NAME: VALUE",
  },
  {
    name: "backend-auth-token",
    env: "MCPGEN_BACKEND_AUTH_TOKEN",
    envOnly: true,
    help: "sent to the server as Authorization: Bearer",
  },
  ...SERVER_TLS_FLAGS,
];

export interface UrlServerOptions {
  readonly schemes: readonly ("http" | "https" | "ws" | "wss")[];
  readonly log: Log;
}

/** Throws RuntimeError `config` naming the flag or the line. Warns of headers that the server had and that are not given. */
export function readUrlServer(given: Given, baked: BakedUrl, { schemes, log }: UrlServerOptions): UrlServer {
  const url = given.text("backend-url") ?? baked.url;
  if (url === undefined)
    throw new RuntimeError("config", "there is no address of the server", {
      why: "this proxy was generated without one",
      hint: "give it with --backend-url or MCPGEN_BACKEND_URL",
    });
  if (!URL.canParse(url) || !schemes.some((scheme) => new URL(url).protocol === `${scheme}:`))
    throw new RuntimeError("config", `--backend-url cannot be ${JSON.stringify(url)}`, {
      why: `it must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    });
  const file = given.text("backend-header-file");
  const token = given.text("backend-auth-token");
  const headers = {
    ...(file === undefined ? {} : headersIn(file)),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  for (const name of baked.headerNames)
    if (!Object.hasOwn(headers, name.toLowerCase()))
      log("warn", `header ${name} is not given; the server had it when this proxy was generated`);
  return { url, headers, ...readServerTls(given) };
}

function headersIn(file: string): Record<string, string> {
  const pairs = readLines(file).map(({ number, text }) => {
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*([\x20-\x7e\x80-\xff]*)$/.exec(text);
    if (!match?.[1] || match[2] === undefined)
      throw new RuntimeError("config", `line ${number} of ${file} is no header`, { why: "a line is NAME: VALUE" });
    return [match[1].toLowerCase(), match[2]] as const;
  });
  return Object.fromEntries(pairs);
}
