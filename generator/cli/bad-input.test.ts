import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../testing/cli.js";
import { misfits, type WantedFailure } from "../testing/failure.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-cli-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe("usage", () => {
  test.each<WantedFailure & { name: string; args: string; files?: Record<string, string> }>([
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
      args: "adapter",
      code: 2,
      what: 'unknown command "adapter"',
      why: "inspect, serve, call, verify, generate, schema, diff, emitters, completion",
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
    {
      name: "what serve does not have, for who is let in",
      args: "serve --jwt-secret s3cret --cmd x",
      code: 2,
      what: "serve has no --jwt-secret",
      why: "it is not in this version of mcpgen",
      fix: "keys: --api-key-file; client certificates: --tls-ca",
    },
    {
      name: "what serve does not have, for something else",
      args: "serve --metrics --cmd x",
      code: 2,
      what: "serve has no --metrics",
      why: "it is not in this version of mcpgen",
      fix: "leave it out",
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
      name: "a backend that there is not",
      args: "inspect --backend carrier-pigeon",
      code: 2,
      what: '--backend cannot be "carrier-pigeon"',
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
      args: "inspect --url ftp://x/mcp",
      code: 2,
      what: "--url is no URL of an HTTP server",
      why: "its scheme is ftp",
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
      name: "an editor's server that is none",
      args: "inspect a --config .mcp.json",
      files: { ".mcp.json": '{"mcpServers": {"a": {"type": "sse"}}}' },
      code: 2,
      what: '.mcp.json: the server "a" cannot be used',
      why: "neither command nor url",
    },
    { name: "no output folder", args: "generate --cmd x", code: 2, what: "no output folder given", fix: "--out DIR" },
    {
      name: "unknown emitter",
      args: "generate --cmd x -o o --emit nope",
      code: 2,
      what: 'there is no emitter "nope"',
      why: "built in are project, client",
    },
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
    expect(misfits(await runCli(args === "" ? [] : args.split(" "), { cwd: folder }), want)).toEqual([]);
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
