import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli, startWitness, type CliResult } from "../testing/cli.js";
import { lockText, toolServer } from "../testing/lock-sample.js";

// The built command in a process of its own: what is said about a bad lock, and whether a server is started.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-lock-"));
  await writeFile(join(folder, "spec.json"), JSON.stringify(toolServer(TOOLS)));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TOOLS = { "get-b": ["z", "a"], "get.d": ["x"] };
const EMIT = ["--emit", "client", "--out", "out"];
const FROM = ["--spec", "spec.json", ...EMIT];
const run = (...args: string[]): Promise<CliResult> => runCli(["generate", ...args], { cwd: folder });
const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
const firstLine = ({ stderr }: CliResult): string => stderr.split("\n")[0] ?? "";

describe("a lock that cannot be used", () => {
  const good = lockText(toolServer(TOOLS));
  test.each([
    { name: "conflict", args: FROM, text: `<<<<<<< ours\n${good}`, what: ":1: there are merge conflict markers" },
    {
      name: "edit",
      args: [...FROM, "--update"],
      text: good.replace("what get-b", "what got-b"),
      what: ': the tool "get-b" was',
    },
    {
      name: "newer",
      args: [...EMIT, "--offline"],
      text: good.replace('Version": 1', 'Version": 2'),
      what: ":2: the lock is of version 2",
    },
    { name: "cut off", args: ["--spec", "mcpgen.lock", ...EMIT], text: good.slice(0, 300), what: ": not valid JSON" },
  ])("is refused and left as it is: $name", async ({ args, text, what }) => {
    await writeFile(join(folder, "mcpgen.lock"), text);
    const refused = await run(...args);
    expect(refused.code).toBe(2);
    expect(firstLine(refused)).toMatch(/mcpgen\.lock:\d+:/);
    expect(firstLine(refused)).toContain(what);
    expect(refused.stderr.trimEnd().split("\n")).toHaveLength(3);
    expect(await read("mcpgen.lock")).toBe(text);
    expect((await readdir(folder)).sort()).toEqual(["mcpgen.lock", "spec.json"]);
  });

  test("is a folder", async () => {
    await mkdir(join(folder, "mcpgen.lock"));
    const refused = await run(...FROM);
    expect([refused.code, firstLine(refused)]).toEqual([2, "error: cannot read mcpgen.lock"]);
  });
});

test("options of the lock that contradict each other are a usage error", async () => {
  const refused = await run(...EMIT, "--offline", "--refresh", "--cmd", "x");
  expect([refused.code, firstLine(refused)]).toEqual([2, "error: --offline and --refresh contradict each other"]);
});

describe("a server that tells when it is started", () => {
  test("is asked, whatever is in the cache", async () => {
    const server = await witnessed();
    try {
      const asked = async (...flags: string[]): Promise<number> => {
        expect(await server.generate(...flags)).toMatchObject({ code: 0 });
        return server.count();
      };
      expect([await asked(), await asked(), await asked("--locked"), await asked("--update")]).toEqual([1, 1, 2, 3]);
    } finally {
      await server.close();
    }
  });
  test("is not started with --offline", async () => {
    const server = await witnessed();
    try {
      expect(await server.generate()).toMatchObject({ code: 0 });
      const before = await read("out/client.gen.ts");
      await rm(join(folder, "out"), { recursive: true });
      expect(await server.generate("--offline")).toMatchObject({ code: 0, stderr: "out: 3 created\n" });
      expect(await server.generate("--offline", "--check")).toMatchObject({ code: 0 });
      expect(await run(...EMIT, "--offline")).toMatchObject({ code: 0, stderr: "out: 3 unchanged\n" });
      expect([server.count(), await read("out/client.gen.ts")]).toEqual([1, before]);
    } finally {
      await server.close();
    }
  });
});

/** A server that tells when it is started, and `generate` for it with a cache of its own. */
async function witnessed(): Promise<{
  generate(...flags: string[]): Promise<CliResult>;
  count(): number;
  close(): Promise<void>;
}> {
  const witness = await startWitness();
  const tools = toolServer(TOOLS).tools;
  const answers = {
    "tools/list": { tools },
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} } },
  };
  await writeFile(
    join(folder, "server.mjs"),
    `${witness.script}
import { createInterface } from "node:readline";
const answers = ${JSON.stringify(answers)};
const serverInfo = { name: "demo", version: "1.0.0" };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (id === undefined) continue;
  const result = Object.hasOwn(answers, method) ? { ...answers[method], serverInfo } : undefined;
  const answer = result ? { result } : { error: { code: -32601, message: "no" } };
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...answer }) + "\\n");
}`,
  );
  const env = { XDG_CACHE_HOME: join(folder, "cache") };
  return {
    generate: (...flags) =>
      runCli(["generate", ...EMIT, ...flags, "--", process.execPath, "server.mjs"], { cwd: folder, env }),
    count: () => witness.count(),
    async close() {
      await witness.allGone();
      await witness.close();
    },
  };
}
