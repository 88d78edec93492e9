import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCli, startWitness, type CliResult, type Witness } from "../testing/cli.js";

let folder: string;
let witness: Witness;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-cli-"));
  witness = await startWitness();
});
afterEach(async () => {
  await witness.close();
  await rm(folder, { recursive: true, force: true });
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

interface Want {
  readonly code: number;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

/** Exactly three lines on stderr beside warnings, nothing on stdout. */
function expectFailure({ code, stdout, stderr }: CliResult, want: Want): void {
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("warn: "));
  expect({ code, stdout, lines: lines.length, stderr }).toEqual({ code: want.code, stdout: "", lines: 3, stderr });
  expect(lines[0]).toMatch(/^error: \S/);
  expect(lines[0]).toContain(want.what);
  expect(lines[1]).toMatch(/^ {2}why: \S/);
  expect(lines[1]).toContain(want.why ?? "");
  expect(lines[2]).toMatch(/^ {2}fix: \S/);
  expect(lines[2]).toContain(want.fix ?? "");
}

describe("usage", () => {
  test.each<Want & { name: string; args: string; files?: Record<string, string> }>([
    { name: "no command", args: "", code: 2, what: "no command given", fix: "mcpgen --help" },
    {
      name: "unknown command",
      args: "inpsect --json=x",
      code: 2,
      what: 'unknown command "inpsect"',
      fix: 'did you mean "inspect"?',
    },
    {
      name: "a command of later",
      args: "serve",
      code: 2,
      what: 'unknown command "serve"',
      why: "inspect, generate, emitters, completion",
    },
    {
      name: "unknown option",
      args: "inspect --formt x",
      code: 2,
      what: "inspect knows no option --formt",
      fix: "did you mean --format?",
    },
    {
      name: "option of another command",
      args: "inspect --build --cmd x",
      code: 2,
      what: "inspect knows no option --build",
    },
    { name: "a word too many", args: "inspect stdio foo", code: 2, what: 'inspect has no use for "foo"' },
    { name: "no value", args: "inspect --cmd", code: 2, what: "--cmd needs a value" },
    { name: "an empty value", args: "inspect --cmd=", code: 2, what: "--cmd needs a value" },
    { name: "a value twice", args: "inspect --cmd a --cmd b", code: 2, what: "--cmd is given 2 times" },
    {
      name: "a foreign choice",
      args: "inspect --format xml",
      code: 2,
      what: '--format cannot be "xml"',
      why: '"human", "json", "yaml"',
    },
    { name: "no server", args: "inspect", code: 2, what: "no server given", why: "mcpgen.config.*", fix: "--cmd" },
    {
      name: "no server, but an editor's file",
      args: "inspect",
      files: { ".mcp.json": "{}", ".vscode/mcp.json": "{}" },
      code: 2,
      what: "no server given",
      fix: "there is .mcp.json and .vscode/mcp.json: add --config .mcp.json",
    },
    {
      name: "two servers",
      args: "inspect --cmd x --url http://x",
      code: 2,
      what: "two servers are given: --cmd and --url",
    },
    {
      name: "a command twice over",
      args: "inspect --cmd x -- y",
      code: 2,
      what: "two servers are given: --cmd and the command after --",
      fix: "--args",
    },
    { name: "a backend without target", args: "inspect http", code: 2, what: "the http backend needs a URL" },
    {
      name: "a backend of later",
      args: "inspect --backend tcp",
      code: 2,
      what: '--backend cannot be "tcp"',
      why: '"stdio", "http"',
    },
    {
      name: "backend against target",
      args: "inspect --backend http --cmd x",
      code: 2,
      what: "the http backend does not go with --cmd",
    },
    { name: "two backends", args: "inspect stdio --backend http --cmd x", code: 2, what: "two backends are given" },
    {
      name: "a URL without scheme",
      args: "inspect --url localhost:3000/mcp",
      code: 2,
      what: "--url is no URL of an HTTP server",
      fix: "http://localhost:3000/mcp",
    },
    {
      name: "a URL of another kind",
      args: "inspect --url ws://x/mcp",
      code: 2,
      what: "--url is no URL of an HTTP server",
      why: "its scheme is ws",
    },
    {
      name: "a token in the URL",
      args: "inspect --url http://user:hunter22@x/",
      code: 2,
      what: "--url holds a user name or password",
    },
    { name: "a shell operator", args: "inspect --cmd a|b", code: 2, what: "the command has a pipe" },
    {
      name: "a header for a program",
      args: "inspect --cmd x --header a:b",
      code: 2,
      what: "--header has no effect on a stdio server",
    },
    {
      name: "an environment for a URL",
      args: "inspect --url http://x --env A=b",
      code: 2,
      what: "--env has no effect on --url",
    },
    { name: "no header", args: "inspect --url http://x --header nope", code: 2, what: "--header needs the form" },
    {
      name: "credentials twice",
      args: "inspect --url http://x --auth-token a --auth-token-file b",
      code: 2,
      what: "credentials are given more than once",
    },
    {
      name: "no token file",
      args: "inspect --url http://x --auth-token-file nope",
      code: 2,
      what: "--auth-token-file: cannot read nope",
      why: "there is no such file",
    },
    { name: "no variable", args: "inspect --cmd x --env nope", code: 2, what: "--env needs the form NAME=value" },
    {
      name: "no duration",
      args: "inspect --cmd x --connect-timeout soon",
      code: 2,
      what: '--connect-timeout must be a duration, got "soon"',
    },
    {
      name: "no spec file",
      args: "inspect --spec nope.json",
      code: 2,
      what: "cannot read the spec",
      why: "there is no such file",
    },
    {
      name: "a spec that is no JSON",
      args: "inspect --spec x.json",
      files: { "x.json": "{" },
      code: 1,
      what: "x.json holds no valid JSON",
      why: "JSON",
    },
    {
      name: "a spec of something else",
      args: "inspect --spec x.json",
      files: { "x.json": '{"a": 1}' },
      code: 1,
      what: "x.json holds no MCP server's answers",
      why: "expected one of tools",
    },
    {
      name: "unknown key of the config",
      args: "generate",
      files: { "mcpgen.config.json": '{"outputs": [{"out": "o", "emitt": []}]}' },
      code: 2,
      what: "mcpgen.config.json: outputs[0].emitt is no key of the config",
      why: "server, out, emit",
    },
    {
      name: "no JSON in the config",
      args: "generate",
      files: { "mcpgen.config.json": '{\n  "servers" {}}' },
      code: 2,
      what: "mcpgen.config.json:2:13: not valid JSON",
      why: 'expected ":"',
    },
    {
      name: "a variable that is not set",
      args: "inspect",
      files: { "mcpgen.config.json": '{"servers": {"a": {"url": "http://x", "headers": {"A": "${NOPE}"}}}}' },
      code: 2,
      what: "mcpgen.config.json: servers.a.headers.A: the variable NOPE is not set",
    },
    {
      name: "which server of two",
      args: "inspect",
      files: { "mcpgen.config.json": '{"servers": {"a": {"cmd": "x"}, "b": {"cmd": "y"}}}' },
      code: 2,
      what: "mcpgen.config.json names 2 servers",
      fix: "--name a",
    },
    {
      name: "unknown server",
      args: "inspect --name c",
      files: { "mcpgen.config.json": '{"servers": {"a": {"cmd": "x"}}}' },
      code: 2,
      what: 'mcpgen.config.json has no server "c"',
      why: "a",
    },
    {
      name: "an editor's server of later",
      args: "inspect a --config .mcp.json",
      files: { ".mcp.json": '{"mcpServers": {"a": {"type": "sse", "url": "http://x"}}}' },
      code: 2,
      what: '.mcp.json: the server "a" cannot be used',
      why: "sse",
    },
    { name: "no output folder", args: "generate --cmd x", code: 2, what: "no output folder given", fix: "--out DIR" },
    { name: "unknown emitter", args: "generate --cmd x -o o --emit nope", code: 2, what: "cannot load nope" },
    {
      name: "an emitter that is none",
      args: "generate --cmd x -o o --emit ./e.mjs",
      files: { "e.mjs": "export default {}" },
      code: 2,
      what: "./e.mjs is no emitter",
      why: "its api is missing",
    },
    {
      name: "unknown option of an emitter",
      args: "generate --cmd x -o o --option nope=1",
      code: 2,
      what: 'option "nope"',
    },
    {
      name: "an option of no emitter",
      args: "generate --cmd x -o o --option client.a=1",
      code: 2,
      what: "--option client.a belongs to no emitter",
    },
    {
      name: "a frontend without project",
      args: "generate --cmd x -o o --emit client --frontend stdio",
      code: 2,
      what: "--frontend has no effect here",
    },
    {
      name: "a bundle without project",
      args: "generate --cmd x -o o --emit client --build",
      code: 2,
      what: "there is nothing to bundle in o",
    },
    {
      name: "check and dry run",
      args: "generate --cmd x -o o --check --dry-run",
      code: 2,
      what: "--check and --dry-run contradict each other",
    },
    {
      name: "check and build",
      args: "generate --cmd x -o o --check --build",
      code: 2,
      what: "--check and --build contradict each other",
    },
    { name: "unknown shell", args: "completion tcsh", code: 2, what: 'no completion for the shell "tcsh"' },
  ])("$name: $args", async ({ args, files = {}, ...want }) => {
    await put(files);
    const before = await readdir(folder);
    expectFailure(await runCli(args === "" ? [] : args.split(" "), { cwd: folder }), want);
    expect(await readdir(folder)).toEqual(before);
  });

  test("with --json, an object on stderr", async () => {
    const { code, stdout, stderr } = await runCli(["inspect", "--cmd", "x", "--json", "--formt"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "usage",
        message: "inspect knows no option --formt",
        why: "it is none of this command's options",
        hint: "did you mean --format?",
        exitCode: 2,
      },
    });
  });
});

describe("servers that are none", () => {
  test.each<Want & { name: string; script: string; args?: string[] }>([
    {
      name: "ends at once",
      script: 'console.error("boot"); console.error("cannot find the moon"); process.exitCode = 7;',
      code: 3,
      what: "exited with code 7",
      why: "cannot find the moon",
    },
    {
      name: "hangs",
      script: "setInterval(() => {}, 1000);",
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
      why: "",
    },
    {
      name: "speaks garbage",
      script: 'setInterval(() => console.log("hello"), 20);',
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
    },
    {
      name: "ignores the end of stdin and SIGTERM",
      script: 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);',
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
    },
  ])("$name", async ({ script, args = [], ...want }) => {
    await put({ "server.mjs": witness.script + script });
    const result = await runCli(["inspect", ...args, "--", process.execPath, "server.mjs"], { cwd: folder });
    expectFailure(result, want);
    expect(witness.count()).toBeGreaterThan(0);
    await witness.allGone();
  });

  test("a missing program", async () => {
    const result = await runCli(["inspect", "--cmd", "no-such-program-here --token s3cret"], { cwd: folder });
    expectFailure(result, { code: 3, what: 'cannot start "no-such-program-here"', why: "there is no such program" });
    expect(result.stderr).not.toContain("s3cret");
  });

  test("a secret that the server prints stays hidden", async () => {
    await put({ "server.mjs": "console.error(`token is ${process.env.TOKEN}`); process.exit(1);" });
    const args = ["inspect", "-vv", "--env", "TOKEN=s3cret-value", "--", process.execPath, "server.mjs"];
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain("token is ***");
    expect(stderr).not.toContain("s3cret-value");
  });
});

