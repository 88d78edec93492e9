import { basename, dirname } from "node:path";
import type { ServerConfig } from "./define.js";
import { isObject } from "./object.js";

/** Where editors and clients keep their servers, in the project's folder. Named as a hint, read only on `--config`. */
export const EDITOR_FILES = [
  ".mcp.json",
  "mcp.json",
  ".cursor/mcp.json",
  ".vscode/mcp.json",
  ".gemini/settings.json",
] as const;

/** A server of an editor's file, or why it cannot be used. */
export type EditorServer = { readonly config: ServerConfig } | { readonly problem: string };

/** The servers of an editor's file (`mcpServers`, or `servers` of VS Code), or undefined if it is none. */
export function editorServers(value: unknown, path: string): ReadonlyMap<string, EditorServer> | undefined {
  if (!isObject(value)) return undefined;
  const vscode = basename(path) === "mcp.json" && value.outputs === undefined ? value.servers : undefined;
  const listed = value.mcpServers ?? vscode;
  if (!isObject(listed)) return undefined;
  return new Map(Object.entries(listed).map(([name, entry]) => [name, editorServer(entry)]));
}

/** The folder that an editor opened: that of the file, or the one above a folder of the editor's own. */
export function workspaceOf(path: string): string {
  const folder = dirname(path);
  return /^\.(?:vscode|cursor|gemini)$/.test(basename(folder)) ? dirname(folder) : folder;
}

/** Members that are none of ours (`disabled`, `autoApprove`, …) belong to the editor and are left alone. */
function editorServer(entry: unknown): EditorServer {
  if (!isObject(entry)) return { problem: "it is no object" };
  const { command, args, cwd, env, url, headers, type } = entry;
  if (typeof url === "string")
    return {
      config: { url, ...(type === "sse" ? { transport: type } : {}), ...(isStrings(headers) ? { headers } : {}) },
    };
  if (typeof command !== "string") return { problem: "it has neither command nor url" };
  if (args !== undefined && !(Array.isArray(args) && args.every((arg) => typeof arg === "string")))
    return { problem: "its args are no array of strings" };
  if (env !== undefined && !isStrings(env)) return { problem: "its env holds values that are no strings" };
  return {
    config: {
      command,
      ...(args ? { args } : {}),
      ...(typeof cwd === "string" ? { cwd } : {}),
      ...(env ? { env } : {}),
    },
  };
}

const isStrings = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((one) => typeof one === "string");
