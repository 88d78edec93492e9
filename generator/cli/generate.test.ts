import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli, startWitness, type CliResult } from "../testing/cli.js";
import { fixtureArgv } from "../testing/fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-generate-"));
  await writeFile(join(folder, "names.mjs"), NAMES_EMITTER);
  await writeFile(join(folder, "spec.json"), JSON.stringify(SPEC));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inputSchema = { type: "object" };
const SPEC = {
  serverInfo: { name: "demo", version: "1" },
  tools: ["get-a", "get-b", "drop"].map((name) => ({ name, inputSchema })),
};

/** A file for each tool, and all that it was given. */
const NAMES_EMITTER = `export default {
  api: 1, name: "names", summary: "A file for each tool",
  parseOptions: (raw) => { if ("bad" in raw) throw Object.assign(new Error("bad option"), {}); return raw; },
  emit: (spec, options, { target }) => Promise.resolve([
    ...spec.tools.map(({ name }) => ({ path: "tools/" + name + ".txt", contents: name + "\\n", verbatim: true })),
    { path: "given.json", contents: JSON.stringify({ options, target: target ?? null }) + "\\n", verbatim: true },
  ]),
};`;

const run = (...args: string[]): Promise<CliResult> => runCli(["generate", ...args], { cwd: folder });
const names = ["--spec", "spec.json", "--emit", "./names.mjs", "--out", "out"];
const given = async (out = "out"): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, out, "given.json"), "utf8"));
const tools = (out = "out"): Promise<string[]> => readdir(join(folder, out, "tools"));

describe("generate", () => {
  test("creates, leaves alone, changes and removes", async () => {
    expect(await run(...names)).toEqual({ code: 0, stdout: "", stderr: "out: 5 created\nmcpgen.lock: created\n" });
    expect(await tools()).toEqual(["drop.txt", "get-a.txt", "get-b.txt"]);
    expect((await run(...names)).stderr).toBe("out: 5 unchanged\n");
    const { stderr } = await run(...names, "--exclude", "drop", "--option", "x=1");
    expect(stderr).toContain("out: 2 changed, 1 removed, 2 unchanged\n");
    expect(stderr).toContain("changed given.json\n");
    expect(stderr).toContain("removed tools/drop.txt\n");
    expect(await tools()).toEqual(["get-a.txt", "get-b.txt"]);
  });

  test("--json tells the same on stdout", async () => {
    const { code, stdout, stderr } = await run(...names, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: false,
      outputs: [
        {
          out: "out",
          server: "demo",
          emitters: ["names"],
          created: [".mcpgen/manifest.json", "given.json", "tools/drop.txt", "tools/get-a.txt", "tools/get-b.txt"],
          changed: [],
        },
      ],
    });
  });

  test("--dry-run writes nothing", async () => {
    const { code, stderr } = await run(...names, "--dry-run");
    expect(code).toBe(0);
    expect(stderr).toContain("out (dry run, nothing written): 5 created\n");
    expect(stderr).toContain("mcpgen.lock (dry run, nothing written): created\n");
    expect(stderr).toContain("created tools/get-a.txt\n");
    expect((await readdir(folder)).sort()).toEqual(["names.mjs", "spec.json"]);
  });

  test("--check: 0 when up to date, else 1 with a list and a diff", async () => {
    await run(...names);
    expect(await run(...names, "--check")).toEqual({ code: 0, stdout: "", stderr: "out, mcpgen.lock: up to date\n" });
    await rm(join(folder, "out/tools/get-a.txt"));
    const { code, stdout, stderr } = await run(...names, "--check", "--exclude", "drop", "--option", "x=1");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^out\n {2}stale {3}\.mcpgen\/manifest\.json\n {2}stale {3}given\.json\n {2}missing tools\/get-a\.txt\n {2}surplus tools\/drop\.txt\n--- /,
    );
    expect(stdout).toContain('\n-{"options":{},"target":null}\n+{"options":{"x":"1"},"target":null}');
    expect(stderr.split("\n")[0]).toBe("error: out, mcpgen.lock is not what would be generated now");
    expect(await tools()).toEqual(["drop.txt", "get-b.txt"]);
  });

  test("files that are not ours stay, unless --force", async () => {
    await mkdir(join(folder, "out"));
    await writeFile(join(folder, "out/given.json"), "mine");
    const refused = await run(...names);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("given.json");
    expect(refused.stderr.trimEnd().split("\n")).toHaveLength(3);
    expect(await readdir(join(folder, "out"))).toEqual(["given.json"]);
    expect(await readFile(join(folder, "out/given.json"), "utf8")).toBe("mine");
    expect(await run(...names, "--force")).toMatchObject({ code: 0 });
    expect(await given()).toEqual({ options: {}, target: null });
  });

  test("an output folder that is a file", async () => {
    await writeFile(join(folder, "out"), "mine");
    const { code, stdout, stderr } = await run(...names);
    expect({ code, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 3 });
    expect(await readFile(join(folder, "out"), "utf8")).toBe("mine");
  });

  test("--strict: errors in the description end it, before anything is written", async () => {
    const twice = { ...SPEC, tools: [...SPEC.tools, { name: "bad", inputSchema: { $ref: "https://x/y.json" } }] };
    await writeFile(join(folder, "spec.json"), JSON.stringify(twice));
    const { code, stderr } = await run(...names, "--strict");
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: the description of .*spec\.json has \d+ errors?; nothing was written to out\n/);
    expect((await readdir(folder)).sort()).toEqual(["names.mjs", "spec.json"]);
  });

  test("the emitter learns how the server was reached, never what it was given", async () => {
    const argv = fixtureArgv("minimal");
    await run("--emit", "./names.mjs", "-o", "out", "--env", "TOKEN=s3cret", "--env", "A=b", "--", ...argv);
    expect(await given()).toEqual({ options: {}, target: { kind: "stdio", argv, envNames: ["A", "TOKEN"] } });
  });
});

