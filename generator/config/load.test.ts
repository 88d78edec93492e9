import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "./load.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const DEMO = '{ servers: { demo: { cmd: "node s.js" } } }';
const WANT = { servers: new Map([["demo", { config: { cmd: "node s.js" } }]]), outputs: [], diff: {} };

describe("loadConfig", () => {
  test.each([
    { file: "mcpgen.config.ts", text: `interface X { a?: 1 }\nconst c: object & X = ${DEMO};\nexport default c;` },
    { file: "mcpgen.config.mts", text: `export default (async (): Promise<object> => (${DEMO}));` },
    { file: "mcpgen.config.mjs", text: `export default ${DEMO};` },
    { file: "mcpgen.config.json", text: '{"servers": {"demo": {"cmd": "node s.js"}}} // JSON with comments' },
    { file: "mcpgen.config.jsonc", text: '{"servers": {"demo": {"cmd": "node s.js",},},}' },
    { file: "mcpgen.config.yaml", text: "servers:\n  demo:\n    cmd: node s.js\n" },
    { file: "mcpgen.config.yml", text: "servers: {demo: {cmd: node s.js}}" },
    { file: "package.json", text: '{"name": "x", "mcpgen": {"servers": {"demo": {"cmd": "node s.js"}}}}' },
  ])("finds $file", async ({ file, text }) => {
    await put({ [file]: text });
    const label = file === "package.json" ? "package.json#mcpgen" : file;
    expect(await loadConfig(folder)).toEqual({ ...WANT, label, folder });
  });

  test("finds nothing in a folder without one", async () => {
    await put({ "package.json": '{"name": "x"}', ".mcp.json": '{"mcpServers": {}}' });
    expect(await loadConfig(folder)).toBeUndefined();
  });

  test("TypeScript: its own files, packages beside it, mcpgen without an install, import.meta", async () => {
    await put({
      "mcpgen.config.ts": `
        import { basename } from "node:path";
        import { defineConfig } from "mcpgen";
        import { command } from "./part";
        import dep from "some-dep";
        const file: string = basename(import.meta.filename) + " " + basename(import.meta.dirname);
        export default defineConfig({ servers: { demo: { command, args: [dep, file, import.meta.url.slice(0, 8)] } } });`,
      "part.ts": 'export const command: string = "node";',
      "node_modules/some-dep/package.json":
        '{"name": "some-dep", "exports": {".": {"import": "./index.js"}}, "type": "module"}',
      "node_modules/some-dep/index.js": 'export default "from a package";',
    });
    const config = await loadConfig(folder);
    const args = ["from a package", `mcpgen.config.ts ${folder.split("/").at(-1) ?? ""}`, "file:///"];
    expect(config?.servers.get("demo")).toEqual({ config: { command: "node", args } });
  });

  test.each([
    {
      name: ".mcp.json",
      path: ".mcp.json",
      text: '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "x"], "env": {"K": "v"}, "disabled": true}, "b": {"type": "http", "url": "https://x/mcp", "headers": {"A": "b"}}, "c": {"type": "sse", "url": "https://x/sse"}, "d": {}}}',
      want: {
        a: { config: { command: "npx", args: ["-y", "x"], env: { K: "v" } } },
        b: { config: { url: "https://x/mcp", headers: { A: "b" } } },
        c: { config: { url: "https://x/sse", transport: "sse" } },
        d: { problem: "it has neither command nor url" },
      },
    },
    {
      name: "VS Code",
      path: ".vscode/mcp.json",
      text: '{"servers": {"a": {"type": "stdio", "command": "x"}}, "inputs": []}',
      want: { a: { config: { command: "x" } } },
    },
    {
      name: "Cursor",
      path: ".cursor/mcp.json",
      text: '{"mcpServers": {"a": {"command": "x"}}}',
      want: { a: { config: { command: "x" } } },
    },
  ])("an editor's file: $name", async ({ path, text, want }) => {
    await put({ [path]: text });
    const config = await loadConfig(folder, path);
    expect(config && Object.fromEntries(config.servers)).toEqual(want);
    expect(config?.folder).toBe(folder);
  });

  test.each([
    { name: "no such file", path: "x.json", files: {}, text: "cannot read x.json", why: "there is no such file" },
    { name: "no such script", path: "x.ts", files: {}, text: "cannot read x.ts", why: "there is no such file" },
    { name: "a folder", path: "d.json", files: { "d.json/x": "" }, text: "cannot read d.json", why: "it is a folder" },
    {
      name: "two at once",
      path: undefined,
      files: { "mcpgen.config.json": "{}", "mcpgen.config.yml": "" },
      text: "mcpgen.config.json, mcpgen.config.yml",
      why: "all of them lie in",
    },
    {
      name: "YAML",
      path: "x.yml",
      files: { "x.yml": "servers:\n  a: [1\n  b: 2" },
      text: "x.yml:3:3: not valid YAML",
      why: "",
    },
    {
      name: "JSON",
      path: "x.json",
      files: { "x.json": '{\n  "a" 1}' },
      text: "x.json:2:7: not valid JSON",
      why: 'expected ":"',
    },
    {
      name: "TypeScript",
      path: "./x.ts",
      files: { "x.ts": "export default {\n  a: = 1 };" },
      text: "x.ts:2:6",
      why: "Unexpected",
    },
    {
      name: "a package that is not there",
      path: "x.ts",
      files: { "x.ts": 'import "no-such-package-at-all"; export default {}' },
      text: "cannot load",
      why: "no-such-package-at-all",
    },
    {
      name: "a script that throws",
      path: "x.mjs",
      files: { "x.mjs": 'throw new Error("boom")' },
      text: "cannot load",
      why: "boom",
    },
    {
      name: "no default export",
      path: "x.mjs",
      files: { "x.mjs": "export const a = 1;" },
      text: "x.mjs exports no config",
      why: "no default export",
    },
    {
      name: "package.json without us",
      path: "package.json",
      files: { "package.json": "{}" },
      text: 'package.json has no key "mcpgen"',
      why: "",
    },
    {
      name: "a wrong key",
      path: "x.yml",
      files: { "x.yml": "outputs:\n  - out: o\n    emit: project\n" },
      text: 'x.yml: outputs[0].emit is "project"',
      why: "an array",
    },
  ])("refuses: $name", async ({ path, files, text, why }) => {
    await put(files);
    const failure = (await loadConfig(folder, path).catch((error: unknown) => error)) as {
      code: string;
      text: string;
      why: string | undefined;
    };
    expect(failure.code).toBe("config");
    expect(failure.text).toContain(text);
    expect(failure.why ?? "").toContain(why);
  });
});
