import type { OptionGroup } from "./option.js";
import { TRANSPORTS } from "./server.js";

const KEYS = "keys: --api-key-file; client certificates: --tls-ca";
const ELSEWHERE = "leave it out";

/** What people expect of a proxy and `serve` does not have, and what there is instead. */
export const NOT_IN_SERVE: ReadonlyMap<string, string> = new Map([
  ...["jwt-secret", "jwt-secret-file", "jwt-jwks-uri", "scope-map", "require-dpop"].map(
    (name) => [name, KEYS] as const,
  ),
  ...["metrics", "locked", "workers", "rate-limit"].map((name) => [name, ELSEWHERE] as const),
]);

/** How clients reach the proxy. */
export const FRONTEND_OPTIONS: OptionGroup = {
  heading: "How clients reach it:",
  options: {
    frontend: {
      type: "list",
      choices: TRANSPORTS,
      describe: "How clients reach it (repeatable); default http, with --socket alone unix",
    },
    bind: {
      type: "list",
      describe: "HOST:PORT of the web frontends, default 127.0.0.1:3000, or of tcp where there are none; or unix:PATH",
    },
    "tcp-bind": { type: "text", describe: "HOST:PORT of the tcp frontend beside web ones; default 127.0.0.1:3001" },
    socket: { type: "text", describe: "Path of the unix frontend's socket" },
    endpoint: { type: "text", alias: ["path"], describe: "Path of http and websocket; default /mcp" },
    "allowed-host": { type: "list", describe: "HOST[:PORT] under which clients may call, too (repeatable)" },
    "allowed-origin": { type: "list", describe: "Web origin that may call: https://app.example (repeatable)" },
    "tls-cert": { type: "text", describe: "PEM file of the certificate, with those that lead to its authority: TLS" },
    "tls-key": { type: "text", describe: "PEM file of its key, without a passphrase" },
    "tls-ca": { type: "text", describe: "PEM file of authorities: only clients with a certificate of theirs come in" },
  },
};

export const ACCESS_OPTIONS: OptionGroup = {
  heading: "Who is let in:",
  options: {
    "api-key-file": { type: "text", describe: "Keys of the clients, KEY or NAME:KEY on each line; or MCPGEN_API_KEY" },
    "api-key-header": { type: "text", describe: "Header that carries the key; default x-api-key" },
    "require-auth": {
      type: "flag",
      describe: "Nobody without a key, on loopback either; on a public address one is made if none is given",
    },
    "insecure-no-auth": { type: "flag", describe: "Let everybody in, also from other machines" },
  },
};

export const RELAY_OPTIONS: OptionGroup = {
  heading: "Sessions:",
  options: {
    isolation: {
      type: "text",
      choices: ["auto", "session", "principal", "shared"],
      describe: "Who shares a server; default auto: sessions have their own, requests without a session share",
    },
    warm: {
      type: "text",
      describe: "Servers kept started for the next session; default 1 for stdio servers behind a network, else 0",
    },
    "max-sessions": { type: "text", describe: "Open at once; default 100" },
    "session-idle": { type: "text", describe: "After which a silent session ends; default 5m" },
    "max-message-bytes": { type: "text", describe: "One message, either direction; default 10485760" },
    "request-timeout": {
      type: "text",
      describe: "For one request, as long as the server says nothing of it; default 10m",
    },
  },
};
