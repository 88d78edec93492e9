import { randomUUID } from "node:crypto";
import { open, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { EmittedFile } from "../emit/emitter.js";
import { GeneratorError } from "../errors.js";
import { makeFolder } from "./folder.js";
import { outputError } from "./paths.js";
import { planOutput, type Plan, type Step } from "./plan.js";

export interface WriteOptions {
  /** Replace files that are not ours, or that were edited by hand. Never those of the user (`once`). */
  readonly force?: boolean;
  readonly dryRun?: boolean;
  /** Counts until the new files are put in place; from then on it is finished. */
  readonly signal?: AbortSignal;
}

/** Paths in the output folder, in code-unit order. */
export interface Changes {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  /** The user's own files, and edited ones that are no longer generated. */
  readonly kept: readonly string[];
}

/** What will be done to one folder. Nothing has been written. */
export interface PreparedOutput {
  readonly changes: Changes;
  /**
   * All or nothing, as far as a file system lets: everything is first written beside its place and then moved; a failure or an abort before
   * that leaves no trace.
   */
  write(signal?: AbortSignal): Promise<void>;
}

/** Throws GeneratorError `output` where files stand in the way that are not ours. */
export async function prepareOutput(
  dir: string,
  files: readonly EmittedFile[],
  { force = false }: Pick<WriteOptions, "force"> = {},
): Promise<PreparedOutput> {
  const plan = await planOutput(dir, files);
  if (!force) refuseConflicts(dir, plan);
  return {
    changes: changesOf(plan),
    async write(signal) {
      const staged = await stage(dir, plan.steps, signal);
      for (const { temporary, path } of staged)
        await orFail(rename(temporary, join(dir, path)), `cannot write ${path}`, dir);
      for (const path of plan.surplus) await remove(dir, path);
    },
  };
}

/** Brings a folder to what was generated. Throws GeneratorError `output`. */
export async function writeOutput(
  dir: string,
  files: readonly EmittedFile[],
  { force = false, dryRun = false, signal }: WriteOptions = {},
): Promise<Changes> {
  const prepared = await prepareOutput(dir, files, { force });
  if (!dryRun) await prepared.write(signal);
  return prepared.changes;
}

function changesOf({ steps, surplus, edited }: Plan): Changes {
  const paths = (action: Step["action"]): string[] =>
    steps.filter((step) => step.action === action).map((step) => step.file.path);
  return {
    created: paths("create"),
    changed: paths("change"),
    unchanged: paths("same"),
    removed: surplus,
    kept: [...paths("keep"), ...edited],
  };
}

function refuseConflicts(dir: string, { steps }: Plan): void {
  const of = (conflict: Step["conflict"]): string[] =>
    steps.filter((step) => step.conflict === conflict).map((step) => step.file.path);
  const [foreign, edited] = [of("foreign"), of("edited")];
  if (foreign.length > 0)
    throw new GeneratorError("output", `${dir} holds files that mcpgen did not write: ${shown(foreign)}`, {
      why: "they would be overwritten",
      hint: "choose another folder with --out, or overwrite them with --force",
    });
  if (edited.length > 0)
    throw new GeneratorError("output", `generated files in ${dir} were edited by hand: ${shown(edited)}`, {
      why: "the edits would be lost; code of your own belongs in src/hooks.ts",
      hint: "keep a copy of the edits, then overwrite them with --force",
    });
}

const shown = (paths: readonly string[]): string =>
  paths.slice(0, 10).join(", ") + (paths.length > 10 ? ` and ${paths.length - 10} more` : "");

interface Staged {
  readonly temporary: string;
  readonly path: string;
}

/** Writes everything that changes under temporary names, the manifest last. Leaves nothing behind when it fails. */
async function stage(dir: string, steps: readonly Step[], signal: AbortSignal | undefined): Promise<readonly Staged[]> {
  const run = randomUUID().slice(0, 8);
  const folders: string[] = [];
  const staged: Staged[] = [];
  const pending = steps.filter((step) => step.action === "create" || step.action === "change");
  // What lies under the folder of the manifest comes last: a run that is killed between two moves can then be repeated.
  const ordered = [
    ...pending.filter(({ file }) => !isOwn(file.path)),
    ...pending.filter(({ file }) => isOwn(file.path)),
  ];
  try {
    for (const { file } of ordered) {
      if (signal?.aborted)
        throw new GeneratorError("output", "interrupted before anything was written", { cause: signal.reason });
      const target = join(dir, file.path);
      const made = await orFail(makeFolder(dirname(target)), `cannot make the folder for ${file.path}`, dir);
      if (made !== undefined) folders.push(made);
      const temporary = join(dirname(target), `.mcpgen-${run}-${staged.length}.tmp`);
      staged.push({ temporary, path: file.path });
      await orFail(writeSynced(temporary, file.contents), `cannot write ${file.path}`, dir);
    }
  } catch (error) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
    // Only folders that this run made, and everything in them is gone by now.
    for (const folder of folders.reverse()) await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return staged;
}

const isOwn = (path: string): boolean => path.startsWith(".mcpgen/");

async function writeSynced(path: string, contents: string): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(contents, "utf8");
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a file of ours, and the folders that are empty then. */
async function remove(dir: string, path: string): Promise<void> {
  await orFail(rm(join(dir, path), { force: true }), `cannot remove ${path}`, dir);
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const emptied = await rmdir(join(dir, folder)).then(
      () => true,
      () => false, // not empty: somebody else's files are in it
    );
    if (!emptied) return;
  }
}

async function orFail<T>(work: Promise<T>, what: string, dir: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw outputError(what, dir, error);
  }
}
