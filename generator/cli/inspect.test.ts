import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readSpec } from "../ir/read.js";
import { runCli, startCli, startWitness } from "../testing/cli.js";
import { fixtureArgv, startFixtureHttp } from "../testing/fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-inspect-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MINIMAL = ["--", ...fixtureArgv("minimal")];
const MINIMAL_CMD = fixtureArgv("minimal")
  .map((word) => `'${word}'`)
  .join(" ");

const MINIMAL_HUMAN = `minimal 1.0.0
  protocol      2025-11-25
  capabilities  tools

Tools (1)
  add(a: number, b: number)
      Adds two numbers.
`;

const MINIMAL_JSON = {
  specVersion: 1,
  protocolVersion: "2025-11-25",
  server: { name: "minimal", version: "1.0.0" },
  capabilities: { tools: {} },
  clientCapabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
  tools: [
    {
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
    },
  ],
  resources: [],
  resourceTemplates: [],
  prompts: [],
  diagnostics: [],
  findings: [],
};

/** A server with something of everything, and texts that want to be more than text. */
const RICH = {
  protocolVersion: "2025-06-18",
  serverInfo: { name: "rich\u001b[31m", version: "2.0", title: "A Rich One" },
  instructions: "First line.\n\nSecond line.\nThird.\nFourth.\nFifth.",
  capabilities: { tools: { listChanged: true }, resources: {}, prompts: {}, logging: {} },
  tools: [
    {
      name: "find-things",
      description: "Finds things.\nMore about it.",
      inputSchema: {
        type: "object",
        properties: { query: { type: "string" }, limit: { type: "integer" } },
        required: ["query"],
      },
      outputSchema: {
        type: "object",
        properties: { hits: { type: "array", items: { type: "string" } } },
        required: ["hits"],
      },
      annotations: { readOnlyHint: true, idempotentHint: true },
    },
    {
      name: "drop",
      description: "Drops\u202e it.",
      inputSchema: { type: "object" },
      annotations: { destructiveHint: true, readOnlyHint: false },
    },
  ],
  resources: [
    { uri: "file:///a", name: "a", mimeType: "text/plain", description: "The first." },
    { uri: "file:///long-name", name: "日本", description: "The second, ".repeat(20) },
  ],
  resourceTemplates: [{ uriTemplate: "file:///{id}", name: "any" }],
  prompts: [{ name: "ask", description: "Asks.", arguments: [{ name: "topic", required: true }, { name: "tone" }] }],
};

const RICH_HUMAN = `rich\\u{1b}[31m 2.0 (A Rich One)
  protocol      2025-06-18
  capabilities  tools (listChanged), resources, prompts, logging
  instructions  First line.
                Second line.
                Third.
                Fourth.
                … 1 more lines

Tools (2)
  find-things(query: string, limit?: number) → {hits: string[]} [read-only] [idempotent]
      Finds things.
  drop(…) [destructive]
      Drops\\u{202e} it.

Resources (2)
  file:///a          a     text/plain  The first.
  file:///long-name  日本              The second, The second, The second, The second, The second,…

Resource templates (1)
  file:///{id}  any

Prompts (1)
  ask(topic, tone?)
      Asks.
`;

