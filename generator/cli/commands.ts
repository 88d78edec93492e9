import type { Readable } from "node:stream";
import type { Flags } from "./flags.js";
import { CALL_OPTIONS } from "./option/call.js";
import { DIFF_OPTIONS } from "./option/diff.js";
import { AFTERWARDS_OPTIONS, GENERATE_OPTIONS } from "./option/generate.js";
import { INSPECT_OPTIONS } from "./option/inspect.js";
import { LOCK_OPTIONS } from "./option/lock.js";
import type { OptionGroup } from "./option/option.js";
import { SCHEMA_OPTIONS } from "./option/schema.js";
import { ACCESS_OPTIONS, FRONTEND_OPTIONS, RELAY_OPTIONS } from "./option/serve.js";
import { ASKING_OPTIONS, CONNECTION_OPTIONS, SERVER_OPTIONS } from "./option/server.js";
import { VERIFY_OPTIONS } from "./option/verify.js";
import type { Print } from "./print.js";

/** What a command works with: no command looks at `process`. */
export interface Invocation {
  readonly flags: Flags;
  readonly print: Print;
  /** Fires on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
}

export interface Command {
  readonly name: string;
  /** As yargs reads it: the name and the positionals. */
  readonly usage: string;
  readonly summary: string;
  readonly positionals: Readonly<Record<string, string>>;
  readonly groups: readonly OptionGroup[];
  readonly examples: readonly (readonly [string, string])[];
  /** The command itself, read only when it runs. Resolves to the exit code. */
  /** It watches for signals by itself: the first lets it finish what is under way. */
  readonly endsByItself?: true;
  readonly load: () => Promise<(invocation: Invocation) => Promise<number>>;
}

const SERVER_POSITIONAL = "A transport (stdio, http, …), as with --backend, or one of the servers in the config";

