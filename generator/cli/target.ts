import { isAbsolute, resolve } from "node:path";
import { splitCommand } from "../../runtime/guard/command.js";
import type { ServerConfig } from "../config/define.js";
import { expand } from "../config/expand.js";
import type { LoadedConfig } from "../config/load.js";
import type { EmitTarget } from "../emit/emitter.js";
import { GeneratorError } from "../errors.js";

export type Era = "auto" | "legacy" | "modern";

/** A server as it will be reached, all paths absolute and all variables filled in. */
export type Target =
  | {
      readonly kind: "stdio";
      readonly argv: readonly string[];
      /** Absolute. */
      readonly cwd: string;
      /** As the user wrote it, where they did. */
      readonly givenCwd?: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: "http"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** Absolute, or `-` for stdin. */
  | { readonly kind: "spec"; readonly path: string };

export interface Server {
  /** Short and harmless, for notices: the program, the URL without its query, the file. */
  readonly label: string;
  /** Its key in the config, or what --name says: so the lock calls it. Without one, the lock takes the name that it gives itself. */
  readonly name?: string;
  readonly target: Target;
  readonly era?: Era;
}

/** What a generated project may know of the server. The values of variables and headers stay behind. */
export function emitTarget({ target }: Server): EmitTarget | undefined {
  if (target.kind === "stdio") {
    const cwd = target.givenCwd === undefined ? {} : { cwd: target.givenCwd };
    return { kind: "stdio", argv: target.argv, ...cwd, envNames: Object.keys(target.env).sort() };
  }
  if (target.kind === "http") return { kind: "http", url: target.url, headerNames: Object.keys(target.headers).sort() };
  return undefined;
}

/** Values of this target that must never be shown. */
export function secretsOf(target: Target): readonly string[] {
  if (target.kind === "stdio") return Object.values(target.env);
  if (target.kind === "spec") return [];
  const bearer = Object.values(target.headers).flatMap((value) => [value, ...value.split(" ").slice(1)]);
  return [...bearer, ...new URL(target.url).searchParams.values()];
}

export function labelOf(target: Target): string {
  if (target.kind === "stdio") return target.argv[0] ?? "";
  if (target.kind === "spec") return target.path === "-" ? "stdin" : target.path;
  const { origin, pathname, search } = new URL(target.url);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}

/** Throws GeneratorError `usage` on what is no http or https URL. `what` names it: `--url`, `servers.demo.url`. */
export function checkUrl(text: string, what: string): string {
  const fail = (why: string, hint: string): never => {
    throw new GeneratorError("usage", `${what} is no URL of an HTTP server: ${text}`, { why, hint });
  };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const bare = /^[\w.-]+(?::\d+)?(?:\/|$)/.test(text);
    return fail(
      url && !bare ? `its scheme is ${url.protocol.slice(0, -1)}` : "it needs a scheme",
      bare ? `did you mean http://${text}?` : "write http://… or https://…",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new GeneratorError("usage", `${what} holds a user name or password`, {
      why: "it would end up in logs and in generated files",
      hint: "give --auth-token-file, MCPGEN_AUTH_TOKEN or --header 'Authorization: Basic …'",
    });
  }
  return text;
}

export interface ConfigValues {
  readonly env: NodeJS.ProcessEnv;
  /** The server will not be asked: variables and headers are only named, so they need not be set. */
  readonly offline?: boolean;
}

/** One of a config's servers. Throws GeneratorError `config`. */
export function configServer(config: LoadedConfig, name: string, values: ConfigValues): Server {
  const entry = config.servers.get(name);
  if (!entry) {
    const names = [...config.servers.keys()];
    throw new GeneratorError("config", `${config.label} has no server "${name}"`, {
      why: names.length > 0 ? `its servers are ${names.join(", ")}` : "it names no servers",
      hint: "use one of them, or add it",
    });
  }
  if ("problem" in entry)
    throw new GeneratorError("config", `${config.label}: the server "${name}" cannot be used`, {
      why: entry.problem,
      hint: "correct the entry, or use --name for another",
    });
  const target = configTarget(entry.config, { config, name, ...values });
  return { label: name, name, target, ...(entry.config.era ? { era: entry.config.era } : {}) };
}

function configTarget(
  given: ServerConfig,
  { config, name, env, offline = false }: ConfigValues & { readonly config: LoadedConfig; readonly name: string },
): Target {
  const at = `${config.label}: servers.${name}`;
  const fill = (text: string, key: string): string =>
    expand(text, { env, workspace: config.folder, where: `${at}.${key}` });
  const fillAll = (values: Readonly<Record<string, string>> = {}, key: string): Readonly<Record<string, string>> =>
    offline ? values : Object.fromEntries(Object.entries(values).map(([k, value]) => [k, fill(value, `${key}.${k}`)]));

  if (given.url !== undefined)
    return {
      kind: "http",
      url: checkUrl(fill(given.url, "url"), `${at}.url`),
      headers: fillAll(given.headers, "headers"),
    };
  if (given.spec !== undefined) return { kind: "spec", path: resolve(config.folder, fill(given.spec, "spec")) };
  const program =
    given.cmd === undefined ? [fill(given.command ?? "", "command")] : splitCommand(fill(given.cmd, "cmd"));
  const args = (given.args ?? []).map((arg, i) => fill(arg, `args[${i}]`));
  const cwd = given.cwd === undefined ? undefined : fill(given.cwd, "cwd");
  return {
    kind: "stdio",
    argv: [...program, ...args],
    cwd: resolve(config.folder, cwd ?? "."),
    ...(cwd !== undefined && !isAbsolute(cwd) ? { givenCwd: cwd } : {}),
    env: fillAll(given.env, "env"),
  };
}
