import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli, startCli, startWitness, type CliResult, type Witness } from "../../testing/cli.js";
import { fixtureArgv, startFixtureHttp } from "../../testing/fixture.js";
import { callCli } from "../call-cli.js";

const EVERYTHING = ["--", ...fixtureArgv("everything")];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-call-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<CliResult> => callCli(["call", ...args], { cwd: folder });

describe("what people get", () => {
  test.each([
    { name: "a text as it is", args: ["test_simple_text"], stdout: "This is a simple text response for testing.\n" },
    { name: "typed arguments", args: ["strain_echo", "text=a", "times=2"], stdout: /^aa\n/ },
    {
      name: "an image, described",
      args: ["test_image_content"],
      stdout: "[image image/png, 70 bytes; --output FILE writes it]\n",
    },
    {
      name: "several pieces",
      args: ["test_multiple_content_types"],
      stdout: /^Multiple content types test:\n\[image image\/png, 70 bytes.*\]\n\{"test":"data","value":123\}\n$/,
    },
    {
      name: "a resource",
      args: ["--resource", "test://static-text"],
      stdout: "This is the content of the static text resource.\n",
    },
    {
      name: "a prompt",
      args: ["--prompt", "test_simple_prompt"],
      stdout: "user: This is a simple prompt for testing.\n",
    },
  ])("$name", async ({ args, stdout }) => {
    const result = await run(...args, ...EVERYTHING);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: "" });
    if (typeof stdout === "string") expect(result.stdout).toBe(stdout);
    else expect(result.stdout).toMatch(stdout);
  });

  test("what the tool says of its failure, on stderr", async () => {
    expect(await run("test_error_handling", ...EVERYTHING)).toEqual({
      code: 1,
      stdout: "",
      stderr: "This tool intentionally returns an error for testing\n",
    });
    const { code, stdout, stderr } = await run("test_error_handling", "--json", ...EVERYTHING);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ isError: true });
  });

  test("--output: an image as it is, a text as text, the whole result", async () => {
    const file = join(folder, "out");
    const png = await run("test_image_content", "--output", "out", ...EVERYTHING);
    expect(png).toEqual({ code: 0, stdout: "", stderr: "wrote out\n" });
    expect((await readFile(file)).subarray(1, 4).toString()).toBe("PNG");
    await run("test_simple_text", "-o", "out", ...EVERYTHING);
    expect(await readFile(file, "utf8")).toBe("This is a simple text response for testing.\n");
    await run("test_simple_text", "-o", "out", "--format", "yaml", ...EVERYTHING);
    expect(await readFile(file, "utf8")).toMatch(/^content:\n/);
    expect(await run("test_multiple_content_types", "-o", "out", ...EVERYTHING)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("out cannot hold 3 pieces of content") as string,
    });
  });
});

/** A legacy server; `body` answers all but the handshake and tools/list, with `id`, `method`, `params`, `line`. */
const put = (body: string, first = ""): Promise<void> =>
  writeFile(
    join(folder, "server.mjs"),
    `${first}
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
const answer = (id, result) => console.log('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + "}");
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") answer(id, '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}');
  else if (method === "tools/list") answer(id, '{"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"n":{"type":"number"}}}}]}');
  else if (method === "server/discover") console.log(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } }));
  else { ${body} }
}
`,
  );
const OWN = ["--", process.execPath, "server.mjs"];

