import type { EmitTarget } from "../../emit/emitter.js";
import type { BackendKind, FrontendKind } from "./options.js";

/** How a generated project reaches its server: modules of the runtime, and the names that it uses of them. */
export interface BackendPart {
  /** Below `backends/`. */
  readonly module: string;
  readonly factory: string;
  /** Below `app/`. */
  readonly settings: string;
  readonly flags: string;
  readonly bakedType: string;
  readonly read: string;
  /** Of its URL, where it has one. */
  readonly schemes?: readonly string[];
}

const STDIO: BackendPart = {
  module: "stdio",
  factory: "stdioBackend",
  settings: "stdio-server",
  flags: "STDIO_SERVER_FLAGS",
  bakedType: "BakedCommand",
  read: "readStdioServer",
};

const TCP: BackendPart = {
  module: "tcp",
  factory: "tcpBackend",
  settings: "tcp-server",
  flags: "TCP_SERVER_FLAGS",
  bakedType: "BakedTcp",
  read: "readTcpServer",
};

const UNIX: BackendPart = {
  module: "unix",
  factory: "unixBackend",
  settings: "unix-server",
  flags: "UNIX_SERVER_FLAGS",
  bakedType: "BakedSocket",
  read: "readUnixServer",
};

const byUrl = (module: string, factory: string, schemes: readonly string[]): BackendPart => ({
  module,
  factory,
  settings: "url-server",
  flags: "URL_SERVER_FLAGS",
  bakedType: "BakedUrl",
  read: "readUrlServer",
  schemes,
});

export const BACKEND_PARTS: Readonly<Record<BackendKind, BackendPart>> = {
  stdio: STDIO,
  http: byUrl("http-or-sse", "httpOrSseBackend", ["http", "https"]),
  sse: byUrl("sse", "sseBackend", ["http", "https"]),
  websocket: byUrl("websocket", "websocketBackend", ["ws", "wss"]),
  tcp: TCP,
  unix: UNIX,
};

/** Those that share one web server. */
const WEB: ReadonlySet<FrontendKind> = new Set(["http", "sse", "websocket"]);

/** What main.ts and config.ts import for the frontends, below `runtime/`. */
export function frontendModules(frontends: readonly FrontendKind[]): readonly string[] {
  const isWeb = frontends.some((kind) => WEB.has(kind));
  const isNetwork = isWeb || frontends.includes("tcp");
  return [
    ...frontends.map((kind) => `frontends/${kind}.ts`),
    ...(isWeb ? ["frontends/web.ts", "app/web-settings.ts"] : []),
    ...(isNetwork ? ["app/access.ts", "app/access-settings.ts", "app/tls-settings.ts"] : []),
    ...(frontends.includes("tcp") ? ["app/tcp-settings.ts"] : []),
    ...(frontends.includes("unix") ? ["app/unix-settings.ts"] : []),
  ];
}

/** Switches of the templates. */
export function frontendView(frontends: readonly FrontendKind[]): Readonly<Record<string, boolean>> {
  const has = (kind: FrontendKind): boolean => frontends.includes(kind);
  const isWeb = frontends.some((kind) => WEB.has(kind));
  return {
    isStdioFrontend: has("stdio"),
    isHttpFrontend: has("http"),
    isSseFrontend: has("sse"),
    isWebsocketFrontend: has("websocket"),
    isTcpFrontend: has("tcp"),
    isUnixFrontend: has("unix"),
    isWeb,
    isOnlySse: frontends.every((kind) => kind === "sse"),
    isSoleTcp: has("tcp") && !isWeb,
    hasEndpoint: has("http") || has("websocket"),
    isNetwork: isWeb || has("tcp"),
  };
}

/** What is baked into a project, by the kind of its backend: a BakedCommand, BakedUrl, BakedTcp or BakedSocket of the runtime. */
export interface Baked {
  readonly argv?: readonly string[];
  readonly cwd?: string;
  readonly envNames?: readonly string[];
  readonly url?: string;
  readonly headerNames?: readonly string[];
  readonly address?: string;
  readonly path?: string;
}

/** What the project starts from. A target of another kind than its backend does not count. */
export function bakedOf(target: EmitTarget | undefined, kind: BackendKind): Baked {
  const given = target?.kind === kind ? target : undefined;
  if (!given)
    return { ...(kind === "stdio" && { envNames: [] }), ...(BACKEND_PARTS[kind].schemes && { headerNames: [] }) };
  switch (given.kind) {
    case "stdio":
      return { argv: given.argv, ...(given.cwd !== undefined && { cwd: given.cwd }), envNames: envNamesOf(given) };
    case "tcp":
      return { address: `${given.tls ? "tls://" : ""}${hostText(given.host)}:${given.port}` };
    case "unix":
      return { path: given.path };
    default:
      return { url: given.url, headerNames: given.headerNames };
  }
}

/** Variables that a shell, and our own --backend-env, can name. */
const envNamesOf = ({ envNames }: { readonly envNames: readonly string[] }): readonly string[] =>
  envNames.filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));

const hostText = (host: string): string => (host.includes(":") ? `[${host}]` : host);