describe("addresses that are no server", () => {
  let server: Server;
  let url: string;
  const answers: Record<string, RequestListener> = {
    "/401": (_, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end("who are you"),
    "/403": (_, response) => response.writeHead(403).end("no"),
    "/404": (_, response) => response.writeHead(404).end("nothing"),
    "/500": (_, response) => response.writeHead(500).end("oops"),
    "/html": (_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><h1>Welcome"),
    "/empty": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(),
    "/hang": () => undefined,
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      answers[request.url ?? ""]?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each<Want & { path: string; args?: string[] }>([
    { path: "/401", code: 4, what: "wants authentication (HTTP 401)" },
    { path: "/403", code: 4, what: "refuses access (HTTP 403)" },
    { path: "/404", code: 3, what: "gave no MCP answer (HTTP 404)" },
    { path: "/500", code: 3, what: "gave no MCP answer (HTTP 500)" },
    { path: "/html", code: 3, what: "gave no MCP answer (HTTP 200)", why: "<!doctype html>" },
    { path: "/empty", code: 1, what: "not valid JSON" },
    { path: "/hang", args: ["--connect-timeout", "400ms"], code: 3, what: "did not answer within 400 ms" },
  ])("$path", async ({ path, args = [], ...want }) => {
    const result = await runCli(["inspect", "--url", url + path, "--auth-token", "s3cret-token", ...args], {
      cwd: folder,
    });
    expectFailure(result, want);
    expect(result.stderr).not.toContain("s3cret-token");
  });

  test("a closed port", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expectFailure(await runCli(["inspect", "--url", `http://127.0.0.1:${port}/mcp`], { cwd: folder }), {
      code: 3,
      what: `cannot reach http://127.0.0.1:${port}/mcp`,
    });
  });

  test("a name that nobody has", async () => {
    expectFailure(await runCli(["inspect", "--url", "http://no-such-host.invalid/mcp"], { cwd: folder }), {
      code: 3,
      what: "cannot reach http://no-such-host.invalid/mcp",
    });
  });
});