describe("numbers as they are spelled, on both ways", () => {
  beforeEach(() =>
    put(
      `if (method === "tools/call") answer(id, '{"content":[],"structuredContent":{"line":' + JSON.stringify(line) + ',"n":1.50}}')`,
    ),
  );
  test.each([
    { name: "NAME=VALUE", args: ["n=12345678901234567890"], want: '"arguments":{"n":12345678901234567890}' },
    { name: "--json-args", args: ["--json-args", '{"n":1.0}'], want: '"arguments":{"n":1.0}' },
    { name: "--args-file", args: ["--args-file", "args.json"], want: '"arguments":{ "n": 2.0 }' },
  ])("$name", async ({ args, want }) => {
    await writeFile(join(folder, "args.json"), '{ "n": 2.0 }');
    const { code, stdout, stderr } = await run("t", ...args, "--json", ...OWN);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain('"n": 1.50');
    const { structuredContent } = JSON.parse(stdout) as { readonly structuredContent: { readonly line: string } };
    expect(structuredContent.line).toContain(want);
  });

  test("from stdin", async () => {
    const { code, stdout } = await runCli(["call", "t", "-", "--json", ...OWN], { cwd: folder, stdin: '{"n":3.0}' });
    expect(code).toBe(0);
    expect(stdout).toContain(String.raw`{\"n\":3.0}`);
  });
});

describe("what is refused before anything is called", () => {
  beforeEach(() => put(`if (method === "tools/call") appendFileSync("called", "x")`));
  test.each([
    { name: "nothing", args: [], text: "nothing to call is given" },
    { name: "a tool that there is not", args: ["tt"], text: "the server has no tool tt", hint: "did you mean t?" },
    { name: "a value of another type", args: ["t", "n=x"], text: "the argument n must be a number" },
    { name: "two ways", args: ["t", "n=1", "--json-args", "{}"], text: "arguments are given in two ways" },
    {
      name: "no object",
      args: ["t", "--json-args", "[]"],
      text: "--json-args must hold the arguments as a JSON object",
    },
    { name: "no JSON", args: ["t", "--json-args", "{"], text: "--json-args must hold the arguments as a JSON object" },
    { name: "no file", args: ["t", "--args-file", "gone"], text: "--args-file: cannot read gone" },
    {
      name: "a resource with arguments",
      args: ["a=1", "--resource", "x:y"],
      text: "--resource and arguments contradict",
    },
    { name: "a resource and a prompt", args: ["--prompt", "p", "--resource", "x:y"], text: "--resource and --prompt" },
  ])("$name", async ({ args, text, hint = "" }) => {
    const { code, stdout, stderr } = await run(...args, ...OWN);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr).toContain(hint);
    await expect(readFile(join(folder, "called"))).rejects.toThrow("ENOENT");
  });
});

test("an error of the server is exit 1 with its words", async () => {
  await put(`console.log(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message: "out of paper" } }))`);
  const { code, stdout, stderr } = await run("t", ...OWN);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: out of paper\n/);
});

test("a server that asks for an answer of a person is refused, and not kept waiting", async () => {
  const { code, stderr } = await run("test_elicitation", "message=hi", "--backend-era", "legacy", ...EVERYTHING);
  expect(code).toBe(1);
  expect(stderr).not.toBe("");
});

describe("Ctrl-C", () => {
  let witness: Witness;
  beforeEach(async () => {
    witness = await startWitness();
  });
  afterEach(() => witness.close());

  test("cancels the call at the server", async () => {
    await put(
      `if (method === "tools/call") { globalThis.called = id; await $announce(); }
      if (method === "notifications/cancelled" && params.requestId === globalThis.called) appendFileSync("cancelled", "x");`,
      witness.script.replace("await new Promise", "const $announce = () => new Promise"),
    );
    const { child, done } = startCli(["call", "t", ...OWN], { cwd: folder });
    await witness.started();
    child.kill("SIGINT");
    expect(await done).toMatchObject({ code: 130, stdout: "" });
    await witness.allGone();
    expect(await readFile(join(folder, "cancelled"), "utf8")).toBe("x");
  });
});

test("over HTTP, with a token", async () => {
  const server = await startFixtureHttp("everything");
  try {
    const { code, stdout } = await run("strain_echo", "text=a", "--url", server.url, "--auth-token", "s3cret-token");
    expect({ code, stdout: stdout.split("\n")[0] }).toEqual({ code: 0, stdout: "a" });
  } finally {
    await server.close();
  }
});
