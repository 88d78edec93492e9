import { randomUUID } from "node:crypto";
import { access, constants, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GeneratorError } from "../errors.js";

/** One file the user asked for, complete or not at all. Throws GeneratorError `output`. */
export async function writeFileWhole(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, contents, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // its folder may be what cannot be written
    throw notWritable(path, error);
  }
}

/** Makes the folder, and finds what would keep `writeFileWhole` from it, before anything else is written. Throws GeneratorError `output`. */
export async function prepareFolderOf(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw notWritable(path, error);
  }
}

const notWritable = (path: string, error: unknown): GeneratorError =>
  new GeneratorError("output", `cannot write ${path}`, {
    why: reasonOf(error),
    hint: "check the folder and its permissions",
    cause: error,
  });

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "its folder does not exist";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "ENOSPC") return "the disk is full";
  return message;
}
