import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockServer, printLock } from "../ir/lock-file.js";
import { readSpec } from "../ir/read.js";
import { runCli, type CliResult } from "../testing/cli.js";
import { fixtureArgv } from "../testing/fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-diff-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const diff = (...args: string[]): Promise<CliResult> => runCli(["diff", ...args], { cwd: folder });
const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

const ADD = {
  name: "add",
  description: "Adds two numbers.",
  inputSchema: {
    type: "object",
    properties: {
      a: { type: "number", description: "First term." },
      b: { type: "number", description: "Second term." },
    },
    required: ["a", "b"],
  },
};
/** What the fixture `minimal` offers. */
const MINIMAL = {
  protocolVersion: "2025-11-25",
  serverInfo: { name: "minimal", version: "1.0.0" },
  capabilities: { tools: {} },
  tools: [ADD],
};
const OLDER = { ...MINIMAL, tools: [{ ...ADD, inputSchema: { ...ADD.inputSchema, required: ["a"] } }] };

const lock = (servers: Readonly<Record<string, object>>): string =>
  printLock({
    lockVersion: 1,
    servers: Object.fromEntries(Object.entries(servers).map(([name, one]) => [name, lockServer(readSpec(one, name))])),
  });

const config = (diffConfig: object = {}, servers: readonly string[] = ["minimal"]): string => {
  const [command, ...args] = fixtureArgv("minimal");
  return JSON.stringify({
    servers: Object.fromEntries(servers.map((name) => [name, { command, args }])),
    diff: diffConfig,
  });
};

const HUMAN = `old.json → new.json
  1 breaking

breaking (1)
  tool add
    the input "b" is now required  INPUT_REQUIRED_ADDED
`;
const NONE = (before: string, after: string): string => `${before} → ${after}\n  no change\n`;

describe("two sides", () => {
  test("two saved specs; exit 1, or 0 where nothing counts", async () => {
    await write("old.json", JSON.stringify(OLDER));
    await write("new.json", JSON.stringify(MINIMAL));
    expect(await diff("old.json", "new.json")).toEqual({ code: 1, stdout: HUMAN, stderr: "" });
    expect(await diff("old.json", "new.json", "--fail-on", "security,prose")).toMatchObject({ code: 0, stdout: HUMAN });
    expect(await diff("old.json", "new.json", "--fail-on", "none")).toMatchObject({ code: 0, stdout: HUMAN });
    expect(await diff("new.json", "old.json")).toMatchObject({ code: 0 });
    expect(await diff("new.json", "new.json")).toEqual({ code: 0, stdout: NONE("new.json", "new.json"), stderr: "" });
  });

  test("the lock against the server of the config, of an option, and one named", async () => {
    await write("mcpgen.lock", lock({ minimal: OLDER, other: MINIMAL }));
    await write("mcpgen.config.json", config());
    const alone = await diff();
    expect(alone).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("mcpgen.lock → minimal\n  1 breaking") as string,
    });
    expect(alone.stderr).toContain("other is in mcpgen.lock and was not compared");
    expect(await diff("minimal")).toMatchObject({ code: 1, stdout: alone.stdout });
    expect(await diff("--", ...fixtureArgv("minimal"))).toMatchObject({ code: 1 });
    expect(await diff("--name", "other", "--", ...fixtureArgv("minimal"))).toMatchObject({ code: 0 });
    expect(await diff("mcpgen.lock", "minimal", "--name", "minimal")).toMatchObject({ code: 1, stderr: "" });
  });

  test("two locks: servers come and go", async () => {
    await write("a.lock", lock({ x: MINIMAL, y: MINIMAL }));
    await write("b.lock", lock({ y: MINIMAL, z: MINIMAL }));
    const { code, stdout } = await diff("a.lock", "b.lock", "--json");
    const { changes } = JSON.parse(stdout) as { changes: { rule: string; server: string }[] };
    expect({ code, changes: changes.map(({ rule, server }) => [rule, server]) }).toEqual({
      code: 1,
      changes: [
        ["SERVER_REMOVED", "x"],
        ["SERVER_ADDED", "z"],
      ],
    });
    expect(await diff("a.lock", "b.lock", "--name", "y")).toMatchObject({ code: 0 });
  });
});