export const COMMANDS: readonly Command[] = [
  {
    name: "inspect",
    usage: "inspect [target]",
    summary: "Show what an MCP server offers, and what is odd about it",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, ASKING_OPTIONS, INSPECT_OPTIONS],
    examples: [
      ["inspect --cmd 'python server.py'", "A server started here"],
      ["inspect -- npx -y @modelcontextprotocol/server-everything", "The same, as an argv"],
      ["inspect --url https://host/mcp --format json --output server.json", "A remote server, to a file"],
      ["inspect --tcp localhost:5000", "A server behind a TCP port"],
    ],
    load: async () => (await import("./commands/inspect.js")).inspect,
  },
  {
    name: "serve",
    usage: "serve [target]",
    summary: "Run the live proxy: any server, to clients over any transport",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, FRONTEND_OPTIONS, ACCESS_OPTIONS, RELAY_OPTIONS],
    examples: [
      ["serve --cmd 'python server.py' --bind 127.0.0.1:3000", "A stdio server over Streamable HTTP, at /mcp"],
      ["serve --url https://host/mcp --auth-token-file token --frontend stdio", "A remote server for a desktop client"],
      ["serve --cmd 'python server.py' --frontend http --frontend sse --frontend websocket", "On one port, three ways"],
      ["serve --tcp localhost:5000 --socket /tmp/mcp.sock", "A TCP server behind a Unix socket"],
    ],
    endsByItself: true,
    load: async () => (await import("./commands/serve.js")).serveCommand,
  },
  {
    name: "call",
    usage: "call [tool] [arguments..]",
    summary: "Call a tool, read a resource or get a prompt",
    positionals: {
      tool: "Name of the tool",
      arguments:
        "NAME=VALUE of the type that the tool wants, a list by NAME=VALUE several times; - reads JSON from stdin",
    },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, CALL_OPTIONS],
    examples: [
      ["call --cmd 'python server.py' add a=2 b=3", "A tool, its arguments typed by its description"],
      ['call --url https://host/mcp search --json-args \'{"query":"mcp"}\' --format json', "The whole result as JSON"],
      ["call --cmd 'python server.py' --resource file:///logo.png --output logo.png", "A resource, to a file"],
      ["call --cmd 'python server.py' --prompt review style=short", "A prompt"],
    ],
    load: async () => (await import("./commands/call.js")).call,
  },
  {
    name: "verify",
    usage: "verify [target]",
    summary: "Ask a server and a proxy in front of it the same, and compare the answers",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, VERIFY_OPTIONS],
    examples: [
      ["verify --cmd 'python server.py'", "Over HTTP and stdio, in both eras: what only reads, and all lists"],
      ["verify --url https://host/mcp --frontend http --era modern", "One frontend, one era"],
      ["verify --cmd 'python server.py' --call 'add={\"a\":1,\"b\":2}'", "With a tool that may be called"],
    ],
    load: async () => (await import("./commands/verify.js")).verify,
  },
  {
    name: "generate",
    usage: "generate [target]",
    summary: "Generate a standalone typed proxy project, a client, or what a plug-in makes",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, ASKING_OPTIONS, GENERATE_OPTIONS, LOCK_OPTIONS, AFTERWARDS_OPTIONS],
    examples: [
      ["generate --cmd 'python server.py' --out my-proxy --build", "A proxy in front of a stdio server"],
      [
        "generate --url https://host/mcp --frontend stdio --out my-proxy --run",
        "A stdio proxy of a remote server, started",
      ],
      ["generate --spec server.json --emit client --out src/mcp", "A typed client from a saved description"],
      ["generate", "All outputs of the config file"],
      ["generate --check", "Are they up to date, and the lock too?"],
      ["generate --offline --check", "Are they what mcpgen.lock says? No server is started"],
      ["generate --watch", "Again whenever something changes"],
      ["generate --locked", "Again, unless the server has changed since the lock was written"],
    ],
    load: async () => (await import("./commands/generate.js")).generateCommand,
  },
  {
    name: "schema",
    usage: "schema <language> [target]",
    summary: "Export a server's contract as OpenAPI 3.1, GraphQL SDL or proto3",
    positionals: { language: "openapi, graphql or protobuf; or oas, gql, proto", target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, ASKING_OPTIONS, SCHEMA_OPTIONS, LOCK_OPTIONS],
    examples: [
      ["schema openapi --cmd 'python server.py' --output api.yaml", "OpenAPI 3.1, as YAML"],
      ["schema graphql --url https://host/mcp", "GraphQL SDL, to stdout"],
      ["schema protobuf --spec mcpgen.lock --output proto/", "proto3 from the lock, in the files that buf wants"],
      ["schema openapi --offline --output api.yaml --check", "Is it what mcpgen.lock says?"],
    ],
    load: async () => (await import("./commands/schema.js")).schemaCommand,
  },
  {
    name: "diff",
    usage: "diff [old] [new]",
    summary: "Compare two contracts: what breaks callers, what asks for more trust, what is new",
    positionals: {
      old: "A lock, a saved spec, git:REV[:PATH], or a server of the config; default: the lock",
      new: "The same; default: the server of the options or of the config, after git:REV the lock as it is now",
    },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, ASKING_OPTIONS, DIFF_OPTIONS],
    examples: [
      ["diff", "mcpgen.lock against the servers of the config as they are now"],
      ["diff git:HEAD", "The lock as committed against the lock as it is"],
      ["diff git:origin/main --format github", "The same in a pull request, as annotations"],
      ["diff old.json new.json --fail-on breaking", "Two saved descriptions"],
      ["diff server.json --cmd 'python server.py'", "A saved description against a server started here"],
    ],
    load: async () => (await import("./commands/diff.js")).diff,
  },
  {
    name: "emitters",
    usage: "emitters",
    summary: "List the emitters: those built in and those in the config",
    positionals: {},
    groups: [
      {
        heading: "Which server:",
        options: { config: { type: "text", describe: "Config file; default: mcpgen.config.* or package.json#mcpgen" } },
      },
    ],
    examples: [["emitters", "What --emit may name"]],
    load: async () => (await import("./commands/emitters.js")).emitters,
  },
];
