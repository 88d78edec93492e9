import { readFile, stat } from "node:fs/promises";
import { reasonOf } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import { MAX_LOCK_BYTES } from "../ir/lock-file.js";

/** Text of a lock; undefined where there is no file. Throws GeneratorError `lock` on one that cannot be read. */
export async function readLock(path: string, shown: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_LOCK_BYTES)
      throw new GeneratorError("lock", `${shown} is larger than ${MAX_LOCK_BYTES} bytes`, {
        hint: "check that it is the file you meant",
      });
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof GeneratorError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new GeneratorError("lock", `cannot read ${shown}`, {
      why: reasonOf(error),
      hint: "check the path",
      cause: error,
    });
  }
}
