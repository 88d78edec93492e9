import type { EmitContext, EmitTarget } from "../../emit/emitter.js";
import { contractHash } from "../../ir/contract.js";
import type { Names } from "../../ir/names.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { BackendKind, ProjectOptions } from "./options.js";
import { BACKEND_PARTS, bakedOf, frontendView } from "./transport.js";

/** What the templates see: nothing but words, lists and switches; every hole escapes for itself. */
export type View = Readonly<Record<string, unknown>>;

export interface ViewInput {
  readonly spec: ServerSpec;
  readonly names: Names;
  readonly header: string;
  readonly options: ProjectOptions;
  readonly context: EmitContext;
  readonly packages: Readonly<Record<string, string>>;
}

export function projectView({ spec, names, header, options, context, packages }: ViewInput): View {
  const { server } = spec;
  const name = options.name ?? packageName(server.name);
  const types = names.tools.flatMap(({ input, output }) => (output === undefined ? [input] : [input, output]));
  const [first] = spec.tools;
  return {
    header,
    name,
    server: server.name,
    version: /^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(server.version) ? server.version : "0.0.0",
    description: `Proxy for the MCP server ${server.name}`,
    dependencies: packages,
    devDependencies: Object.fromEntries(devPackages(packages).map((one) => [one, context.packageRange(one)])),
    tools: names.tools.map((tool) => ({ ...tool, isInherited: INHERITED.has(tool.name) })),
    types,
    example: first === undefined ? "" : JSON.stringify(first.name),
    contractSha256: contractHash(spec),
    contractText: JSON.stringify(embedded(spec)),
    ...frontendView(options.frontends),
    ...backendView(context.target, backendKind(options, context.target)),
  };
}

/** What every object literal has of its own accord: under such a name, no hook still means something to the compiler. */
const INHERITED: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(Object.prototype).filter((one) => !one.startsWith("__")),
);

/** For the build, the compiler, and the typed client. */
const DEV_PACKAGES = ["@modelcontextprotocol/sdk", "@types/node", "esbuild", "typescript"];

/** Packages whose types are a package of their own. */
const TYPES: Readonly<Record<string, string>> = { ws: "@types/ws" };

const devPackages = (packages: Readonly<Record<string, string>>): readonly string[] =>
  [...DEV_PACKAGES, ...Object.keys(packages).flatMap((name) => TYPES[name] ?? [])].sort();

export const backendKind = (options: ProjectOptions, target: EmitTarget | undefined): BackendKind =>
  options.backend ?? target?.kind ?? "stdio";

function backendView(target: EmitTarget | undefined, kind: BackendKind): View {
  const { module, settings, schemes, ...names } = BACKEND_PARTS[kind];
  const baked = bakedOf(target, kind);
  const { argv = [], envNames = [], headerNames = [], url, address, path } = baked;
  return {
    ...names,
    backendModule: `./runtime/backends/${module}.js`,
    serverModule: `./runtime/app/${settings}.js`,
    schemes: schemes ?? [],
    isStdioBackend: kind === "stdio",
    isUrlBackend: schemes !== undefined,
    isTcpBackend: kind === "tcp",
    isUnixBackend: kind === "unix",
    isTlsBackend: schemes !== undefined || kind === "tcp",
    baked,
    envNames,
    headerNames,
    command: argv.map(shown).join(" "),
    address: url ?? address ?? path ?? "",
  };
}

/** A word of a command as a reader would have to type it. */
const shown = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Everything but what introspection found odd: that is for whoever generates, not for whoever runs the proxy. */
const embedded = (spec: ServerSpec): object =>
  Object.fromEntries(Object.entries(spec).filter(([member]) => member !== "diagnostics"));

/** `mcp-servers/everything` → `mcp-servers-everything-proxy`. */
function packageName(server: string): string {
  const words = server
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80);
  const base = words === "" ? "mcp" : words;
  return base.endsWith("-proxy") ? base : `${base}-proxy`;
}
