import { existsSync } from "node:fs";
import { join } from "node:path";
import { EDITOR_FILES } from "../config/editor.js";
import { loadConfig, type LoadedConfig } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import type { Invocation } from "./commands.js";
import { configServer } from "./config-server.js";
import { adjusted, flagTarget, nothingFor, targetsGiven } from "./flag-target.js";
import { isTransport, type Transport } from "./option/server.js";
import { labelOf, secretsOf, type Era, type Server } from "./target.js";

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
    ...targetsGiven(flags),
    ...(flags.has("config") ? ["--config"] : name === undefined || "name" in inLock ? [] : ["a server name"]),
  ];
  if (given.length > 1) {
    const both = given.slice(0, 2).join(" and ");
    const hint = both === "--cmd and the command after --" ? "give arguments with --args" : "give one of them";
    throw new GeneratorError("usage", `two servers are given: ${both}`, { why: "a command works with one", hint });
  }
  const target = await flagTarget(invocation, kind);
  if (target) {
    return {
      server: withSecretsHidden({ label: labelOf(target), ...inLock, target, ...eraOf(invocation) }, invocation),
    };
  }
  if (kind !== undefined) throw nothingFor(kind);
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

function wanted({ flags }: Invocation): { kind?: Transport; name?: string } {
  const positional = flags.text("target");
  const isKind = positional !== undefined && isTransport(positional);
  const backend = flags.text("backend") as Transport | undefined; // one of its choices
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
    why: `looked for --cmd, a command after --, --url, --tcp, --unix, --websocket, --spec, and in ${cwd} for mcpgen.config.* and package.json#mcpgen`,
    hint:
      files.length > 0
        ? `there is ${files.join(" and ")}: add --config ${files[0] ?? ""}`
        : 'for example --cmd "python server.py", or --url https://host/mcp',
  });
}
