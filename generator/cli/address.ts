import { parseAddress } from "../../runtime/app/values.js";
import { GeneratorError } from "../errors.js";

/** Schemes of the URLs by which a kind of server is reached. */
const SCHEMES = {
  http: ["http:", "https:"],
  sse: ["http:", "https:"],
  websocket: ["ws:", "wss:"],
} as const;

export type UrlKind = keyof typeof SCHEMES;

/** What a URL without a word about its transport means. */
export const kindOfUrl = (text: string): UrlKind => (/^wss?:/i.test(text) ? "websocket" : "http");

/** Throws GeneratorError `usage` on what is no URL of that kind. `what` names it: `--url`, `servers.demo.url`. */
export function checkUrl(text: string, what: string, kind: UrlKind): string {
  const schemes: readonly string[] = SCHEMES[kind];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !schemes.includes(url.protocol)) {
    const bare = /^[\w.-]+(?::\d+)?(?:\/|$)/.test(text);
    throw new GeneratorError("usage", `${what} is no URL of ${NAMES[kind]} server: ${text}`, {
      why: url && !bare ? `its scheme is ${url.protocol.slice(0, -1)}` : "it needs a scheme",
      hint: bare
        ? `did you mean ${schemes[0] ?? ""}//${text}?`
        : `write ${schemes.map((one) => `${one}//…`).join(" or ")}`,
    });
  }
  if (url.username !== "" || url.password !== "")
    throw new GeneratorError("usage", `${what} holds a user name or password`, {
      why: "it would end up in logs and in generated files",
      hint: "give --auth-token-file, MCPGEN_AUTH_TOKEN or --header 'Authorization: Basic …'",
    });
  return text;
}

const NAMES: Readonly<Record<UrlKind, string>> = { http: "an HTTP", sse: "an HTTP+SSE", websocket: "a WebSocket" };

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** `localhost:5000`, `[::1]:5000`, `tcp://…`, `tls://…`. Throws GeneratorError `usage`. */
export function parseTcp(text: string, what: string): TcpAddress {
  const [, scheme, address = text] = /^(tcp|tls):\/\/([^/]*)\/?$/i.exec(text) ?? [];
  try {
    const { host, port } = parseAddress(what, address);
    if (port > 0) return { host, port, tls: scheme?.toLowerCase() === "tls" };
  } catch {
    // told below, with what stands for a server's address
  }
  throw new GeneratorError("usage", `${what} is no address of a TCP server: ${text}`, {
    why: "it must be HOST:PORT with a port from 1 to 65535, an IPv6 address in brackets, and tls:// before it for TLS",
    hint: `for example ${what} localhost:5000, [::1]:5000 or tls://mcp.example.com:5000`,
  });
}

/** A path, also as mcpgen itself writes it: `unix:/tmp/mcp.sock`. */
export const parseUnix = (text: string): string => text.replace(/^unix:(?:\/\/(?=\/))?/, "");
