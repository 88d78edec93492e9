import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "./package-root.js";

describe("packageRoot", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mcpgen-root-"));
    await mkdir(join(folder, "node_modules/mcpgen/dist/chunks"), { recursive: true });
    await writeFile(join(folder, "package.json"), '{"name":"somebody"}');
    await writeFile(join(folder, "node_modules/mcpgen/package.json"), '{"name":"mcpgen"}');
    await writeFile(join(folder, "node_modules/mcpgen/dist/package.json"), '{"type":"module"}');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is this checkout", () => {
    expect(packageRoot()).toBe(resolve(import.meta.dirname, ".."));
  });
  it("is the installed package, from a chunk of its bundle", () => {
    expect(packageRoot(join(folder, "node_modules/mcpgen/dist/chunks/a.js"))).toBe(join(folder, "node_modules/mcpgen"));
  });
  it("is nobody else's package", () => {
    expect(() => packageRoot(join(folder, "index.js"))).toThrow("mcpgen cannot find its own package folder");
  });
});
