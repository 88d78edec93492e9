import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { buildSchema } from "graphql";
import { tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { callCli } from "./call-cli.js";
import { runCli, type CliResult } from "../testing/cli.js";
import { fixtureArgv, startFixtureHttp } from "../testing/fixture.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-schema-"));
  await put("spec.json", spec("get-user", "drop_user"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const spec = (...tools: string[]): string =>
  JSON.stringify({
    serverInfo: { name: "demo", version: "1" },
    tools: tools.map((name) => ({
      name,
      inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    })),
  });
const put = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);
const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
/** In this process; with servers, in one of its own. */
const run = (...args: string[]): Promise<CliResult> => callCli(["schema", ...args], { cwd: folder });
const start = (...args: string[]): Promise<CliResult> => runCli(["schema", ...args], { cwd: folder });
const SPEC = ["--spec", "spec.json"];

const isOpenApi = (text: string): void =>
  expect(parse(text)).toMatchObject({ openapi: "3.1.0", paths: { "/tools/get-user": {}, "/tools/drop_user": {} } });
const isGraphql = (text: string): void =>
  expect(Object.keys(buildSchema(text).getMutationType()?.getFields() ?? {})).toEqual(
    expect.arrayContaining(["dropUser", "getUser"]),
  );
const isProto = (text: string): void =>
  expect(protobuf.parse(text).root.lookupType("GetUserRequest").fields).toHaveProperty("id");

describe.each([
  { language: "openapi", alias: "oas", file: "api.json", is: isOpenApi },
  { language: "graphql", alias: "gql", file: "schema.graphql", is: isGraphql },
  { language: "protobuf", alias: "proto", file: "server.proto", is: isProto },
])("schema $language", ({ language, alias, file, is }) => {
  test("to stdout, to a file, by its alias; the same bytes", async () => {
    const { code, stdout } = await run(language, ...SPEC);
    expect(code).toBe(0);
    is(stdout);
    expect(await run(...SPEC, alias, "--output", file)).toMatchObject({ code: 0, stdout: "" });
    expect(await read(file)).toBe(stdout);
  });

  test("--check: 0 when up to date, 1 with a diff or what is missing", async () => {
    const missing = await run(language, ...SPEC, "-o", file, "--check");
    expect(missing).toMatchObject({ code: 1, stdout: expect.stringContaining(`missing ${file}\n`) as string });
    await run(language, ...SPEC, "-o", file);
    const wanted = await read(file);
    expect(await run(language, ...SPEC, "-o", file, "--check")).toMatchObject({ code: 0, stdout: "" });
    await put(file, wanted.replace("drop", "dope"));
    const stale = await run(language, ...SPEC, "-o", file, "--check");
    expect(stale).toMatchObject({ code: 1, stdout: expect.stringContaining(`--- ${file}  (on disk)`) as string });
    expect(stale.stderr).toContain("fix: run mcpgen schema without --check\n");
    expect(await read(file)).toBe(wanted.replace("drop", "dope"));
  });

  test("to a folder, with a manifest; what is no longer made is removed", async () => {
    expect(await run(language, ...SPEC, "--out", "out/")).toMatchObject({ code: 0, stdout: "" });
    const { files } = JSON.parse(await read("out/.mcpgen/manifest.json")) as { files: { path: string }[] };
    expect(files.length).toBeGreaterThan(0);
    expect(await run(language, ...SPEC, "--out", "out", "--check")).toMatchObject({ code: 0 });
    await put(join("out", files[0]?.path ?? ""), "mine");
    expect(await run(language, ...SPEC, "--out", "out/")).toMatchObject({ code: 1 });
    expect(await run(language, ...SPEC, "--out", "out/", "--force")).toMatchObject({ code: 0 });
  });

  test("of servers over stdio and HTTP, with filters", async () => {
    const stdio = await start(language, "--include", "add", "--", ...fixtureArgv("minimal"));
    expect(stdio).toMatchObject({ code: 0, stdout: expect.stringMatching(/minimal/) as string });
    const server = await startFixtureHttp("minimal");
    try {
      const http = await start(language, "--include", "add", "--url", server.url);
      expect(http.stdout).toBe(stdio.stdout);
    } finally {
      await server.close();
    }
  });
});

describe("schema openapi", () => {
  test.each([
    { args: ["-o", "a.yaml"], file: "a.yaml", json: false },
    { args: ["-o", "a.yml", "-f", "yaml"], file: "a.yml", json: false },
    { args: ["-o", "a.txt", "--format", "yaml"], file: "a.txt", json: false },
    { args: ["-o", "a.txt"], file: "a.txt", json: true },
    { args: ["-o", "a.txt", "--json"], file: "a.txt", json: true },
    { args: ["-o", "a.txt", "--option", "openapi.format=yaml"], file: "a.txt", json: false },
  ])("format by $args", async ({ args, file, json }) => {
    expect(await run("openapi", ...SPEC, ...args)).toMatchObject({ code: 0, stdout: "" });
    const text = await read(file);
    isOpenApi(text);
    expect(text.startsWith("{")).toBe(json);
  });

  test("--with-examples", async () => {
    expect((await run("openapi", ...SPEC)).stdout).not.toContain('"example');
    expect((await run("openapi", ...SPEC, "--with-examples")).stdout).toContain('"example');
  });
});

describe("the lock", () => {
  test("is written by protobuf alone, and keeps its numbers", async () => {
    await run("openapi", ...SPEC);
    await run("graphql", ...SPEC);
    expect(await readdir(folder)).toEqual(["spec.json"]);
    await run("protobuf", ...SPEC);
    expect((await readdir(folder)).sort()).toEqual(["mcpgen.lock", "spec.json"]);
    const fields = async (): Promise<Record<string, number>> => {
      const type = protobuf.parse((await run("proto", ...SPEC)).stdout).root.lookupType("GetUserRequest");
      return Object.fromEntries(type.fieldsArray.map(({ name, id }) => [name, id]));
    };
    const before = await fields();
    await put("spec.json", spec("get-user").replace('"id":', '"age":{"type":"integer"},"id":'));
    expect(await fields()).toEqual({ ...before, age: 2 });
  });

  test("--offline takes the contract from it, --spec names one, --locked refuses a change", async () => {
    const { stdout } = await run("proto", ...SPEC);
    expect((await run("proto", "--offline", ...OUT_OF_NOWHERE)).stdout).toBe(stdout);
    expect((await run("proto", "--spec", "mcpgen.lock")).stdout).toBe(stdout);
    for (const language of ["openapi", "graphql"]) {
      // A lock that is there takes up the names, which then stay.
      expect(await run(language, ...SPEC, "--locked")).toMatchObject({ code: 1 });
      expect(await run(language, ...SPEC)).toMatchObject({ code: 0 });
      expect(await run(language, ...SPEC, "--locked")).toMatchObject({ code: 0 });
    }
    await put("spec.json", spec("get-user"));
    const before = await read("mcpgen.lock");
    for (const language of ["openapi", "graphql", "protobuf"]) {
      const { code, stdout: nothing, stderr } = await run(language, ...SPEC, "--locked");
      expect({ code, nothing }).toEqual({ code: 1, nothing: "" });
      expect(stderr).toMatch(/^error: mcpgen\.lock would change: .*drop_user/);
    }
    expect(await read("mcpgen.lock")).toBe(before);
  });
});

/** A server that would fail if it were started. */
const OUT_OF_NOWHERE = ["--name", "demo", "--cmd", "no-such-program"];

test("stdout carries nothing but the schema, and a failure leaves the file as it was", async () => {
  await put("api.json", "mine");
  await put("spec.json", "{");
  const { code, stdout } = await run("openapi", ...SPEC, "-o", "api.json");
  expect({ code, stdout, file: await read("api.json") }).toEqual({ code: 1, stdout: "", file: "mine" });
  expect((await readdir(folder)).sort()).toEqual(["api.json", "spec.json"]);
});

test.each([
  { args: ["opnapi"], want: 'there is no schema "opnapi"' },
  { args: ["openapi", "graphql"], want: "graphql names no server" },
  { args: ["graphql", "--with-examples"], want: "--with-examples has no effect on graphql" },
  { args: ["protobuf", "--format", "json"], want: "--format has no effect on protobuf" },
  { args: ["graphql", "--json"], want: "--json has no effect on graphql" },
  { args: ["openapi", "-o", "a.json", "-f", "yaml"], want: "--format yaml and the file name a.json contradict" },
  { args: ["openapi", "-o", "a.yaml", "--json"], want: "--json and the file name a.yaml contradict" },
  {
    args: ["openapi", "-f", "json", "--option", "format=yaml"],
    want: "--option format=yaml and --format json contradict",
  },
  { args: ["openapi", "-o", "a.proto"], want: "a.proto is the name of a protobuf file" },
  { args: ["graphql", "-o", "a.json"], want: "a.json is the name of a JSON or YAML file" },
  { args: ["proto", "--option", "layout=split"], want: "--option layout=split and writing to stdout contradict" },
  { args: ["openapi", "--option", "x=1"], want: 'option "x"' },
  { args: ["openapi", "--check"], want: "--check needs --output" },
  { args: ["openapi", "--force", "-o", "a.json"], want: "--force has no effect here" },
  { args: ["openapi", "--include", "nothing*"], want: 'the glob "nothing*" matches nothing' },
])("refused: $args", async ({ args, want }) => {
  const { code, stdout, stderr } = await run(...args, ...SPEC);
  const [first] = stderr.split("\n").map((line) => line.replace(/^\{"error":.*"message":"(.*?)","why".*/, "error: $1"));
  expect({ code, stdout, first }).toEqual({ code: 2, stdout: "", first: expect.stringContaining(want) as string });
});

test("as the README of the seed has it", async () => {
  const cmd = fixtureArgv("minimal")
    .map((word) => `'${word}'`)
    .join(" ");
  const seed = ["openapi", "--backend", "stdio", "--cmd", cmd];
  expect(await start(...seed, "--output", "api-spec.json")).toMatchObject({ code: 0, stdout: "" });
  expect((await start(...seed)).stdout).toBe(await read("api-spec.json"));
});

test("refused: no language", async () => {
  const { code, stderr } = await start();
  expect({ code, first: stderr.split("\n")[0] }).toEqual({ code: 2, first: "error: schema needs a language" });
});
