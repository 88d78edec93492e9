import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Log } from "../../runtime/core/log.js";
import { readSpec } from "../ir/read.js";
import { cacheDir, cacheKey, readCache, writeCache, type BackendDescription } from "./cache.js";

const SPEC = readSpec(
  { serverInfo: { name: "s", version: "1" }, tools: [{ name: "a", inputSchema: { type: "object" } }] },
  "x.json",
);
const STDIO: BackendDescription = {
  kind: "stdio",
  argv: ["node", "x.js"],
  cwd: "/a",
  env: { TOKEN: "hunter2", A: "1" },
  era: "auto",
};
const HTTP: BackendDescription = {
  kind: "http",
  url: "http://a.test/mcp",
  headers: { authorization: "Bearer hunter2" },
  era: "auto",
};
const KEY = cacheKey(STDIO);

let root = "";
let dir = "";
let warnings: string[] = [];
const log: Log = (level, text) => void warnings.push(`${level} ${text}`);
const entryPath = (): string => join(dir, `${KEY}.json`);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mcpgen-cache-"));
  dir = join(root, "deep", "er");
  warnings = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe("cacheKey", () => {
  it("is the same for the same server, in whatever order its variables come", () => {
    expect(cacheKey({ ...STDIO, env: { A: "1", TOKEN: "hunter2" } })).toBe(KEY);
    expect(KEY).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<{ name: string; given: BackendDescription }>([
    { name: "arguments", given: { ...STDIO, argv: ["node", "y.js"] } },
    { name: "arguments split otherwise", given: { ...STDIO, argv: ["node x.js"] } },
    { name: "folder", given: { ...STDIO, cwd: "/b" } },
    { name: "a variable's value", given: { ...STDIO, env: { TOKEN: "hunter3", A: "1" } } },
    { name: "a variable less", given: { ...STDIO, env: { A: "1" } } },
    { name: "era", given: { ...STDIO, era: "legacy" } },
    { name: "transport", given: HTTP },
    { name: "URL", given: { ...HTTP, url: "http://b.test/mcp" } },
    { name: "a header's value", given: { ...HTTP, headers: { authorization: "Bearer x" } } },
    { name: "another kind at the same address", given: { ...HTTP, kind: "sse" } },
  ])("changes with $name", ({ name, given }) => {
    expect(cacheKey(given)).not.toBe(
      name === "URL" || name.includes("header") || name.includes("kind") ? cacheKey(HTTP) : KEY,
    );
  });
});

describe("cache", () => {
  it("gives back what was kept, to this user only, with no secret and nothing beside it", async () => {
    await writeCache(KEY, SPEC, { dir, log });
    expect(await readCache(KEY, { dir, log })).toEqual(SPEC);
    expect(await readdir(dir)).toEqual([`${KEY}.json`]);
    expect((await stat(entryPath())).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const entry = JSON.parse(await readFile(entryPath(), "utf8")) as Record<string, unknown>;
    expect(Object.keys(entry)).toEqual(["format", "savedAt", "key", "spec"]);
    expect(JSON.stringify(entry)).not.toContain("hunter2");
    expect(warnings).toEqual([]);
  });

  it("replaces an older entry", async () => {
    await writeCache(KEY, SPEC, { dir, log });
    const newer = readSpec({ tools: [], serverInfo: { name: "newer", version: "2" } }, "x.json");
    await writeCache(KEY, newer, { dir, log });
    expect(await readCache(KEY, { dir, log })).toEqual(newer);
  });

  it("knows nothing of what was never kept, without a word", async () => {
    expect(await readCache(KEY, { dir, log })).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  const day = 24 * 60 * 60_000;
  it.each([
    { name: "young enough", ageMs: day - 60_000, maxAgeMs: undefined, want: true },
    { name: "a day old", ageMs: day + 60_000, maxAgeMs: undefined, want: false },
    { name: "older than asked", ageMs: 60_000, maxAgeMs: 1_000, want: false },
    { name: "from the future", ageMs: -60_000, maxAgeMs: undefined, want: false },
  ])("$name", async ({ ageMs, maxAgeMs, want }) => {
    const savedAt = new Date(Date.now() - ageMs).toISOString();
    await mkdir(dir, { recursive: true });
    await writeFile(entryPath(), JSON.stringify({ format: 1, savedAt, key: KEY, spec: SPEC }));
    const got = await readCache(KEY, { dir, log, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) });
    expect(got !== undefined).toBe(want);
    expect(warnings).toEqual([]);
  });

  const now = new Date().toISOString();
  it.each([
    { name: "no JSON", given: "{" },
    { name: "null", given: "null" },
    { name: "another format", given: JSON.stringify({ format: 99, savedAt: now, key: KEY, spec: SPEC }) },
    { name: "another server's", given: JSON.stringify({ format: 1, savedAt: now, key: "x", spec: SPEC }) },
    { name: "no date", given: JSON.stringify({ format: 1, savedAt: "soon", key: KEY, spec: SPEC }) },
    { name: "no spec", given: JSON.stringify({ format: 1, savedAt: now, key: KEY, spec: { tools: 7 } }) },
    {
      name: "a newer spec",
      given: JSON.stringify({ format: 1, savedAt: now, key: KEY, spec: { ...SPEC, specVersion: 99 } }),
    },
  ])("ignores with one warning: $name", async ({ given }) => {
    await mkdir(dir, { recursive: true });
    await writeFile(entryPath(), given);
    expect(await readCache(KEY, { dir, log })).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^warn ignoring the cached introspection .*\.json: /);
  });

  it("ignores a folder in an entry's place, and cannot replace it: one warning each", async () => {
    await mkdir(join(entryPath(), "full"), { recursive: true });
    expect(await readCache(KEY, { dir, log })).toBeUndefined();
    await writeCache(KEY, SPEC, { dir, log });
    expect(warnings).toHaveLength(2);
    expect(await readdir(dir)).toEqual([`${KEY}.json`]);
  });

  it("says so once where nothing can be written", async () => {
    await writeFile(join(root, "deep"), "a file in the way");
    await writeCache(KEY, SPEC, { dir, log });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^warn the introspection is not kept for the next time: /);
  });

  it("says so once where the last step fails, and leaves nothing beside it", async () => {
    await mkdir(join(entryPath(), "in the way"), { recursive: true });
    await writeCache(KEY, SPEC, { dir, log });
    expect(warnings).toHaveLength(1);
    expect(await readdir(dir)).toEqual([`${KEY}.json`]);
  });
});

describe("cacheDir", () => {
  it.each([
    { name: "XDG_CACHE_HOME", given: { XDG_CACHE_HOME: "/x/cache" }, want: "/x/cache/mcpgen/introspect" },
    {
      name: "a relative one is ignored",
      given: { XDG_CACHE_HOME: "cache" },
      want: join(homedir(), ".cache/mcpgen/introspect"),
    },
    { name: "the default", given: {}, want: join(homedir(), ".cache/mcpgen/introspect") },
  ])("$name", ({ given, want }) => {
    expect(cacheDir(given)).toBe(want);
  });
});
