import type { OptionGroup } from "./option.js";

/** Ways to speak MCP, of servers as of the proxy itself. */
export const TRANSPORTS = ["stdio", "http", "sse", "tcp", "unix", "websocket"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export const isTransport = (word: string): word is Transport => (TRANSPORTS as readonly string[]).includes(word);

/** Which server, and how to talk to it: the same for every command. */
export const SERVER_OPTIONS: OptionGroup = {
  heading: "Which server:",
  options: {
    backend: {
      type: "text",
      choices: TRANSPORTS,
      describe: "How the server is reached; by default told from the target",
    },
    cmd: {
      type: "text",
      describe:
        'Command that starts a stdio server, split into words without a shell: "python server.py". Or give it after --',
      dashed: true,
    },
    args: { type: "list", describe: "One more argument for --cmd (repeatable)", dashed: true },
    cwd: { type: "text", describe: "Folder the server is started in; default: here" },
    env: { type: "list", describe: "K=V for the server's environment (repeatable), beside a small inherited list" },
    http: {
      type: "text",
      alias: ["server", "url"],
      describe: "URL of an HTTP server (Streamable HTTP, or HTTP+SSE), or ws:// of a WebSocket server",
    },
    tcp: { type: "text", describe: "HOST:PORT of a TCP server, [HOST]:PORT with IPv6; tls://HOST:PORT for TLS" },
    unix: { type: "text", describe: "Path of a server's Unix socket" },
    websocket: { type: "text", describe: "URL of a WebSocket server: ws:// or wss://" },
    spec: {
      type: "text",
      describe:
        "Saved ServerSpec, mcpgen.lock, or any JSON with the lists as MCP returns them; - is stdin. Starts no server",
    },
    config: {
      type: "text",
      describe: "Config file, or an mcpServers file of an editor; default: mcpgen.config.* or package.json#mcpgen",
    },
    name: {
      type: "text",
      describe: "One of the servers in the config; with --spec or --offline, of those in the lock",
    },
  },
};

export const CONNECTION_OPTIONS: OptionGroup = {
  heading: "Connection:",
  options: {
    "auth-token": {
      type: "text",
      describe: "Bearer token for an HTTP or WebSocket server; better a file or MCPGEN_AUTH_TOKEN",
      dashed: true,
    },
    "auth-token-file": { type: "text", describe: "File with the bearer token" },
    header: { type: "list", describe: "'Name: value' sent to an HTTP or WebSocket server (repeatable)" },
    "header-file": { type: "text", describe: "File of such lines; # begins a comment" },
    "backend-tls-ca": { type: "text", describe: "PEM file of who vouches for the server; default: whom Node trusts" },
    "backend-tls-cert": { type: "text", describe: "PEM file of our certificate, where the server asks for one" },
    "backend-tls-key": { type: "text", describe: "PEM file of its key" },
    "backend-era": {
      type: "text",
      choices: ["auto", "legacy", "modern"],
      describe: "Protocol era: legacy (2025 and before), modern (2026); default auto",
    },
    "connect-timeout": {
      type: "text",
      describe: "For starting or reaching the server: 500ms, 30s, 5m; a bare number is ms; default 30s",
    },
  },
};

/** For commands that only want to know what a server offers. */
export const ASKING_OPTIONS: OptionGroup = {
  heading: "Asking:",
  options: {
    "request-timeout": { type: "text", describe: "For each request to the server; default 30s" },
    refresh: { type: "flag", describe: "Ask the server even if it is in the cache" },
    "no-cache": { type: "flag", describe: "Neither read nor write the cache of servers asked before" },
  },
};
