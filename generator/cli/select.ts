import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { splitCommand } from "../../runtime/guard/command.js";
import { EDITOR_FILES } from "../config/editor.js";
import { loadConfig, type LoadedConfig } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import type { Invocation } from "./commands.js";
import { headersOf } from "./credentials.js";
import { BACKENDS } from "./option/server.js";
import { checkUrl, configServer, labelOf, secretsOf, type Era, type Server, type Target } from "./target.js";

/** What the options name: one server, or a config from which the command takes what it needs. */
export type Selection =
  | { readonly server: Server }
  | { readonly config: LoadedConfig; /** Given by --name or as positional. */ readonly name?: string };

/**
 * Reads the options of "Which server". Throws GeneratorError `usage` on two targets, on none, and on options that have no effect on
 * the one that is given; `config` on a bad config.
 */
export async function selectServer(invocation: Invocation): Promise<Selection> {
  const { flags, cwd } = invocation;
  const { kind, name } = wanted(invocation);
  const offline = flags.flag("offline");
  // Which of the servers in a lock.
  const inLock = name !== undefined && (offline || flags.has("spec")) ? { name } : {};
  const given = [
    ...(flags.has("cmd") ? ["--cmd"] : []),
    ...(flags.rest.length > 0 ? ["the command after --"] : []),
    ...(flags.has("http") ? ["--url"] : []),
    ...(flags.has("spec") ? ["--spec"] : []),
    ...(flags.has("config") ? ["--config"] : name === undefined || "name" in inLock ? [] : ["a server name"]),
  ];
  if (given.length > 1) {
    const both = given.slice(0, 2).join(" and ");
    const hint = both === "--cmd and the command after --" ? "give arguments with --args" : "give one of them";
    throw new GeneratorError("usage", `two servers are given: ${both}`, { why: "a command works with one", hint });
  }
  const target = await flagTarget(invocation);
  if (target) {
    checkKind(kind, target, given[0] ?? "");
    return {
      server: withSecretsHidden({ label: labelOf(target), ...inLock, target, ...eraOf(invocation) }, invocation),
    };
  }
  if (kind !== undefined)
    throw new GeneratorError("usage", `the ${kind} backend needs ${kind === "stdio" ? "a command" : "a URL"}`, {
      why: `neither ${kind === "stdio" ? "--cmd nor a command after --" : "--http nor --url"} is given`,
      hint: kind === "stdio" ? '--cmd "python server.py"' : "--url https://host/mcp",
    });
  const config = await loadConfig(cwd, flags.text("config"));
  if (!config && offline) return { server: { label: "the lock", ...inLock, target: { kind: "spec", path: "" } } };
  if (!config) throw noServer(cwd);
  return { config, ...(name === undefined ? {} : { name }) };
}

/** The one server of a selection. Throws GeneratorError `usage` where a config has several and none is named. */
export async function theServer(selection: Selection, invocation: Invocation): Promise<Server> {
  if ("server" in selection) return selection.server;
  const { config } = selection;
  const names = [...config.servers.keys()];
  const name = selection.name ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined)
    throw new GeneratorError(
      "usage",
      names.length === 0 ? `${config.label} names no servers` : `${config.label} names ${names.length} servers`,
      {
        why: names.length === 0 ? "its key servers is empty or absent" : `they are ${names.join(", ")}`,
        hint:
          names.length === 0
            ? 'add servers: { demo: { cmd: "python server.py" } }'
            : `choose one: --name ${names[0] ?? ""}`,
      },
    );
  return namedServer(config, name, invocation);
}

/** A config's server with what the options add to it. */
export async function namedServer(config: LoadedConfig, name: string, invocation: Invocation): Promise<Server> {
  const server = configServer(config, name, { env: invocation.env, offline: invocation.flags.flag("offline") });
  const target = await adjusted(server.target, invocation, name);
  return withSecretsHidden({ ...server, target, ...eraOf(invocation) }, invocation);
}

