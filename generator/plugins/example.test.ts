import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../package-root.js";
import { runCli } from "../testing/cli.js";
import { FIXTURES } from "../testing/fixture.js";

const run = promisify(execFile);
const docs = join(packageRoot(), "docs");
const emitter = join(docs, "example-emitter.mjs");

/** Imports the module, resolves each annotation, and writes what it holds as JSON. Nothing in it may have run anything else. */
const JUDGE = `
import json, sys, typing
from dataclasses import fields, is_dataclass
from enum import Enum
sys.dont_write_bytecode = True
import models
types = [one for one in vars(models).values() if isinstance(one, type) and one.__module__ == "models"]
for one in types:
    if is_dataclass(one):
        typing.get_type_hints(one, vars(models))
print(json.dumps({
    "server": models.SERVER,
    "tools": list(models.TOOLS),
    "enums": {one.__name__: [member.value for member in one] for one in types if issubclass(one, Enum)},
    "members": {one.__name__: [field.metadata["json"] for field in fields(one)] for one in types if is_dataclass(one)},
}))
`;

interface Judged {
  readonly server: string;
  readonly tools: readonly string[];
  readonly enums: Readonly<Record<string, readonly string[]>>;
  readonly members: Readonly<Record<string, readonly string[]>>;
}

const python = await run("python3", ["-c", "import sys; print(sys.version_info >= (3, 10))"]).then(
  ({ stdout }) => stdout.trim() === "True",
  () => false,
);
if (!python)
  process.stderr.write("SKIPPED: no python3 of 3.10 or later, so nobody judges what the example emitter makes\n");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-example-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("there is a Python to judge by, in CI at least", () => {
  expect(python || process.env.CI !== "true").toBe(true);
});

describe.each(FIXTURES)("the example emitter, %s", (fixture) => {
  const spec = join(packageRoot(), "snapshots", fixture, "spec.json");
  const generate = (...more: string[]) =>
    runCli(["generate", "--spec", spec, "--emit", emitter, "--out", fixture, ...more], { cwd: folder });

  test("the command makes it, and the same again; Python imports it and finds every tool and name", async ({
    skip,
  }) => {
    const { code, stderr } = await generate();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await generate("--check")).toMatchObject({ code: 0 });
    skip(!python, "no python3 of 3.10 or later");
    const { stdout } = await run("python3", ["-I", "-c", `import sys; sys.path.insert(0, "."); ${JUDGE}`], {
      cwd: join(folder, fixture),
    }).catch((error: unknown) => {
      throw new Error(`Python refuses ${fixture}`, { cause: error });
    });
    const judged = JSON.parse(stdout) as Judged;
    const { server, tools } = JSON.parse(await readFile(spec, "utf8")) as {
      server: { name: string };
      tools: { name: string }[];
    };
    expect(judged.server).toBe(server.name);
    expect([...judged.tools].sort()).toEqual(tools.map(({ name }) => name).sort());
    for (const list of [...Object.values(judged.enums), ...Object.values(judged.members)])
      expect(new Set(list).size).toBe(list.length);
  });
});

test("a lock keeps its names when a tool comes that would take them", async () => {
  const tool = (name: string) => ({ name, inputSchema: { type: "object", properties: { a: { type: "string" } } } });
  const read = async (...names: string[]) => {
    await writeFile(
      join(folder, "grown.json"),
      JSON.stringify({ serverInfo: { name: "s", version: "1" }, tools: names.map(tool) }),
    );
    const { code, stderr } = await runCli(["generate", "--spec", "grown.json", "--emit", emitter, "--out", "grown"], {
      cwd: folder,
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const text = await readFile(join(folder, "grown", "models.py"), "utf8");
    return text.match(/^ {4}"[^"]*": \(\w+/gm);
  };
  expect(await read("get_user")).toEqual(['    "get_user": (GetUserInput']);
  expect(await read("get-user", "get_user")).toEqual([
    '    "get-user": (GetUser2Input',
    '    "get_user": (GetUserInput',
  ]);
});

test.each([
  ["an option it does not know", ["--option", "nope=1"], "is none of this emitter's options"],
  ["a module that is none", ["--option", "module=../x"], "must be a name of lower-case letters"],
])("refuses %s", async (_, more, text) => {
  const spec = join(packageRoot(), "snapshots/minimal/spec.json");
  const { code, stderr } = await runCli(["generate", "--spec", spec, "--emit", emitter, "--out", "refused", ...more], {
    cwd: folder,
  });
  expect(code).toBe(2);
  expect(stderr).toContain(text);
});

test("a copy of it elsewhere says what is missing", async () => {
  await cp(emitter, join(folder, "copy.mjs"));
  const { code, stderr } = await runCli(["generate", "--cmd", "x", "--emit", "./copy.mjs", "--out", "o"], {
    cwd: folder,
  });
  expect(code).toBe(2);
  expect(stderr).toContain("cannot load ./copy.mjs");
});

test("docs/emitter.md shows pieces of the example, as they are", async () => {
  const [guide, source] = await Promise.all([readFile(join(docs, "emitter.md"), "utf8"), readFile(emitter, "utf8")]);
  const pieces = [...guide.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
  expect(pieces.length).toBeGreaterThanOrEqual(5);
  const unindented = (text: string): string => text.replace(/^ +/gm, "");
  for (const piece of pieces) expect(unindented(source)).toContain(unindented(piece));
});
