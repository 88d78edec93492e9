import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { GeneratorError } from "../errors.js";
import { importModule } from "./module.js";
import type { Config, DiffConfig, OutputConfig } from "./define.js";
import { editorServers, workspaceOf, type EditorServer } from "./editor.js";
import { parseJsonc } from "./jsonc.js";
import { isObject } from "./object.js";
import { checkConfig } from "./schema.js";

export const CONFIG_NAMES = ["ts", "mts", "js", "mjs", "json", "jsonc", "yaml", "yml"].map(
  (ext) => `mcpgen.config.${ext}`,
);

/** No config file of people is longer. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

export interface LoadedConfig {
  /** As errors name it. */
  readonly label: string;
  /** Absolute; what the config's relative paths start from. */
  readonly folder: string;
  readonly servers: ReadonlyMap<string, EditorServer>;
  readonly outputs: readonly OutputConfig[];
  readonly diff: DiffConfig;
}

/**
 * The config named by `path`, else the one that lies in `cwd`, else undefined. Throws GeneratorError `config`: a file that cannot be read
 * or parsed (with line and column), a key that is unknown or wrong (with its path), two config files at once.
 */
export async function loadConfig(cwd: string, path?: string): Promise<LoadedConfig | undefined> {
  if (path !== undefined) return read(resolve(cwd, path), path);
  const found: string[] = [];
  for (const name of CONFIG_NAMES) if (await isFile(join(cwd, name))) found.push(name);
  if (found.length > 1)
    throw new GeneratorError("config", `there are several config files: ${found.join(", ")}`, {
      why: `all of them lie in ${cwd}`,
      hint: "keep one, or name one with --config",
    });
  if (found[0] !== undefined) return read(join(cwd, found[0]), found[0]);
  if (!(await isFile(join(cwd, "package.json")))) return undefined;
  const manifest = await parse(join(cwd, "package.json"), "package.json");
  if (!isObject(manifest) || manifest.mcpgen === undefined) return undefined;
  return loaded(checkConfig(manifest.mcpgen, "package.json#mcpgen"), "package.json#mcpgen", cwd);
}

async function read(path: string, label: string): Promise<LoadedConfig> {
  const value = await parse(path, label);
  if (basename(path) === "package.json") {
    const own = isObject(value) ? value.mcpgen : undefined;
    if (own === undefined)
      throw new GeneratorError("config", `${label} has no key "mcpgen"`, {
        hint: "add one, or name another file with --config",
      });
    return loaded(checkConfig(own, `${label}#mcpgen`), `${label}#mcpgen`, dirname(path));
  }
  const servers = editorServers(value, path);
  if (servers) return { label, folder: workspaceOf(path), servers, outputs: [], diff: {} };
  return loaded(checkConfig(value, label), label, dirname(path));
}

function loaded({ servers = {}, outputs = [], diff = {} }: Config, label: string, folder: string): LoadedConfig {
  return {
    label,
    folder,
    outputs,
    diff,
    servers: new Map(Object.entries(servers).map(([name, config]) => [name, { config }])),
  };
}

async function parse(path: string, label: string): Promise<unknown> {
  const extension = extname(path);
  if (/^\.[cm]?[jt]s$/.test(extension)) {
    if (!(await isFile(path))) throw unreadable(label, "there is no such file");
    const module = await importModule(`./${basename(path)}`, dirname(path));
    const value = module.default;
    if (value === undefined)
      throw new GeneratorError("config", `${label} exports no config`, {
        why: "it has no default export",
        hint: "export default defineConfig({ … })",
      });
    return typeof value === "function" ? await (value as () => unknown)() : value;
  }
  const text = await readText(path, label);
  if (extension !== ".yaml" && extension !== ".yml") return parseJsonc(text, label);
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  if (first) {
    const at = first.linePos?.[0];
    throw new GeneratorError("config", `${label}${at ? `:${at.line}:${at.col}` : ""}: not valid YAML`, {
      why: first.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? first.code,
      hint: at ? `correct line ${at.line} of ${label}` : `correct ${label}`,
    });
  }
  return document.toJS({ maxAliasCount: 100 }) as unknown;
}

async function readText(path: string, label: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES) throw unreadable(label, `it is ${size} bytes long; the limit is ${MAX_CONFIG_BYTES}`);
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof GeneratorError) throw error;
    throw unreadable(label, reasonOf(error), error);
  }
}

function unreadable(label: string, why: string, cause?: unknown): GeneratorError {
  return new GeneratorError("config", `cannot read ${label}`, { why, hint: "check the path", cause });
}

/** Reason of a failed file operation, without the path that the sentence names already. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return message;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** `path` as a user in `cwd` would write it. */
export const shownFrom = (cwd: string, path: string): string => relative(cwd, path) || ".";