describe("git", () => {
  const git = (...args: string[]): void => {
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
  };

  test("the lock of a revision against the lock as it is, and another file, also from below", async () => {
    git("init", "-q");
    await write("mcpgen.lock", lock({ demo: OLDER }));
    git("add", ".");
    git("commit", "-qm", "one");
    git("tag", "v1");
    await write("mcpgen.lock", lock({ demo: MINIMAL }));
    expect(await diff("git:HEAD")).toMatchObject({ code: 1, stderr: "" });
    git("commit", "-qam", "two");
    expect(await diff("git:HEAD")).toMatchObject({ code: 0, stdout: NONE("mcpgen.lock in HEAD", "mcpgen.lock") });
    expect(await diff("git:v1", "git:HEAD")).toMatchObject({ code: 1 });
    await mkdir(join(folder, "below"));
    const below = await runCli(["diff", "git:v1:../mcpgen.lock", "git:HEAD:../mcpgen.lock"], {
      cwd: join(folder, "below"),
    });
    expect(below).toMatchObject({ code: 1, stderr: "" });
  });

  test("no repository, no revision, no file", async () => {
    const errors = async (...args: string[]): Promise<string | undefined> => {
      const { code, stdout, stderr } = await diff(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      return stderr.split("\n")[0]?.replace(folder, "FOLDER");
    };
    expect(await errors("git:HEAD")).toBe("error: FOLDER is in no git repository");
    git("init", "-q");
    expect(await errors("git:HEAD")).toBe('error: there is no revision "HEAD"');
    git("commit", "-qm", "one", "--allow-empty");
    expect(await errors("git:HEAD")).toBe("error: there is no mcpgen.lock in HEAD");
    expect(await errors("git:HEAD:x.json")).toBe("error: there is no x.json in HEAD");
    expect(await errors("git:--output=x")).toBe('error: "--output=x" is no revision');
    expect(await errors("git:")).toBe('error: "git:" lacks a revision');
  });
});

describe("the config", () => {
  test("severities and ignores; ended and unused ones are told", async () => {
    await write("mcpgen.lock", lock({ minimal: OLDER }));
    const rule = "INPUT_REQUIRED_ADDED";
    await write("mcpgen.config.json", config({ ignore: [{ rule, item: "tool add", reason: "agreed" }] }));
    const ignored = await diff();
    expect(ignored).toMatchObject({ code: 0, stderr: "" });
    expect(ignored.stdout).toContain("ignored: agreed");
    await write(
      "mcpgen.config.json",
      config({
        ignore: [
          { rule, reason: "agreed", until: "2020-01-01" },
          { rule: "TOOL_REMOVED", reason: "x" },
        ],
      }),
    );
    const ended = await diff();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("ended with 2020-01-01 and no longer counts: agreed");
    expect(ended.stderr).toContain("diff.ignore[1] (TOOL_REMOVED) matches no change");
    await write("mcpgen.config.json", config({ severity: { [rule]: "prose" } }));
    expect(await diff()).toMatchObject({ code: 0, stdout: expect.stringContaining("1 prose") as string });
  });

  test.each([
    { name: "an unknown rule", given: { severity: { TOOL_REMOVD: "off" } }, says: "did you mean TOOL_REMOVED?" },
    {
      name: "an unknown class",
      given: { severity: { TOOL_REMOVED: "bad" } },
      says: 'diff.severity.TOOL_REMOVED is "bad"',
    },
    { name: "no reason", given: { ignore: [{ rule: "TOOL_REMOVED" }] }, says: "diff.ignore[0].reason is missing" },
    {
      name: "no day",
      given: { ignore: [{ rule: "TOOL_REMOVED", reason: "x", until: "2026-02-30" }] },
      says: 'diff.ignore[0].until is "2026-02-30"',
    },
  ])("$name is an error before any server is asked", async ({ given, says }) => {
    await write("mcpgen.lock", lock({ minimal: OLDER }));
    await write("mcpgen.config.json", config(given));
    const { code, stdout, stderr } = await diff();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
  });
});

describe("where and how", () => {
  test("lines of the lock and of a saved spec", async () => {
    await write("mcpgen.lock", lock({ minimal: OLDER }));
    await write("new.lock", lock({ minimal: MINIMAL }));
    const { stdout } = await diff("mcpgen.lock", "new.lock", "--format", "github");
    const [, line = ""] =
      /^::error file=new\.lock,line=(\d+),title=breaking%3A INPUT_REQUIRED_ADDED::/.exec(stdout) ?? [];
    const lines = (await readFile(join(folder, "new.lock"), "utf8")).split("\n");
    expect(lines[Number(line) - 1]?.trim()).toMatch(/^"b": \{/);

    await write("old.json", JSON.stringify(OLDER));
    await write("new.json", JSON.stringify({ ...MINIMAL, tools: [{ ...ADD, name: "x" }, ADD] }, null, 2));
    const spec = await diff("old.json", "new.json", "--format", "github");
    const [, at = ""] = /file=new\.json,line=(\d+),title=breaking/.exec(spec.stdout) ?? [];
    const text = (await readFile(join(folder, "new.json"), "utf8")).split("\n");
    expect(text[Number(at) - 1]?.trim()).toBe('"name": "add",');
  });

  test("to a file, without colour; and formats that contradict each other", async () => {
    await write("old.json", JSON.stringify(OLDER));
    await write("new.json", JSON.stringify(MINIMAL));
    const { code, stdout, stderr } = await diff("old.json", "new.json", "--color", "always", "-o", "out.txt");
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: "wrote out.txt\n" });
    expect(await readFile(join(folder, "out.txt"), "utf8")).toBe(HUMAN);
    expect(await diff("old.json", "new.json", "--json", "--format", "sarif")).toMatchObject({ code: 2, stdout: "" });
  });

  test.each([
    { name: "nothing at all", args: [], says: "cannot read mcpgen.lock" },
    { name: "no such file", args: ["none.json"], says: 'there is no file "none.json"' },
    { name: "no such server", args: ["a.lock", "b.lock", "--name", "z"], says: 'the server "z" is not in a.lock' },
    { name: "which server?", args: ["a.lock", "spec.json"], says: "a.lock holds 2 servers" },
    { name: "three sides", args: ["a.lock", "b.lock", "--spec", "spec.json"], says: "three sides are given" },
    { name: "no JSON", args: ["bad.json", "a.lock"], says: "bad.json holds no valid JSON" },
    {
      name: "a class that there is not",
      args: ["a.lock", "b.lock", "--fail-on", "braking"],
      says: "did you mean breaking?",
    },
  ])("$name", async ({ args, says }) => {
    await write("a.lock", lock({ x: MINIMAL, y: MINIMAL }));
    await write("b.lock", lock({ x: MINIMAL }));
    await write("spec.json", JSON.stringify({ ...MINIMAL, serverInfo: { name: "q", version: "1" } }));
    await write("bad.json", "{");
    const { code, stdout, stderr } = await diff(...args);
    expect({ failed: code === 1 || code === 2, stdout }).toEqual({ failed: true, stdout: "" });
    expect(stderr).toContain(says);
  });
});
