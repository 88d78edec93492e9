import { isIP } from "node:net";
import { RuntimeError } from "../core/errors.js";

export interface OriginOptions {
  /** Host as bound: a name, an IPv4 or an IPv6 address (without brackets). */
  readonly host: string;
  /** More names under which clients may call us: `name` (any port) or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Web origins that may call us, as browsers write them: `https://app.example`, `http://localhost:6274`. */
  readonly allowedOrigins?: readonly string[];
  /** We are reached over https. Default false. */
  readonly secure?: boolean;
}

/** What the check looks at: every value of the two headers, the request target as it came, and the port it came to. */
export interface Approach {
  readonly port: number;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly target: string;
}

export interface OriginGuard {
  /** Returns the web origin that may read the answer, if the request names one. Throws `bad_message` (400) and `forbidden` (403). */
  check(approach: Approach): string | undefined;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const WILDCARD = new Set(["0.0.0.0", "::", ""]);
const AUTHORITY = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?$/;

interface Authority {
  readonly name: string;
  readonly port: number | undefined;
}

function authorityOf(text: string): Authority | undefined {
  const match = AUTHORITY.exec(text.toLowerCase());
  if (!match?.[1]) return undefined;
  return { name: match[1], port: match[2] === undefined ? undefined : Number(match[2]) };
}

/** `::1` → `[::1]`: the way a host is written before a port. */
const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host.toLowerCase());

const isLiteral = (name: string): boolean => isIP(name.replace(/^\[|\]$/g, "")) !== 0;

/**
 * Keeps web pages away from a local server. The Host check stops DNS rebinding, the Origin check stops cross-site calls;
 * both come before authentication. Source: MCP Streamable HTTP, "Security Warning"; CVE-2025-66414.
 *
 * A bind to one address answers to its own name, to the loopback names, and to `allowedHosts`, on its own port. A bind to all
 * addresses answers to the loopback names and to IP literals on any port: it is usually reached through a mapped port, and
 * rebinding needs a *name* that the attacker controls.
 *
 * Throws RuntimeError `config` on an entry that no request could ever match.
 */
export function originGuard(options: OriginOptions): OriginGuard {
  const [scheme, usual] = options.secure ? ["https", 443] : ["http", 80];
  const everywhere = WILDCARD.has(options.host);
  const own = new Set(everywhere ? LOOPBACK : [...LOOPBACK, bracketed(options.host)]);
  const extra = (options.allowedHosts ?? []).map((text) => {
    const authority = authorityOf(isIP(text) === 6 ? `[${text}]` : text);
    if (authority) return authority;
    throw new RuntimeError("config", `allowed host ${JSON.stringify(text)} is not NAME or NAME:PORT`);
  });
  const origins = new Set((options.allowedOrigins ?? []).map(checkedOrigin));
  const isOwnOrigin = (origin: string, port: number): boolean =>
    [...own].some((name) => origin === `${scheme}://${name}${port === usual ? "" : `:${port}`}`);

  const hostAllowed = ({ name, port: given = usual }: Authority, port: number): boolean => {
    if (extra.some((one) => one.name === name && (one.port === undefined || one.port === given))) return true;
    if (everywhere) return own.has(name) || isLiteral(name);
    return own.has(name) && given === port;
  };

  return {
    check({ hosts, origins: given, target, port }) {
      if (hosts.length > 1) throw new RuntimeError("bad_message", "more than one Host header");
      const host = hosts[0] ?? "";
      const authority = authorityOf(host);
      if (!authority || !hostAllowed(authority, port))
        throw new RuntimeError("forbidden", "this Host is not served here (see --allowed-host)");
      if (!target.startsWith("/") && absoluteAuthority(target) !== host.toLowerCase())
        throw new RuntimeError("bad_message", "the request target names another host than the Host header");
      if (given.length === 0) return undefined;
      const origin = given[0];
      if (given.length > 1 || origin === undefined || !(origins.has(origin) || isOwnOrigin(origin, port)))
        throw new RuntimeError("forbidden", "this Origin may not call here (see --allowed-origin)");
      return origin;
    },
  };
}

/** The authority of `http://host:port/path`; anything else has none. */
function absoluteAuthority(target: string): string | undefined {
  return /^https?:\/\/([^/?#@]+)/i.exec(target)?.[1]?.toLowerCase();
}

function checkedOrigin(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  // Schemes that the URL standard does not know (`vscode-webview:`) have the origin "null" there, yet browsers send them whole.
  const written = parsed && parsed.origin !== "null" ? parsed.origin : text;
  if (
    !parsed ||
    !/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(written) ||
    parsed.pathname.length > 1 ||
    parsed.search !== ""
  )
    throw new RuntimeError("config", `allowed origin ${JSON.stringify(text)} is not SCHEME://HOST[:PORT]`, {
      hint: "write it as the browser does, for example https://app.example",
    });
  return written;
}
