import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../runtime/core/log.js";
import { badSegment } from "../emit/path.js";
import { GeneratorError } from "../errors.js";

/**
 * Refuses a path that is not relative, "/"-separated and portable, or that could lead out of the output folder or into
 * a repository's own files. Throws GeneratorError `output`.
 */
export function checkPath(path: string): void {
  const bad = badSegment(path);
  if (bad === undefined) return;
  throw new GeneratorError("output", `an emitter wants to write ${JSON.stringify(printable(path))}`, {
    why: `${bad === "" ? "an empty part" : JSON.stringify(printable(bad))} is no part of a portable path inside the output folder`,
    hint: "this is a fault of the emitter",
  });
}

/** `checkPath` for each, and no two that are one file on a file system without case, or one the folder of another. */
export function checkPaths(paths: readonly string[]): void {
  const taken = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    checkPath(path);
    const key = path.toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) throw collision(path, other);
    taken.set(key, path);
    for (let end = key.indexOf("/"); end >= 0; end = key.indexOf("/", end + 1)) folders.set(key.slice(0, end), path);
  }
  for (const [key, path] of taken) {
    const below = folders.get(key);
    if (below !== undefined) throw collision(path, below);
  }
}

const collision = (one: string, other: string): GeneratorError =>
  new GeneratorError("output", `two generated files cannot both exist: ${other} and ${one}`, {
    why: "they are one file on a file system that does not tell upper from lower case, or one is the folder of the other",
    hint: "write the emitters' output to different folders",
  });

/** What lies at a path of the output folder. */
export type Found = "nothing" | "file";

/**
 * Looks without following links: a link inside the output folder could lead anywhere.
 * Throws GeneratorError `output` where a link, a folder or a device stands in the way.
 */
export async function lookAt(dir: string, path: string): Promise<Found> {
  const segments = path.split("/");
  for (let depth = 1; depth <= segments.length; depth++) {
    const part = segments.slice(0, depth).join("/");
    const stat = await lstat(join(dir, part)).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
        return undefined;
      throw outputError(`cannot look at ${part}`, dir, error);
    });
    if (!stat) return "nothing";
    const last = depth === segments.length;
    if (last ? stat.isFile() : stat.isDirectory()) continue;
    const what = stat.isSymbolicLink() ? "a symbolic link" : stat.isDirectory() ? "a folder" : "no folder";
    throw new GeneratorError("output", `cannot write ${path} in ${dir}`, {
      why: `${part} is ${last && !stat.isDirectory() && !stat.isSymbolicLink() ? "no ordinary file" : what}`,
      hint: "move it away, or choose another output folder",
    });
  }
  return "file";
}

/** A failure of the file system, in words. */
export function outputError(what: string, dir: string, error: unknown): GeneratorError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const hint =
    code === "EACCES" || code === "EPERM" || code === "EROFS"
      ? `the folder must be writable: ${dir}`
      : code === "ENOSPC" || code === "EDQUOT"
        ? "free some space"
        : code === "ENOTDIR" || code === "EEXIST"
          ? "a file stands where a folder should be; choose another output folder"
          : "choose another output folder";
  return new GeneratorError("output", `${what} in ${dir}`, {
    cause: error,
    why: error instanceof Error ? error.message : String(error),
    hint,
  });
}
