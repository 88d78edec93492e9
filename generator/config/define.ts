/** How to reach one server: one of `command`, `cmd`, `url`, `websocket`, `tcp`, `unix` and `spec`. */
export interface ServerConfig {
  /** The program, as it is; its arguments are `args`. */
  readonly command?: string;
  /** Program and arguments in one line, split like a POSIX shell splits words, without a shell. */
  readonly cmd?: string;
  readonly args?: readonly string[];
  /** Folder the server is started in, relative to the config file. Default: the folder of the config file. */
  readonly cwd?: string;
  /** `${NAME}` and `${NAME:-default}` stand for variables of mcpgen's own environment, here and in every other value. */
  readonly env?: Readonly<Record<string, string>>;
  /** An HTTP server, or a WebSocket server where it begins with ws. */
  readonly url?: string;
  /** Of `url`. Default `http`: Streamable HTTP, or HTTP+SSE where the server has only that. */
  readonly transport?: "http" | "sse";
  readonly websocket?: string;
  /** `HOST:PORT`; `tls://HOST:PORT` for TLS. */
  readonly tcp?: string;
  /** A Unix socket, relative to the config file. */
  readonly unix?: string;
  /** PEM files, relative to the config file: who vouches for the server, and what it wants to know of us. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Of HTTP and WebSocket servers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A saved ServerSpec, relative to the config file. */
  readonly spec?: string;
  readonly era?: "auto" | "legacy" | "modern";
}

/** One folder of generated files. */
export interface OutputConfig {
  /** One of `servers`. May be left out where there is only one. */
  readonly server?: string;
  /** Relative to the config file. */
  readonly out: string;
  /** Names of built-in emitters, `./file.mjs` relative to the config file, or packages. Default: `["project"]`. */
  readonly emit?: readonly string[];
  /** By emitter name. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Globs over names of tools, resources, templates and prompts. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** How clients reach the generated proxy. The same as `options.project.frontend`. */
  readonly frontend?: readonly ("stdio" | "http" | "sse" | "tcp" | "unix" | "websocket")[];
}

/** A change that `mcpgen diff` tells, but does not count. */
export interface DiffIgnore {
  /** `TOOL_REMOVED`; the list is in docs/diff.md. */
  readonly rule: string;
  /** One of `servers`, or a name in the lock. */
  readonly server?: string;
  /** As diff names it, `*` being any text: `tool get-*`. */
  readonly item?: string;
  /** As diff --json names the `place`; what stands below it is meant too: `/tools/get-user/inputSchema`. */
  readonly pointer?: string;
  /** Why it may be ignored. */
  readonly reason: string;
  /** The last day on which it is, in UTC: `2027-01-31`. */
  readonly until?: string;
}

/** What `mcpgen diff` makes of changes. */
export interface DiffConfig {
  /** By rule. `off`: not told at all. */
  readonly severity?: Readonly<Record<string, "breaking" | "security" | "compatible" | "prose" | "off">>;
  readonly ignore?: readonly DiffIgnore[];
}

export interface Config {
  readonly servers?: Readonly<Record<string, ServerConfig>>;
  readonly outputs?: readonly OutputConfig[];
  readonly diff?: DiffConfig;
}

/** The config itself, checked by the compiler: `export default defineConfig({ … })`. */
export const defineConfig = (config: Config): Config => config;
