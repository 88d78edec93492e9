import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { GeneratorError } from "../errors.js";
import type { EmittedFile } from "../emit/emitter.js";
import { byCodeUnit } from "../ir/order.js";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";

const ROOT = resolve(import.meta.dirname, "../../snapshots");

/** Files below a snapshot folder: "/"-separated path → text. */
export type Snapshot = ReadonlyMap<string, string>;

export interface SnapshotOptions {
  /** Where the snapshots lie. Default: `snapshots/` of this repository. */
  readonly root?: string;
}

/** JSON of two spaces; members keep their order, since that of a schema's properties is part of what a server says. */
export const specText = (spec: ServerSpec): string => `${JSON.stringify(spec, null, 2)}\n`;

/** The kept spec of a fixture: what emitters are tested from. */
export async function keptSpec(fixture: string): Promise<ServerSpec> {
  const text = await readFile(join(ROOT, fixture, "spec.json"), "utf8");
  return readSpec(JSON.parse(text), `snapshots/${fixture}/spec.json`);
}

/** Vendored files appear as a list of their paths: their bytes are the repository's own and need no second copy. */
export function snapshotOf(files: readonly EmittedFile[]): Snapshot {
  const isVendored = ({ path }: EmittedFile): boolean => path.startsWith("src/runtime/");
  const vendored = files.filter(isVendored).map(({ path }) => `${path}\n`);
  const own = files.filter((file) => !isVendored(file)).map(({ path, contents }): [string, string] => [path, contents]);
  return new Map([
    ...own,
    ...(vendored.length > 0 ? [["vendored.txt", vendored.sort(byCodeUnit).join("")] as const] : []),
  ]);
}

/**
 * Throws GeneratorError `drift` unless the folder holds exactly these files. `why` lists each missing, changed and
 * surplus file, with the first line that differs.
 */
export async function matchSnapshot(
  folder: string,
  files: Snapshot,
  { root = ROOT }: SnapshotOptions = {},
): Promise<void> {
  const kept = await readSnapshot(join(root, folder));
  const faults = [...new Set([...kept.keys(), ...files.keys()])].sort(byCodeUnit).flatMap((path) => {
    const fault = faultOf(kept.get(path), files.get(path));
    return fault === undefined ? [] : [`${path}: ${fault}`];
  });
  if (faults.length === 0) return;
  throw new GeneratorError("drift", `snapshots/${folder} differs in ${faults.length} file(s)\n${faults.join("\n")}`, {
    why: faults.join("\n"),
    hint: "If the change is meant: npm run snapshots, then read the diff.",
  });
}

/** Makes the folder hold exactly these files. Returns the paths written or removed. */
export async function writeSnapshot(
  folder: string,
  files: Snapshot,
  { root = ROOT }: SnapshotOptions = {},
): Promise<readonly string[]> {
  const kept = await readSnapshot(join(root, folder));
  const surplus = [...kept.keys()].filter((path) => !files.has(path));
  const changed = [...files].filter(([path, text]) => kept.get(path) !== text);
  for (const path of surplus) await rm(join(root, folder, path));
  for (const [path, text] of changed) {
    await mkdir(dirname(join(root, folder, path)), { recursive: true });
    await writeFile(join(root, folder, path), text);
  }
  return [...surplus, ...changed.map(([path]) => path)].sort(byCodeUnit);
}

function faultOf(kept: string | undefined, given: string | undefined): string | undefined {
  if (kept === given) return undefined;
  if (kept === undefined) return "missing from the snapshots";
  if (given === undefined) return "surplus, no longer made";
  const [before, after] = [kept.split("\n"), given.split("\n")];
  const at = after.findIndex((line, index) => line !== before[index]);
  const line = at === -1 ? after.length : at;
  return `changed, first in line ${line + 1}\n  - ${shown(before[line])}\n  + ${shown(after[line])}`;
}

const shown = (line: string | undefined): string =>
  line === undefined ? "(end)" : JSON.stringify(line).slice(1, -1).slice(0, 200);

async function readSnapshot(folder: string): Promise<Snapshot> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    paths.map(async (path): Promise<[string, string]> => [
      relative(folder, path).split("\\").join("/"),
      await readFile(path, "utf8"),
    ]),
  );
  return new Map(texts);
}
