import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseLock } from "../ir/lock-file.js";
import { toolServer } from "../testing/lock-sample.js";
import type { Invocation } from "./commands.js";
import { Flags } from "./flags.js";
import { openLockSession, type LockSession } from "./lock.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-session-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (flags: Record<string, unknown> = {}): Promise<LockSession> =>
  openLockSession({ flags: new Flags(flags), cwd: folder } as Invocation, { folder });
const held = async (): Promise<string[]> =>
  Object.entries(parseLock(await readFile(join(folder, "mcpgen.lock"), "utf8"), "").servers).map(
    ([name, { tools }]) => `${name}: ${Object.keys(tools).join(" ")}`,
  );

test("two runs at the same time keep each other's servers", async () => {
  const [one, two] = [await open(), await open()];
  one.settle("one", toolServer({ a: [] }));
  two.settle("two", toolServer({ b: [] }));
  expect((await one.save()).action).toBe("created");
  expect((await two.save()).action).toBe("changed");
  expect(await held()).toEqual(["one: a", "two: b"]);
});

test("two runs at the same time on one server: the second is refused, and the first stays", async () => {
  const [one, two] = [await open(), await open()];
  one.settle("one", toolServer({ a: [] }));
  two.settle("one", toolServer({ b: [] }));
  await one.save();
  await expect(two.save()).rejects.toMatchObject({ code: "output", hint: "run it again" });
  expect(await held()).toEqual(["one: a"]);
  expect(await readdir(folder)).toEqual(["mcpgen.lock"]);
});

test("what another run has broken meanwhile is not written over", async () => {
  const session = await open();
  session.settle("one", toolServer({ a: [] }));
  const path = join(folder, "mcpgen.lock");
  await writeFile(path, "<<<<<<< ours\n");
  await expect(session.save()).rejects.toMatchObject({ code: "lock" });
  expect(await readFile(path, "utf8")).toBe("<<<<<<< ours\n");
});

test("a name that the lock could not give back is refused before it is written", async () => {
  const session = await open();
  session.settle("one", toolServer({ a: [] }));
  session.book("one").names({ target: "plug-in", owner: "tools" }, [{ key: "/tools/a", base: "a; rm" }]);
  await expect(session.save()).rejects.toMatchObject({
    code: "emit",
    text: '"a; rm" is no name (one names plug-in tools /tools/a)',
  });
  expect(await readdir(folder)).toEqual([]);
});

test.each(["__proto__", "constructor", ""])("a server called %j", async (name) => {
  const first = await open();
  expect(first.has(name)).toBe(false);
  expect(() => first.offlineSpec(name)).toThrow("there is no mcpgen.lock");
  first.settle(name, toolServer({ a: [] }));
  first.keepFilter(name, join(folder, "__proto__"), { include: ["*"] });
  await first.save();
  const second = await open({ locked: true });
  expect(second.has(name)).toBe(true);
  expect(second.offlineSpec(name)).toEqual(toolServer({ a: [] }));
  expect(second.filter(name, join(folder, "__proto__"))).toEqual({ include: ["*"] });
  await expect(second.guard()).resolves.toMatchObject({ action: "unchanged" });
  expect((await second.save()).action).toBe("unchanged");
});
