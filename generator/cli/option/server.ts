import type { OptionGroup } from "./option.js";

export const BACKENDS = ["stdio", "http"] as const;

/** Which server, and how to talk to it: the same for every command. */
export const SERVER_OPTIONS: OptionGroup = {
  heading: "Which server:",
  options: {
    backend: {
      type: "text",
      choices: BACKENDS,
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
    http: { type: "text", alias: ["server", "url"], describe: "URL of a Streamable HTTP server" },
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
      describe: "Bearer token for an HTTP server; better a file or MCPGEN_AUTH_TOKEN",
      dashed: true,
    },
    "auth-token-file": { type: "text", describe: "File with the bearer token" },
    header: { type: "list", describe: "'Name: value' sent to an HTTP server (repeatable)" },
    "header-file": { type: "text", describe: "File of such lines; # begins a comment" },
    "backend-era": {
      type: "text",
      choices: ["auto", "legacy", "modern"],
      describe: "Protocol era: legacy (2025 and before), modern (2026); default auto",
    },
    "connect-timeout": {
      type: "text",
      describe: "For starting or reaching the server: 500ms, 30s, 5m; a bare number is ms; default 30s",
    },
    "request-timeout": { type: "text", describe: "For each request to the server; default 30s" },
    refresh: { type: "flag", describe: "Ask the server even if it is in the cache" },
    "no-cache": { type: "flag", describe: "Neither read nor write the cache of servers asked before" },
  },
};
