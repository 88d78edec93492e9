import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { printable } from "../../../runtime/core/log.js";
import { reasonOf, shownFrom, type LoadedConfig } from "../../config/load.js";
import { GeneratorError } from "../../errors.js";
import { lockedSpec, MAX_LOCK_BYTES, looksLikeLock, parseLock } from "../../ir/lock-file.js";
import { readSpec } from "../../ir/read.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { Invocation } from "../commands.js";
import { targetsGiven } from "../flag-target.js";
import { readServer } from "../read-server.js";
import { namedServer, selectServer, theServer } from "../select.js";
import { gitText } from "./diff-git.js";
import type { ContractFile } from "./diff-line.js";

/** One side of a comparison, named but not yet read. */
export type SideName =
  | { readonly kind: "git"; readonly rev: string; /** Absolute. */ readonly path: string }
  /** Absolute. */
  | { readonly kind: "file"; readonly path: string }
  /** The server that the options name. */
  | { readonly kind: "options" }
  /** Servers of the config, by name. */
  | { readonly kind: "config"; readonly names: readonly string[] };

/** One side of a comparison. */
export interface Side {
  /** Short and harmless. */
  readonly label: string;
  /** By name, as in a lock; a single contract that has none is alone under "". */
  readonly servers: ReadonlyMap<string, ServerSpec>;
  /** Where names were looked for: a lock has all the servers there are. */
  readonly isLock: boolean;
  /** On disk as it was read, so that lines of it can be pointed at. */
  readonly file?: ContractFile;
}

export interface Places {
  readonly config: LoadedConfig | undefined;
  /** Absolute: --lock, or mcpgen.lock beside the config or here. */
  readonly lock: string;
  readonly invocation: Invocation;
}

/** What a positional means. Throws GeneratorError `usage` where it means nothing, or two things. */
export function sideName(word: string, { config, lock, invocation: { cwd } }: Places): SideName {
  const [, rev, path] = /^git:([^:]*)(?::(.*))?$/s.exec(word) ?? [];
  if (rev !== undefined) {
    if (rev === "" || path === "")
      throw new GeneratorError("usage", `"${printable(word, 80)}" lacks a ${rev === "" ? "revision" : "path"}`, {
        hint: "git:HEAD, or git:HEAD:path/to/mcpgen.lock",
      });
    return { kind: "git", rev, path: path === undefined ? lock : resolve(cwd, path) };
  }
  const isServer = config?.servers.has(word) === true;
  const isThere = existsSync(resolve(cwd, word));
  if (isServer && isThere)
    throw new GeneratorError("usage", `"${printable(word, 80)}" is a server and a file`, {
      why: `${config.label} names a server so, and there is such a file here`,
      hint: `--name ${word} for the server, ./${word} for the file`,
    });
  if (isServer) return { kind: "config", names: [word] };
  if (isThere) return { kind: "file", path: resolve(cwd, word) };
  const names = [...(config?.servers.keys() ?? [])].map((name) => printable(name, 80));
  throw new GeneratorError("usage", `there is no file "${printable(word, 200)}"`, {
    why:
      names.length > 0
        ? `and no such server; ${config?.label ?? ""} names ${names.join(", ")}`
        : "and no config names a server so",
    hint: "give a lock, a saved spec, git:REV, or a server of the config",
  });
}

/** Reads a side. `only`: no other server is asked. */
export async function readSide(name: SideName, only: string | undefined, places: Places): Promise<Side> {
  const { invocation, config } = places;
  const { cwd, signal } = invocation;
  if (name.kind === "options") {
    // Beside --cmd or --url, a name says only which contract of the other side is meant.
    const asked = namesTarget(invocation) ? { ...invocation, flags: invocation.flags.without("name") } : invocation;
    const server = await theServer(await selectServer(asked), asked);
    return {
      label: server.label,
      isLock: false,
      servers: new Map([[server.name ?? "", await readServer(server, invocation, { fresh: true })]]),
    };
  }
  if (name.kind === "config") {
    if (!config) throw new GeneratorError("internal", "a server of no config");
    const servers = new Map<string, ServerSpec>();
    for (const one of only === undefined ? name.names : [only])
      servers.set(one, await readServer(await namedServer(config, one, invocation), invocation, { fresh: true }));
    return { label: [...servers.keys()].map((one) => printable(one, 80)).join(", "), isLock: false, servers };
  }
  const shown = shownFrom(cwd, name.path).replaceAll("\\", "/");
  if (name.kind === "git") {
    const label = `${shown} in ${printable(name.rev, 80)}`;
    return { label, ...contracts(await gitText({ ...name, cwd, signal }), label) };
  }
  const text = await readText(name.path, shown);
  const read = contracts(text, shown);
  return { label: printable(shown, 200), ...read, file: { path: shown, text, isLock: read.isLock } };
}

/** Whether the options say by themselves how to reach a server. */
export const namesTarget = ({ flags }: Invocation): boolean => targetsGiven(flags).length > 0;

function contracts(text: string, shown: string): Pick<Side, "servers" | "isLock"> {
  if (looksLikeLock(text)) {
    const { servers } = parseLock(text, shown);
    return { isLock: true, servers: new Map(Object.entries(servers).map(([name, one]) => [name, lockedSpec(one)])) };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GeneratorError("spec", `${printable(shown)} holds no valid JSON`, {
      why: error instanceof Error ? error.message : String(error),
      hint: "give a lock, or what mcpgen inspect --json --output spec.json wrote",
      cause: error,
    });
  }
  return { isLock: false, servers: new Map([["", readSpec(json, shown)]]) };
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_LOCK_BYTES)
      throw new GeneratorError("spec", `${shown} is larger than ${MAX_LOCK_BYTES} bytes`, {
        hint: "check that it is the file you meant",
      });
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof GeneratorError) throw error;
    const hint = "check the path; mcpgen generate writes a lock, and mcpgen inspect --json --output FILE a spec";
    throw new GeneratorError("usage", `cannot read ${printable(shown)}`, { why: reasonOf(error), hint, cause: error });
  }
}