test("--check asks the server, whatever is in the cache", async () => {
  const witness = await startWitness();
  try {
    const script = `${witness.script} process.argv[2] = "stdio"; await import(${JSON.stringify(fixtureArgv("minimal")[1])});`;
    await writeFile(join(folder, "server.mjs"), script);
    const args = ["--emit", "./names.mjs", "-o", "out", "--", process.execPath, "server.mjs"];
    const env = { XDG_CACHE_HOME: join(folder, "cache") };
    const asked = async (...flags: string[]): Promise<number> => {
      expect(await runCli(["generate", ...flags, ...args], { cwd: folder, env })).toMatchObject({ code: 0 });
      return witness.count();
    };
    expect([await asked(), await asked(), await asked("--check")]).toEqual([1, 1, 2]);
    await witness.allGone();
  } finally {
    await witness.close();
  }
});

describe("generate from a config", () => {
  const config = {
    servers: { demo: { spec: "spec.json" }, other: { spec: "spec.json" } },
    outputs: [
      { server: "demo", out: "a", emit: ["./names.mjs"], options: { names: { from: "config" } }, include: ["get-*"] },
      { server: "other", out: "b", emit: ["./names.mjs"] },
    ],
  };
  beforeEach(() => writeFile(join(folder, "mcpgen.config.json"), JSON.stringify(config)));

  test("all outputs", async () => {
    expect(await run()).toEqual({ code: 0, stdout: "", stderr: "a: 4 created\nb: 5 created\nmcpgen.lock: created\n" });
    expect(await tools("a")).toEqual(["get-a.txt", "get-b.txt"]);
    expect(await given("a")).toMatchObject({ options: { from: "config" } });
    expect(await tools("b")).toHaveLength(3);
  });

  test.each([
    { name: "one server", args: ["other"], want: "b: 5 created\n" },
    { name: "one folder", args: ["--out", "a"], want: "a: 4 created\n" },
    { name: "another folder", args: ["demo", "--out", "c", "--emit", "./names.mjs"], want: "c: 5 created\n" },
    { name: "flags win", args: ["demo", "--include", "*"], want: "a: 5 created\n" },
  ])("$name", async ({ args, want }) => {
    expect(await run(...args)).toEqual({ code: 0, stdout: "", stderr: `${want}mcpgen.lock: created\n` });
  });

  test("from another folder, paths are those of the config", async () => {
    await mkdir(join(folder, "sub"));
    const { code, stderr } = await runCli(["generate", "--config", "../mcpgen.config.json"], {
      cwd: join(folder, "sub"),
    });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "../a: 4 created\n../b: 5 created\n../mcpgen.lock: created\n",
    });
  });

  test("emitters lists those of the config", async () => {
    const { code, stdout } = await runCli(["emitters"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^project +\S.*\n {2}name +package name.*\n(?:.*\n)*client +\S.*\n/);
    expect(stdout).toMatch(/\n\.\/names\.mjs +A file for each tool\n$/);
  });
});

describe("a project", () => {
  const MINIMAL = ["--", ...fixtureArgv("minimal")];

  test("as the README of the seed has it: generated and bundled", async () => {
    const cmd = fixtureArgv("minimal")
      .map((word) => `'${word}'`)
      .join(" ");
    const { code, stderr } = await run(
      "--backend",
      "stdio",
      "--cmd",
      cmd,
      "--frontend",
      "http",
      "--output",
      "./my-proxy",
      "--build",
      "--release",
    );
    expect(code).toBe(0);
    expect(stderr).toContain("next:\n  node my-proxy/dist/proxy.mjs --help\n");
    expect(await readdir(join(folder, "my-proxy/dist"))).toEqual(["proxy.mjs"]);
  });

  test("--run: stdin, stdout and exit code are the proxy's", async () => {
    const ask = (id: number, method: string, params: object): string =>
      `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
    const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const stdin =
      ask(1, "initialize", initialize) +
      '{"jsonrpc":"2.0","method":"notifications/initialized"}\n' +
      ask(2, "tools/call", { name: "add", arguments: { a: 2, b: 3 } });
    const args = ["generate", "--out", "p", "--frontend", "stdio", "--run", ...MINIMAL];
    const { code, stdout } = await runCli(args, { cwd: folder, stdin });
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: number; result: unknown });
    expect(code).toBe(0);
    expect(answers.find(({ id }) => id === 2)?.result).toEqual({ content: [{ type: "text", text: "5" }] });
  });
});
