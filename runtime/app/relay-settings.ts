import type { Era } from "../core/session.js";
import type { Limits } from "../core/limits.js";
import type { Isolation } from "../relay/relay.js";
import type { Flag, Given } from "./flags.js";
import { parseChoice, parseCount, parseDuration, parsePositive } from "./values.js";

/** How clients and servers are brought together, whatever the transports. */
export interface RelaySettings {
  readonly backendEra: "auto" | Era;
  readonly isolation: Isolation;
  /** Servers that are kept started for the next session. */
  readonly warm: number;
  readonly limits: Partial<Limits>;
}

export const RELAY_FLAGS: readonly Flag[] = [
  {
    name: "backend-era",
    env: "MCPGEN_BACKEND_ERA",
    value: "auto|legacy|modern",
    help: "revisions in which the server is spoken to: legacy to 2025-11-25, modern from 2026-07-28; default auto",
  },
  {
    name: "isolation",
    env: "MCPGEN_ISOLATION",
    value: "auto|session|principal|shared",
    help: "who shares a server; auto: sessions have their own, requests without a session share; default auto",
  },
  { name: "warm", env: "MCPGEN_WARM", value: "N", help: "servers kept started for the next session; default 0" },
  {
    name: "connect-timeout",
    env: "MCPGEN_CONNECT_TIMEOUT",
    value: "DURATION",
    help: "for starting or reaching the server; default 30s",
  },
  {
    name: "request-timeout",
    env: "MCPGEN_REQUEST_TIMEOUT",
    value: "DURATION",
    help: "for one request, as long as the server says nothing of it; default 10m",
  },
  {
    name: "max-message-bytes",
    env: "MCPGEN_MAX_MESSAGE_BYTES",
    value: "N",
    help: "one message, either direction; default 10485760",
  },
  {
    name: "max-sessions",
    env: "MCPGEN_MAX_SESSIONS",
    value: "N",
    help: "open at once; default 100",
  },
  {
    name: "session-idle",
    env: "MCPGEN_SESSION_IDLE",
    value: "DURATION",
    help: "after which a silent session ends; default 5m",
  },
];

/** Throws RuntimeError `config` naming the flag. */
export function readRelay(given: Given): RelaySettings {
  const read = <T>(name: string, parse: (what: string, text: string) => T): T | undefined => {
    const text = given.text(name);
    return text === undefined ? undefined : parse(`--${name}`, text);
  };
  const limits = {
    connectTimeoutMs: read("connect-timeout", parseDuration),
    requestTimeoutMs: read("request-timeout", parseDuration),
    maxMessageBytes: read("max-message-bytes", parsePositive),
    maxSessions: read("max-sessions", parsePositive),
    sessionIdleMs: read("session-idle", parseDuration),
  };
  return {
    backendEra: parseChoice("--backend-era", given.text("backend-era") ?? "auto", ["auto", "legacy", "modern"]),
    isolation: parseChoice("--isolation", given.text("isolation") ?? "auto", [
      "auto",
      "session",
      "principal",
      "shared",
    ]),
    warm: read("warm", parseCount) ?? 0,
    limits: Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
  };
}
