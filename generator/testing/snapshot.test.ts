import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { matchSnapshot, snapshotOf, writeSnapshot } from "./snapshot.js";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mcpgen-snapshot-"));
});
afterEach(() => rm(root, { recursive: true }));

const given = new Map([
  ["a.txt", "one\ntwo\n"],
  ["deep/b.txt", "b\n"],
]);

describe("matchSnapshot", () => {
  it("passes where the folder holds exactly the files", async () => {
    await writeSnapshot("x", given, { root });
    await expect(matchSnapshot("x", given, { root })).resolves.toBeUndefined();
  });

  const faults: { name: string; path: string; text: string | undefined; want: string }[] = [
    { name: "a missing file", path: "deep/b.txt", text: undefined, want: "deep/b.txt: missing from the snapshots" },
    { name: "a surplus file", path: "deep/c.txt", text: "", want: "deep/c.txt: surplus, no longer made" },
    {
      name: "a changed line",
      path: "a.txt",
      text: "one\n2\n",
      want: "a.txt: changed, first in line 2\n  - 2\n  + two",
    },
    {
      name: "a longer file",
      path: "a.txt",
      text: "one\ntwo\n\n",
      want: "a.txt: changed, first in line 4\n  - \n  + (end)",
    },
    {
      name: "another line end",
      path: "a.txt",
      text: "one\r\ntwo\n",
      want: "a.txt: changed, first in line 1\n  - one\\r\n  + one",
    },
  ];
  it.each(faults)("fails for $name", async ({ path, text, want }) => {
    await writeSnapshot("x", given, { root });
    if (text === undefined) await rm(join(root, "x", path));
    else await writeFile(join(root, "x", path), text);
    await expect(matchSnapshot("x", given, { root })).rejects.toMatchObject({ code: "drift", why: want });
  });

  it("fails where nothing was ever written", async () => {
    await expect(matchSnapshot("x", given, { root })).rejects.toMatchObject({ code: "drift" });
  });
});

describe("writeSnapshot", () => {
  it("writes what changed, removes what is surplus, and tells both", async () => {
    await mkdir(join(root, "x"));
    await writeFile(join(root, "x", "old.txt"), "");
    await writeFile(join(root, "x", "a.txt"), "one\ntwo\n");
    expect(await writeSnapshot("x", given, { root })).toEqual(["deep/b.txt", "old.txt"]);
    expect((await readdir(join(root, "x"))).sort()).toEqual(["a.txt", "deep"]);
    expect(await writeSnapshot("x", given, { root })).toEqual([]);
  });
});

describe("snapshotOf", () => {
  it("lists vendored files instead of copying them", () => {
    const files = [
      { path: "src/runtime/wire/sse.ts", contents: "s" },
      { path: "src/runtime/core/log.ts", contents: "l" },
      { path: "src/main.ts", contents: "m" },
    ];
    const want = new Map([
      ["src/main.ts", "m"],
      ["vendored.txt", "src/runtime/core/log.ts\nsrc/runtime/wire/sse.ts\n"],
    ]);
    expect(snapshotOf(files)).toEqual(want);
  });
});
