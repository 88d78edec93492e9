import type { EmittedFile } from "../emit/emitter.js";
import { unifiedDiff } from "./diff.js";
import { planOutput } from "./plan.js";

export interface CheckReport {
  /** Nothing would change. */
  readonly ok: boolean;
  /** On disk, but not as it would be generated now. */
  readonly stale: readonly { readonly path: string; readonly diff: string }[];
  readonly missing: readonly string[];
  /** Ours, and no longer generated. */
  readonly surplus: readonly string[];
}

/**
 * Compares a folder with what would be generated. Writes nothing. `diffLines` bounds the diff of each file.
 * Throws GeneratorError `output` where the folder cannot be read.
 */
export async function checkOutput(
  dir: string,
  files: readonly EmittedFile[],
  { diffLines = 40 }: { readonly diffLines?: number } = {},
): Promise<CheckReport> {
  const { steps, surplus, edited } = await planOutput(dir, files);
  const stale = steps.flatMap(({ action, file, before }) =>
    action === "change" && before !== undefined
      ? [{ path: file.path, diff: unifiedDiff(before, file.contents, { path: file.path, maxLines: diffLines }) }]
      : [],
  );
  const missing = steps.filter((step) => step.action === "create").map((step) => step.file.path);
  const left = [...surplus, ...edited];
  return { ok: stale.length + missing.length + left.length === 0, stale, missing, surplus: left };
}
