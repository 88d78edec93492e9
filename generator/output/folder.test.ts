import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./folder.js";

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "mcpgen-folder-"));
});
afterEach(() => rm(work, { recursive: true }));

describe("makeFolder()", () => {
  it("makes what is missing and names the topmost", async () => {
    expect(await makeFolder(join(work, "a/b/c"))).toBe(join(work, "a"));
    expect(await readdir(join(work, "a/b"))).toEqual(["c"]);
    expect(await makeFolder(join(work, "a/b/c"))).toBeUndefined();
    expect(await makeFolder(join(work, "a/b/d"))).toBe(join(work, "a/b/d"));
  });

  it("is refused where a file stands in the way", async () => {
    await writeFile(join(work, "file"), "");
    await expect(makeFolder(join(work, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolder(join(work, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it.runIf(existsSync("/proc/self"))("ends where a file system makes no folders", async () => {
    await expect(makeFolder("/proc/nowhere/below")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
