import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockedSpec, lockServer, parseLock, printLock } from "../ir/lock-file.js";
import { callCli } from "./call-cli.js";
import type { CliResult } from "../testing/cli.js";
import { toolServer } from "../testing/lock-sample.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-lock-"));
  await writeFile(join(folder, "names.mjs"), NAMES_EMITTER);
  await spec(TOOLS);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TOOLS = { "get-b": ["z", "a"], "get.d": ["x"] };

/** Names from the lock, so that each test sees what it settles. */
const NAMES_EMITTER = `export default {
  api: 1, name: "names", summary: "A line for each tool",
  parseOptions: (raw) => raw,
  emit: (spec, options, { lock }) => {
    const wishes = spec.tools.map(({ name }) => ({ key: "/tools/" + name, base: name.replace(/[^a-z]/g, "") }));
    const given = lock.names({ target: "names", owner: "tools" }, wishes);
    const lines = spec.tools.map(({ inputSchema }, i) => given[i] + " " + Object.keys(inputSchema.properties ?? {}) + "\\n");
    return Promise.resolve([{ path: "names.txt", contents: lines.join(""), verbatim: true }]);
  },
};`;

const spec = (tools: Readonly<Record<string, readonly string[]>>, file = "spec.json"): Promise<void> =>
  writeFile(join(folder, file), JSON.stringify(toolServer(tools)));
const run = (...args: string[]): Promise<CliResult> => callCli(["generate", ...args], { cwd: folder });
const EMIT = ["--emit", "./names.mjs", "--out", "out"];
const FROM = ["--spec", "spec.json", ...EMIT];
const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
const lock = (): Promise<string> => read("mcpgen.lock");
const names = (): Promise<string> => read("out/names.txt");
const firstLine = ({ stderr }: CliResult): string => stderr.split("\n")[0] ?? "";

describe("mcpgen.lock", () => {
  test("is written with the outputs, and left alone while nothing changes", async () => {
    expect(await run(...FROM)).toEqual({ code: 0, stdout: "", stderr: "out: 2 created\nmcpgen.lock: created\n" });
    const { servers } = parseLock(await lock(), "mcpgen.lock");
    expect(Object.keys(servers)).toEqual(["demo"]);
    expect(servers["demo"] && lockedSpec(servers["demo"]).tools).toEqual(toolServer(TOOLS).tools);
    expect(servers["demo"]?.names).toEqual({ names: { tools: { "/tools/get-b": "getb", "/tools/get.d": "getd" } } });
    // Another layout says the same, so nobody's file is rewritten.
    const flat = JSON.stringify(JSON.parse(await lock()));
    await writeFile(join(folder, "mcpgen.lock"), flat);
    expect(await run(...FROM)).toEqual({ code: 0, stdout: "", stderr: "out: 2 unchanged\n" });
    expect(await lock()).toBe(flat);
    expect((await readdir(folder)).sort()).toEqual(["mcpgen.lock", "names.mjs", "out", "spec.json"]);
  });

  test("keeps names where a tool comes between, and tells what changed", async () => {
    await run(...FROM);
    await spec({ "get.b": [], "get-b": ["z", "a", "n"], c: [] });
    const { code, stderr } = await run(...FROM);
    expect(code).toBe(0);
    expect(stderr).toContain("mcpgen.lock: changed; mcpgen diff");
    expect(stderr).toContain("\n  demo: 2 tools added (c, get.b), 1 tool removed (get.d), 1 tool changed (get-b)\n");
    expect(await names()).toBe("c \ngetb z,a,n\ngetb2 \n");
  });

  test.each([
    { name: "the client", args: ["--emit", "client"], file: "client.gen.ts" },
    { name: "a plug-in", args: ["--emit", "./names.mjs"], file: "names.txt" },
  ])("another order changes no byte of $name", async ({ args, file }) => {
    const given = ["--spec", "spec.json", "--out", "out", ...args];
    await run(...given);
    const before = [await lock(), await read(`out/${file}`)];
    await spec({ "get.d": ["x"], "get-b": ["a", "z"] });
    expect(firstLine(await run(...given))).toMatch(/^out: \d unchanged$/);
    expect([await lock(), await read(`out/${file}`)]).toEqual(before);
  });

  test("--json tells what became of it", async () => {
    await run(...FROM);
    await spec({ "get-b": ["z", "a"] });
    const { stdout } = await run(...FROM, "--json");
    const change = { list: "tools", added: [], removed: ["get.d"], changed: [] };
    expect(JSON.parse(stdout)).toMatchObject({
      lock: { path: "mcpgen.lock", action: "changed", servers: [{ server: "demo", lists: [change], about: false }] },
    });
  });

  test("--dry-run and a run that fails leave it alone", async () => {
    expect((await run(...FROM, "--dry-run")).stderr).toContain("mcpgen.lock (dry run, nothing written): created\n");
    await mkdir(join(folder, "out"));
    await writeFile(join(folder, "out/names.txt"), "mine");
    expect((await run(...FROM)).code).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(["names.mjs", "out", "spec.json"]);
  });

  test("--lock names another file", async () => {
    expect((await run(...FROM, "--lock", "locks/a.json")).stderr).toContain("locks/a.json: created\n");
    expect((await readdir(folder)).sort()).toEqual(["locks", "names.mjs", "out", "spec.json"]);
  });
});