describe("what is printed", () => {
  test("human, from a server over stdio", async () => {
    expect(await runCli(["inspect", ...MINIMAL], { cwd: folder })).toEqual({
      code: 0,
      stdout: MINIMAL_HUMAN,
      stderr: "",
    });
  });

  test("human, from a file: everything, shortened and harmless", async () => {
    await writeFile(join(folder, "rich.json"), JSON.stringify(RICH));
    const { code, stdout, stderr } = await runCli(["inspect", "--spec", "rich.json"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [shown, findings] = stdout.split("\nFindings ");
    expect(shown).toBe(RICH_HUMAN);
    expect(findings).toContain("/tools/1");
  });

  test("json: a spec that --spec reads again, with the findings", async () => {
    const { code, stdout, stderr } = await runCli(["inspect", "--json", ...MINIMAL], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${JSON.stringify(MINIMAL_JSON, null, 2)}\n`);
    const again = await runCli(["inspect", "--json", "--spec", "-"], { cwd: folder, stdin: stdout });
    expect(again).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("yaml: the same as json", async () => {
    await writeFile(join(folder, "rich.json"), JSON.stringify(RICH));
    const yaml = await runCli(["inspect", "--format", "yaml", "--spec", "rich.json"], { cwd: folder });
    const json = await runCli(["inspect", "-f", "json", "--spec", "rich.json"], { cwd: folder });
    expect(yaml.stdout).toMatch(/^specVersion: 1\nprotocolVersion: 2025-06-18\nserver:\n {2}name: /);
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
  });

  test("in colour, where it is asked for", async () => {
    const { stdout } = await runCli(["inspect", "--color", "always", ...MINIMAL], { cwd: folder });
    expect(stdout).toContain("\u001b[36madd\u001b[39m(a: number, b: number)");
    expect(stdout.replace(/\u001b\[\d+m/g, "")).toBe(MINIMAL_HUMAN);
  });

  test("to a file, whole and without colour", async () => {
    const args = ["inspect", "--color", "always", "--output", "out.txt", ...MINIMAL];
    const { code, stdout, stderr } = await runCli(args, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("wrote out.txt");
    expect(await readFile(join(folder, "out.txt"), "utf8")).toBe(MINIMAL_HUMAN);
    expect(await readdir(folder)).toEqual(["out.txt"]);
  });

  test("a file that cannot be written leaves nothing behind", async () => {
    await writeFile(join(folder, "file"), "");
    const { code, stdout, stderr } = await runCli(["inspect", "-o", "file/out.txt", ...MINIMAL], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.split("\n")[0]).toMatch(/^error: cannot write .*file\/out.txt$/);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("megabytes reach a slow pipe to the last byte", async () => {
    const tools = Array.from({ length: 2000 }, (_, i) => ({
      name: `t${i}`,
      description: "x".repeat(1000),
      inputSchema: { type: "object" },
    }));
    const { child, done } = startCli(["inspect", "--json", "--spec", "-"], {
      cwd: folder,
      stdin: JSON.stringify({ tools }),
    });
    child.stdout?.pause();
    await once(child, "spawn");
    child.stdout?.resume();
    const { code, stdout } = await done;
    expect(code).toBe(0);
    expect(readSpec(JSON.parse(stdout), "stdout").tools).toHaveLength(2000);
  });

  test("a reader that has seen enough is no failure", async () => {
    const tools = Array.from({ length: 2000 }, (_, i) => ({
      name: `t${i}`,
      description: "x".repeat(1000),
      inputSchema: { type: "object" },
    }));
    const { child, done } = startCli(["inspect", "--json", "--spec", "-"], {
      cwd: folder,
      stdin: JSON.stringify({ tools }),
    });
    child.stdout?.destroy();
    expect(await done).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("every spelling of the server", () => {
  test.each([
    { name: "positional", args: ["inspect", "stdio", "--cmd", MINIMAL_CMD] },
    { name: "--backend", args: ["inspect", "--backend", "stdio", "--cmd", MINIMAL_CMD] },
    { name: "options first", args: ["--backend", "stdio", "--cmd", MINIMAL_CMD, "inspect"] },
    { name: "told from --cmd", args: ["inspect", `--cmd=${MINIMAL_CMD}`] },
    {
      name: "--args",
      args: ["inspect", "--cmd", process.execPath, "--args", fixtureArgv("minimal")[1] ?? "", "--args", "stdio"],
    },
    { name: "an argv", args: ["inspect", ...MINIMAL] },
    { name: "--format human", args: ["inspect", "--format", "human", ...MINIMAL] },
  ])("stdio: $name", async ({ args }) => {
    expect(await runCli(args, { cwd: folder })).toEqual({ code: 0, stdout: MINIMAL_HUMAN, stderr: "" });
  });

  test("http: positional, --backend, and its three names", async () => {
    const server = await startFixtureHttp("minimal");
    const { url } = server;
    try {
      for (const args of [
        ["inspect", "--backend", "http", "--http", url],
        ["inspect", "http", "--http", url],
        ["inspect", "--server", url],
        ["--url", url, "inspect"],
      ])
        expect(await runCli(args, { cwd: folder })).toEqual({ code: 0, stdout: MINIMAL_HUMAN, stderr: "" });
    } finally {
      await server.close();
    }
  });

  test("a config's server, by position and by --name; an editor's file", async () => {
    const [command, ...args] = fixtureArgv("minimal");
    const config = { servers: { a: { command, args }, b: { cmd: "no-such-program" } } };
    await writeFile(join(folder, "mcpgen.config.json"), JSON.stringify(config));
    await writeFile(join(folder, ".mcp.json"), JSON.stringify({ mcpServers: { a: { command, args } } }));
    for (const words of [
      ["inspect", "a"],
      ["inspect", "--name", "a"],
      ["inspect", "--config", ".mcp.json"],
    ])
      expect(await runCli(words, { cwd: folder })).toEqual({ code: 0, stdout: MINIMAL_HUMAN, stderr: "" });
  });
});

test("the cache: asked once, again when told to, and again when the server's file has changed", async () => {
  const witness = await startWitness();
  try {
    const script = `${witness.script} process.argv[2] = "stdio"; await import(${JSON.stringify(fixtureArgv("minimal")[1])});`;
    await writeFile(join(folder, "server.mjs"), script);
    const env = { XDG_CACHE_HOME: join(folder, "cache") };
    const inspect = async (...flags: string[]) => {
      const result = await runCli(["inspect", ...flags, "--", process.execPath, "server.mjs"], { cwd: folder, env });
      expect(result).toMatchObject({ code: 0, stdout: MINIMAL_HUMAN });
      return { asked: witness.count(), told: result.stderr.includes("--refresh asks again") };
    };
    expect(await inspect("--no-cache")).toEqual({ asked: 1, told: false });
    expect(await inspect()).toEqual({ asked: 2, told: false });
    expect(await inspect()).toEqual({ asked: 2, told: true });
    expect(await inspect("--refresh")).toEqual({ asked: 3, told: false });
    expect(await inspect("--no-cache")).toEqual({ asked: 4, told: false });
    expect(await inspect("--env", "A=b")).toEqual({ asked: 5, told: false });
    await utimes(join(folder, "server.mjs"), 1, 1);
    expect(await inspect()).toEqual({ asked: 6, told: false });
    await witness.allGone();
  } finally {
    await witness.close();
  }
});
