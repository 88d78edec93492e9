import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EmittedFile } from "../emit/emitter.js";
import { GeneratorError } from "../errors.js";
import { byCodeUnit } from "../ir/order.js";
import { checkPath, lookAt, outputError } from "./paths.js";

/** Where the list of our files lies, in the output folder. */
export const MANIFEST_PATH = ".mcpgen/manifest.json";

/** Which files of a folder are ours. A file is ours only while its bytes have the hash that we wrote. */
export interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** Written once for the user, whose they are: never replaced, never removed. */
  readonly userFiles: readonly string[];
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** The manifest as a file among the others; it does not list itself. */
export function manifestFile(files: readonly EmittedFile[]): EmittedFile {
  const sorted = [...files].sort((a, b) => byCodeUnit(a.path, b.path));
  const manifest: Manifest = {
    files: sorted.filter((file) => !file.once).map(({ path, contents }) => ({ path, sha256: sha256(contents) })),
    userFiles: sorted.filter((file) => file.once).map(({ path }) => path),
  };
  return { path: MANIFEST_PATH, contents: `${JSON.stringify(manifest, undefined, 2)}\n`, verbatim: true };
}

/** `undefined` where there is none. Throws GeneratorError `output` where it is damaged: what is ours would be a guess. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  if ((await lookAt(dir, MANIFEST_PATH)) === "nothing") return undefined;
  let text: string;
  try {
    text = await readFile(join(dir, MANIFEST_PATH), "utf8");
  } catch (error) {
    throw outputError(`cannot read ${MANIFEST_PATH}`, dir, error);
  }
  const manifest = parse(text);
  if (!manifest)
    throw new GeneratorError("output", `${join(dir, MANIFEST_PATH)} is damaged`, {
      why: "it lists the files that mcpgen may replace, and cannot be read",
      hint: "restore it from version control, or delete it and run again with --force",
    });
  for (const path of [...manifest.files.map((file) => file.path), ...manifest.userFiles]) checkPath(path);
  return manifest;
}

function parse(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("files" in value) || !("userFiles" in value)) return undefined;
  const { files, userFiles } = value;
  if (!Array.isArray(files) || !Array.isArray(userFiles)) return undefined;
  if (!userFiles.every((one): one is string => typeof one === "string") || !files.every(isEntry)) return undefined;
  return { files, userFiles };
}

const isEntry = (value: unknown): value is Manifest["files"][number] =>
  typeof value === "object" &&
  value !== null &&
  "path" in value &&
  typeof value.path === "string" &&
  "sha256" in value &&
  typeof value.sha256 === "string";