describe("--locked", () => {
  test("fails without a lock, and writes nothing", async () => {
    const refused = await run(...FROM, "--locked");
    expect([refused.code, firstLine(refused)]).toEqual([1, "error: mcpgen.lock is missing"]);
    expect((await readdir(folder)).sort()).toEqual(["names.mjs", "spec.json"]);
  });

  test("generates what the lock says, and fails where it would change", async () => {
    await run(...FROM);
    const before = await lock();
    await rm(join(folder, "out"), { recursive: true });
    expect(await run(...FROM, "--locked")).toMatchObject({ code: 0, stderr: "out: 2 created\n" });
    await spec({ ...TOOLS, c: [] });
    const refused = await run(...FROM, "--locked");
    expect([refused.code, firstLine(refused)]).toEqual([1, "error: mcpgen.lock would change: demo: 1 tool added (c)"]);
    expect([await lock(), await names()]).toEqual([before, "getb z,a\ngetd x\n"]);
  });
});

describe("--offline", () => {
  test("names of another emitter are settled too", async () => {
    await run(...FROM);
    const args = ["--offline", "--emit", "client", "--out", "client"];
    expect((await run(...args)).stderr).toContain("mcpgen.lock: changed\n  demo: names, numbers or filters changed\n");
    expect((await run(...args, "--locked")).code).toBe(0);
  });

  test("a project still learns from the flags how its server is started", async () => {
    await run(...FROM);
    const args = ["--offline", "--emit", "project", "--out", "proxy", "--", "no-such-program", "serve"];
    expect(await run(...args)).toMatchObject({ code: 0 });
    expect(await read("proxy/src/config.ts")).toContain("no-such-program");
  });

  test.each([
    { name: "no lock", given: [], args: [], what: "error: there is no mcpgen.lock" },
    { name: "two servers", given: ["a", "b"], args: [], what: "error: mcpgen.lock holds 2 servers" },
    {
      name: "another server",
      given: ["a", "b"],
      args: ["--name", "c"],
      what: 'error: the server "c" is not in mcpgen.lock',
    },
  ])("refused: $name", async ({ given, args, what }) => {
    const locked = lockServer(toolServer(TOOLS));
    const servers = Object.fromEntries(given.map((name) => [name, locked]));
    if (given.length > 0) await writeFile(join(folder, "mcpgen.lock"), printLock({ lockVersion: 1, servers }));
    const refused = await run(...EMIT, "--offline", ...args);
    expect([refused.code, firstLine(refused)]).toEqual([2, what]);
  });

  test("secrets of the config need not be there", async () => {
    const headers = { Authorization: "Bearer ${NOT_SET}" };
    const config = {
      servers: { one: { url: "http://127.0.0.1:9/mcp", headers } },
      outputs: [{ out: "out", emit: ["./names.mjs"] }],
    };
    await run(...FROM, "--name", "one");
    await writeFile(join(folder, "mcpgen.config.json"), JSON.stringify(config));
    expect(await run("--offline", "--check")).toMatchObject({ code: 0 });
    expect(firstLine(await run("--check"))).toContain("NOT_SET is not set");
  });
});

test("--update gives names as if there were no lock", async () => {
  await run(...FROM);
  await spec({ "get.b": [], "get-b": ["z", "a"] });
  await run(...FROM);
  await spec({ "get.b": [] });
  await run(...FROM);
  expect(await names()).toBe("getb2 \n");
  expect((await run(...FROM, "--update")).stderr).toContain("mcpgen.lock: changed\n");
  expect(await names()).toBe("getb \n");
});

