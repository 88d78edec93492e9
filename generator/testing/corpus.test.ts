import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { printClient } from "../emit/client.js";
import { fileHeader } from "../emit/header.js";
import { printTypes } from "../emit/types.js";
import { planNames } from "../ir/names.js";
import { packageRoot } from "../package-root.js";
import { compileFolder, MODULES } from "./corpus-compile.js";
import { nastySpecs } from "./corpus-fuzz.js";
import { gate } from "./corpus-gate.js";
import { readCorpus } from "./corpus-spec.js";
import { syntaxOf } from "./syntax.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpgen-corpus-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("finds nothing wrong with what is made of nasty specs: types, samples, validators, both module systems", async () => {
  const { servers, errors } = await gate(nastySpecs(30, 10), join(folder, "nasty"));
  expect([...errors, ...servers.flatMap((server) => server.errors)]).toEqual([]);
  const sum = (of: (server: (typeof servers)[number]) => number): number =>
    servers.reduce((all, one) => all + of(one), 0);
  expect(sum(({ tools }) => tools)).toBeGreaterThan(50);
  expect(sum(({ samples }) => samples)).toBeGreaterThan(2000);
}, 300_000);

it("prints types and a client of three hundred nasty specs, each a module, the same again", async () => {
  for (const { name, spec } of nastySpecs(300, 4)) {
    const names = planNames(spec);
    const types = await printTypes(spec, names);
    const client = printClient(spec, names, { typesModule: "./types.gen.js", header: fileHeader(spec) });
    for (const printed of [types, client])
      expect({ name, errors: syntaxOf("x.ts", printed, "?").errors }).toEqual({ name, errors: [] });
    expect([...syntaxOf("x.ts", types, "?").statements].filter((kind) => !/Interface|Alias|Export/.test(kind))).toEqual(
      [],
    );
    expect(await printTypes(spec, names)).toBe(types);
  }
}, 120_000);

it.each(MODULES)(
  "sees an error where there is one, with module %s",
  async (module) => {
    const wrong = join(folder, `wrong-${module}`);
    mkdirSync(wrong);
    writeFileSync(join(wrong, "a.ts"), "export const a: string = 1;\n");
    symlinkSync(join(packageRoot(), "node_modules"), join(wrong, "node_modules"), "junction");
    const errors = await compileFolder(wrong, { module, rootDirs: ["."] });
    expect(errors.map(({ file }) => file)).toEqual(["a.ts"]);
  },
  120_000,
);

it("reads specs, and says why it skips what is none", () => {
  const path = join(folder, "specs");
  mkdirSync(path);
  const tools = [{ name: "a", inputSchema: { type: "object" } }];
  writeFileSync(join(path, "b.json"), JSON.stringify({ tools }));
  writeFileSync(join(path, "c d.json"), JSON.stringify({ result: { tools } }));
  writeFileSync(join(path, "e.json"), "{");
  writeFileSync(join(path, "f.json"), "{}");
  writeFileSync(join(path, "g.txt"), "no");
  const { specs, skipped } = readCorpus([path, join(path, "b.json")]);
  expect(specs.map(({ name, spec }) => [name, spec.tools.length])).toEqual([
    ["b", 1],
    ["c_d", 1],
    ["b-2", 1],
  ]);
  expect(skipped.map(({ file }) => file)).toEqual([join(path, "e.json"), join(path, "f.json")]);
  expect(skipped.every(({ reason }) => reason !== "")).toBe(true);
});

it("ends with 2 when there is nothing to read", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const argv = ["--import", "tsx", join(import.meta.dirname, "corpus.ts"), empty];
  const child = spawn(process.execPath, argv, { cwd: packageRoot(), stdio: ["ignore", "ignore", "pipe"] });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close") as Promise<[number]>]);
  expect(code).toBe(2);
  expect(stderr).toContain("usage: npm run test:corpus");
});