function wanted({ flags }: Invocation): { kind?: string; name?: string } {
  const positional = flags.text("target");
  const isKind = positional !== undefined && (BACKENDS as readonly string[]).includes(positional);
  const backend = flags.text("backend");
  if (isKind && backend !== undefined && backend !== positional)
    throw new GeneratorError("usage", `two backends are given: ${positional} and --backend ${backend}`, {
      hint: "give one of them",
    });
  const names = [isKind ? undefined : positional, flags.text("name")].filter((one) => one !== undefined);
  if (names.length > 1 && names[0] !== names[1])
    throw new GeneratorError("usage", `two servers are given: ${names.join(" and --name ")}`, {
      hint: "give one of them",
    });
  const kind = isKind ? positional : backend;
  return { ...(kind === undefined ? {} : { kind }), ...(names[0] === undefined ? {} : { name: names[0] }) };
}

async function flagTarget(invocation: Invocation): Promise<Target | undefined> {
  const { flags, cwd } = invocation;
  const cmd = flags.text("cmd");
  const url = flags.text("http");
  const spec = flags.text("spec");
  if (url !== undefined)
    return adjusted({ kind: "http", url: checkUrl(url, "--url"), headers: {} }, invocation, "--url");
  if (spec !== undefined)
    return adjusted({ kind: "spec", path: spec === "-" ? "-" : resolve(cwd, spec) }, invocation, "--spec");
  const argv = cmd === undefined ? flags.rest : splitCommand(cmd);
  if (argv.length === 0) return undefined;
  return adjusted({ kind: "stdio", argv, cwd, env: {} }, invocation, "a stdio server");
}

const STDIO_FLAGS = ["args", "cwd", "env"] as const;
const HTTP_FLAGS = ["auth-token", "auth-token-file", "header", "header-file"] as const;

/** The target with what --args, --cwd, --env, --header and their kin add. Throws GeneratorError `usage` on those without effect. */
async function adjusted(target: Target, invocation: Invocation, what: string): Promise<Target> {
  const { flags, cwd } = invocation;
  const idle = [...(target.kind === "stdio" ? [] : STDIO_FLAGS), ...(target.kind === "http" ? [] : HTTP_FLAGS)];
  const idleFlag = idle.find((name) => flags.has(name));
  if (idleFlag !== undefined)
    throw new GeneratorError("usage", `--${idleFlag} has no effect on ${what}`, {
      why: `it is for ${(STDIO_FLAGS as readonly string[]).includes(idleFlag) ? "servers started over stdio" : "HTTP servers"}`,
      hint: `leave --${idleFlag} out`,
    });
  if (target.kind === "spec") return target;
  if (target.kind === "http") return { ...target, headers: { ...target.headers, ...(await headersOf(invocation)) } };
  const given = flags.text("cwd");
  return {
    ...target,
    argv: [...target.argv, ...flags.list("args")],
    ...(given === undefined ? {} : { cwd: resolve(cwd, given), givenCwd: given }),
    env: { ...target.env, ...Object.fromEntries(flags.list("env").map(parseVariable)) },
  };
}

function parseVariable(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  // What stands there may be a secret that lost its name.
  throw new GeneratorError("usage", "--env needs the form NAME=value", {
    hint: "for example --env API_URL=http://localhost; quotes around a value with blanks",
  });
}

function checkKind(kind: string | undefined, target: Target, given: string): void {
  if (kind === undefined || kind === target.kind) return;
  throw new GeneratorError("usage", `the ${kind} backend does not go with ${given}`, {
    why: `${given} names ${target.kind === "stdio" ? "a stdio server" : target.kind === "http" ? "an HTTP server" : "a file, and starts no server"}`,
    hint:
      target.kind === "spec"
        ? `leave the backend out; for a generated project, --option project.backend=${kind}`
        : "leave the backend out: it is told from the target",
  });
}

function eraOf({ flags }: Invocation): { era?: Era } {
  const era = flags.text("backend-era") as Era | undefined;
  return era === undefined ? {} : { era };
}

function withSecretsHidden(server: Server, { print }: Invocation): Server {
  for (const secret of secretsOf(server.target)) print.hide(secret);
  return server;
}

function noServer(cwd: string): GeneratorError {
  const files = EDITOR_FILES.filter((name) => existsSync(join(cwd, name)));
  return new GeneratorError("usage", "no server given", {
    why: `looked for --cmd, a command after --, --url, --spec, and in ${cwd} for mcpgen.config.* and package.json#mcpgen`,
    hint:
      files.length > 0
        ? `there is ${files.join(" and ")}: add --config ${files[0] ?? ""}`
        : 'for example --cmd "python server.py", or --url https://host/mcp',
  });
}