test("--update keeps the names of what is not generated this time", async () => {
  await run(...FROM);
  await run("--spec", "spec.json", "--emit", "client", "--out", "client");
  const before = await lock();
  await run(...FROM, "--update");
  expect(await lock()).toBe(before);
});

describe("--check", () => {
  const config = {
    servers: { one: { spec: "spec.json" }, two: { spec: "two.json" } },
    outputs: [
      { server: "one", out: "a", emit: ["./names.mjs"] },
      { server: "two", out: "b", emit: ["./names.mjs"] },
    ],
  };
  beforeEach(async () => {
    await spec(TOOLS, "two.json");
    await writeFile(join(folder, "mcpgen.config.json"), JSON.stringify(config));
  });

  test("covers all outputs, and the lock as one of the files", async () => {
    await run();
    expect(await run("--check")).toMatchObject({ code: 0, stdout: "", stderr: "a, b, mcpgen.lock: up to date\n" });
    await spec({ ...TOOLS, c: ["new"] }, "two.json");
    const before = await lock();
    const { code, stdout, stderr } = await run("--check");
    expect([code, stderr.split("\n")[0]]).toEqual([1, "error: b, mcpgen.lock is not what would be generated now"]);
    expect(stdout).toMatch(/^b\n {2}stale {3}\.mcpgen\/manifest\.json\n {2}stale {3}names\.txt\n--- /);
    expect(stdout).toMatch(/\nmcpgen\.lock\n {2}stale {3}mcpgen\.lock\n--- mcpgen\.lock {2}\(on disk\)\n/);
    expect(stdout).toContain('\n+            "/tools/c": "c",\n');
    expect(await lock()).toBe(before);
    await rm(join(folder, "mcpgen.lock"));
    expect((await run("--check", "one")).stdout).toBe("mcpgen.lock\n  missing mcpgen.lock\n");
  });

  test("one server at a time keeps the entry of the other", async () => {
    await run("one");
    expect(Object.keys(parseLock(await lock(), "").servers)).toEqual(["one"]);
    const { stderr } = await run("two");
    expect(stderr).toContain("  two: new\n");
    const both = await lock();
    expect(Object.keys(parseLock(both, "").servers)).toEqual(["one", "two"]);
    await writeFile(join(folder, "two.json"), "not JSON");
    expect((await run()).code).toBe(1);
    expect(await lock()).toBe(both);
    expect(await run("one")).toMatchObject({ code: 0, stderr: "a: 2 unchanged\n" });
  });
});

describe("filters", () => {
  test("of flags are kept for their folder until flags say otherwise", async () => {
    await run(...FROM, "--include", "*b");
    expect(await names()).toBe("getb z,a\n");
    expect(parseLock(await lock(), "").servers["demo"]?.filters).toEqual({ out: { include: ["*b"] } });
    expect((await run(...FROM, "--check")).stderr).toContain("out: --include *b, as mcpgen.lock says");
    expect((await run(...FROM)).stderr).toContain("out: 2 unchanged\n");
    expect((await run("--spec", "mcpgen.lock", "--emit", "./names.mjs", "--out", "all")).code).toBe(0);
    expect(await read("all/names.txt")).toBe("getb z,a\ngetd x\n");
    await run(...FROM, "--exclude", "*b");
    expect(await names()).toBe("getd x\n");
    await run(...FROM, "--update");
    expect(await names()).toBe("getb z,a\ngetd x\n");
    expect(parseLock(await lock(), "").servers["demo"]?.filters).toBeUndefined();
  });

  test("of a config are read there, each time", async () => {
    const config = (include: readonly string[]): string =>
      JSON.stringify({
        servers: { demo: { spec: "spec.json" } },
        outputs: [{ out: "out", emit: ["./names.mjs"], include }],
      });
    await writeFile(join(folder, "mcpgen.config.json"), config(["*b"]));
    await run();
    expect(parseLock(await lock(), "").servers["demo"]?.filters).toBeUndefined();
    await writeFile(join(folder, "mcpgen.config.json"), config(["*"]));
    await run();
    expect(await names()).toBe("getb z,a\ngetd x\n");
  });
});
