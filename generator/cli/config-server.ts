import { isAbsolute, resolve } from "node:path";
import { splitCommand } from "../../runtime/guard/command.js";
import type { ServerConfig } from "../config/define.js";
import { expand } from "../config/expand.js";
import type { LoadedConfig } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import { checkUrl, kindOfUrl, parseTcp, parseUnix } from "./address.js";
import type { Server, Target, TlsFiles } from "./target.js";

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
  const tlsFiles: TlsFiles = Object.fromEntries(
    Object.entries(given.tls ?? {}).map(([key, file]: [string, string]) => [
      key,
      resolve(config.folder, fill(file, `tls.${key}`)),
    ]),
  );

  const key = given.url === undefined ? "websocket" : "url";
  const address = given[key];
  if (address !== undefined) {
    const url = fill(address, key);
    const kind = key === "websocket" ? key : (given.transport ?? kindOfUrl(url));
    return { kind, url: checkUrl(url, `${at}.${key}`, kind), headers: fillAll(given.headers, "headers"), tlsFiles };
  }
  if (given.tcp !== undefined) return { kind: "tcp", ...parseTcp(fill(given.tcp, "tcp"), `${at}.tcp`), tlsFiles };
  if (given.unix !== undefined) {
    const givenPath = parseUnix(fill(given.unix, "unix"));
    return { kind: "unix", path: resolve(config.folder, givenPath), givenPath };
  }
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
