import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli, type CliResult } from "../testing/cli.js";
import { toolServer } from "../testing/lock-sample.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-half-"));
  await put("spec.json", JSON.stringify(toolServer({ a: ["x"] })));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);
const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
const run = (...args: string[]): Promise<CliResult> => runCli(["generate", ...args], { cwd: folder });
const emitter = (emit: string): string =>
  `export default { api: 1, name: "mine", summary: "x", parseOptions: () => ({}), emit: ${emit} };`;

test("a lock that cannot be written keeps the outputs from being written", async () => {
  await symlink(join(folder, "nowhere/at/all"), join(folder, "no")); // where nobody can make a folder, root included
  const { code, stderr } = await run("--spec", "spec.json", "--emit", "client", "--out", "out", "--lock", "no/my.lock");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: cannot write .*no\/my\.lock\n {2}why: its folder does not exist\n/);
  expect(await readdir(folder)).toEqual(["no", "spec.json"]);
});

test("the folder of the lock is made with it", async () => {
  const args = ["--spec", "spec.json", "--emit", "client", "--out", "new/out", "--lock", "new/locks/my.lock"];
  expect(await run(...args)).toMatchObject({ code: 0 });
  expect(await readdir(join(folder, "new/locks"))).toEqual(["my.lock"]);
});

test("one output that was edited by hand keeps the others, and the lock, as they were", async () => {
  const outputs = ["a", "b"].map((out) => ({ out, emit: ["graphql"] }));
  await put("mcpgen.config.json", JSON.stringify({ servers: { demo: { spec: "spec.json" } }, outputs }));
  expect(await run()).toMatchObject({ code: 0 });
  const before = [await read("a/schema.graphql"), await read("mcpgen.lock")];
  await put("b/schema.graphql", "# mine\n");
  await put("spec.json", JSON.stringify(toolServer({ a: ["x"], b: [] })));
  const { code, stderr } = await run();
  expect({ code, edited: /edited by hand: schema\.graphql/.test(stderr) }).toEqual({ code: 1, edited: true });
  expect([await read("a/schema.graphql"), await read("mcpgen.lock")]).toEqual(before);
});

test("an emitter that never ends is a failure that says so", async () => {
  await put("never.mjs", emitter("() => new Promise(() => {})"));
  const { code, stdout, stderr } = await run("--spec", "spec.json", "--emit", "./never.mjs", "--out", "out");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("an emitter or a config of yours returned a promise that is never settled");
});

test("what an emitter prints is no part of what was asked for", async () => {
  await put("loud.mjs", emitter(`() => { console.log("LOUD"); return [{ path: "a.txt", contents: "a\\n" }]; }`));
  const { code, stdout, stderr } = await run("--spec", "spec.json", "--emit", "./loud.mjs", "--out", "out", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ outputs: [{ out: "out" }] });
  expect(stderr).toContain("LOUD");
});
