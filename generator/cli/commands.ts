import type { Readable } from "node:stream";
import type { Flags } from "./flags.js";
import { LOCK_OPTIONS } from "./option/lock.js";
import { CONNECTION_OPTIONS, SERVER_OPTIONS } from "./option/server.js";
import type { OptionGroup } from "./option/option.js";
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
  readonly load: () => Promise<(invocation: Invocation) => Promise<number>>;
}

const SERVER_POSITIONAL = "stdio or http, as with --backend, or one of the servers in the config";

const INSPECT_OPTIONS: OptionGroup = {
  heading: "Result:",
  options: {
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json", "yaml"],
      describe: "Form of the result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write the result to this file instead of stdout" },
  },
};

const GENERATE_OPTIONS: OptionGroup = {
  heading: "What to generate:",
  options: {
    output: { type: "text", alias: ["o", "out"], describe: "Folder for the generated files" },
    emit: {
      type: "list",
      describe: "Emitters, by name or ./file.mjs, with commas between them (repeatable); default project",
    },
    frontend: {
      type: "list",
      choices: ["http", "stdio"],
      describe: "How clients reach the generated proxy (repeatable); default http",
    },
    include: { type: "list", describe: "Only tools, resources and prompts whose name matches this glob (repeatable)" },
    exclude: { type: "list", describe: "Not those whose name matches this glob (repeatable)" },
    option: {
      type: "list",
      describe: "KEY=VALUE for the emitter, EMITTER.KEY=VALUE where there are several (repeatable)",
    },
    force: { type: "flag", describe: "Overwrite files that are not ours" },
    strict: { type: "flag", describe: "Fail if the server's description has errors" },
  },
};

const SCHEMA_OPTIONS: OptionGroup = {
  heading: "Result:",
  options: {
    format: {
      type: "text",
      alias: ["f"],
      choices: ["json", "yaml"],
      describe: "Of OpenAPI; default by the extension of --output, else json",
    },
    output: {
      type: "text",
      alias: ["o", "out"],
      describe:
        "Write to this file instead of stdout; to this folder, in as many files as are good, if it ends with a slash",
    },
    "with-examples": { type: "flag", describe: "OpenAPI: examples of requests and answers, valid by their schemas" },
    include: { type: "list", describe: "Only tools, resources and prompts whose name matches this glob (repeatable)" },
    exclude: { type: "list", describe: "Not those whose name matches this glob (repeatable)" },
    option: { type: "list", describe: "KEY=VALUE for the emitter; mcpgen emitters lists them (repeatable)" },
    check: { type: "flag", describe: "Write nothing; compare with --output; exit 1 with a diff if it differs" },
    force: { type: "flag", describe: "Overwrite files in the folder that are not ours" },
    strict: { type: "flag", describe: "Fail if the server's description has errors" },
  },
};

const AFTERWARDS_OPTIONS: OptionGroup = {
  heading: "And then:",
  options: {
    build: { type: "flag", describe: "Bundle the project to dist/proxy.mjs" },
    release: { type: "flag", describe: "The same, minified" },
    run: { type: "flag", describe: "Bundle it and start it in the foreground" },
    check: {
      type: "flag",
      describe: "Write nothing; compare with the disk and ask the server anew; exit 1 with a diff if it differs",
    },
    "dry-run": { type: "flag", describe: "Write nothing; tell what would be created, changed and removed" },
    watch: {
      type: "flag",
      describe: "Again whenever a server's lists, its own program, a spec or the config change, until Ctrl-C",
    },
    poll: {
      type: "text",
      describe: "With --watch: how often servers are asked that do not say when their lists change; default 30s",
    },
  },
};

const DIFF_OPTIONS: OptionGroup = {
  heading: "What to tell, and when to fail:",
  options: {
    "fail-on": {
      type: "list",
      describe:
        "Exit 1 on changes of these classes: breaking, security, compatible, prose, or none; default breaking,security",
    },
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json", "markdown", "sarif", "github", "junit"],
      describe: "Form of the result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write the result to this file instead of stdout" },
    lock: { type: "text", describe: "The lock; default mcpgen.lock beside the config file, else here" },
  },
};

export const COMMANDS: readonly Command[] = [
  {
    name: "inspect",
    usage: "inspect [target]",
    summary: "Show what an MCP server offers, and what is odd about it",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, INSPECT_OPTIONS],
    examples: [
      ["inspect --cmd 'python server.py'", "A server started here"],
      ["inspect -- npx -y @modelcontextprotocol/server-everything", "The same, as an argv"],
      ["inspect --url https://host/mcp --format json --output server.json", "A remote server, to a file"],
    ],
    load: async () => (await import("./commands/inspect.js")).inspect,
  },
  {
    name: "generate",
    usage: "generate [target]",
    summary: "Generate a standalone typed proxy project, a client, or what a plug-in makes",
    positionals: { target: SERVER_POSITIONAL },
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, GENERATE_OPTIONS, LOCK_OPTIONS, AFTERWARDS_OPTIONS],
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
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, SCHEMA_OPTIONS, LOCK_OPTIONS],
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
    groups: [SERVER_OPTIONS, CONNECTION_OPTIONS, DIFF_OPTIONS],
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
