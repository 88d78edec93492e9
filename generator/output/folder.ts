import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. Returns the topmost one made, `undefined` if it was there.
 * Node's own `recursive` never ends where a file system answers ENOENT for a folder in one that exists, as /proc does.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const first = await attempt(path);
  if (first !== "no parent") return first === "made" ? path : undefined;
  const above = await makeFolder(dirname(path));
  if ((await attempt(path)) === "no parent")
    throw Object.assign(new Error(`folders cannot be made in ${dirname(path)}`), { code: "ENOENT" });
  return above ?? path;
}

async function attempt(path: string): Promise<"made" | "there" | "no parent"> {
  try {
    await mkdir(path);
    return "made";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return "there";
    if (code === "ENOENT" && dirname(path) !== path) return "no parent";
    throw error;
  }
}
