import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import { introspect } from "../introspect/introspect.js";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";
import { emitAll } from "./digest.js";
import { fixtureArgv, type FixtureName } from "./fixture.js";
import { keptSpec, specText } from "./snapshot.js";
import { syntaxOf } from "./syntax.js";

const HARMLESS: readonly FixtureName[] = ["minimal", "everything", "schemas", "names"];
vi.setConfig({ testTimeout: 180_000 });

const MARKER = "CANARY_";

/** What the emitters make of a spec, without the vendored files: nothing of the server is in those. */
async function emitOwn(spec: ServerSpec): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await emitAll(spec))].filter(([path]) => !path.startsWith("project/src/runtime/")));
}

let hostile: ReadonlyMap<string, string>;
let harmless: readonly ReadonlyMap<string, string>[];
beforeAll(async () => {
  hostile = await emitOwn(await keptSpec("hostile"));
  harmless = await Promise.all(HARMLESS.map(async (name) => emitOwn(await keptSpec(name))));
}, 180_000);

const isCode = (path: string): boolean => /\.(?:ts|mjs|js)$/.test(path);
const code = (files: ReadonlyMap<string, string>): [string, string][] => [...files].filter(([path]) => isCode(path));

describe("code made of hostile text", () => {
  it("holds the canaries at all", () => {
    const all = [...hostile.values()].join("\n");
    for (const canary of ["CANARY_COMMENT", "CANARY_TEMPLATE", "CANARY_DOUBLE_QUOTE", "CANARY_PATH"])
      expect(all).toContain(canary);
  });

  it("makes the files that harmless text makes, and no others", () => {
    // The server's name is part of a protobuf package, and so of its folder: letters, digits and underscores.
    const paths = (files: Iterable<string>): string[] =>
      [...files].map((path) => path.replace(/^(protobuf\/mcpgen\/)[a-z][a-z0-9_]*\//, "$1SERVER/"));
    expect(paths(hostile.keys())).toEqual(paths(harmless[1]?.keys() ?? []));
    for (const path of hostile.keys()) expect(path).toMatch(/^[\w./-]+$/);
  });

  it("parses, and keeps every canary in a string or a comment", () => {
    const got = code(hostile).flatMap(([path, text]) => {
      const { errors, escaped } = syntaxOf(path, text, MARKER);
      return [...errors, ...escaped].map((fault) => `${path}: ${fault}`);
    });
    expect(got).toEqual([]);
  });

  it.each(["statements", "calls", "imports"] as const)("has the same kinds of %s as harmless code", (what) => {
    const kinds = (path: string, text: string): readonly string[] => [...syntaxOf(path, text, MARKER)[what]];
    const known = new Map<string, Set<string>>();
    for (const files of harmless)
      for (const [path, text] of code(files))
        known.set(path, new Set([...(known.get(path) ?? []), ...kinds(path, text)]));
    const got = code(hostile).flatMap(([path, text]) =>
      kinds(path, text)
        .filter((kind) => !known.get(path)?.has(kind))
        .map((kind) => `${path}: ${kind}`),
    );
    expect([...known.values()].some((found) => found.size > 0)).toBe(true);
    expect(got).toEqual([]);
  });

  it("hides nothing: no control, bidirectional, tag or unpaired character in any file", () => {
    const hidden =
      /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\u{e0000}-\u{e007f}]|\p{Cs}/u;
    const got = [...hostile].flatMap(([path, text]) => {
      const found = hidden.exec(text);
      return found ? [`${path}:${text.slice(0, found.index).split("\n").length}: ${JSON.stringify(found[0])}`] : [];
    });
    expect(got).toEqual([]);
  });

  it("puts no canary where a shell, a container or npm would run it", () => {
    const manifest = Object.entries(JSON.parse(hostile.get("project/package.json") ?? "") as object);
    expect(JSON.stringify(manifest.filter(([name]) => name !== "description"))).not.toContain(MARKER);
    const instructions = (hostile.get("project/Dockerfile") ?? "").split("\n").filter((line) => !line.startsWith("#"));
    expect(instructions.length).toBeGreaterThan(3);
    expect(instructions.filter((line) => line.includes(MARKER))).toEqual([]);
    const readme = hostile.get("project/README.md") ?? "";
    expect(readme).not.toMatch(/^# CANARY_|<script|\]\(javascript:/m);
  });
});

describe("foreign references", () => {
  it("are neither read nor fetched", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mcpgen-hostile-"));
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end('{"type":"string","description":"SECRET_OF_THE_NETWORK"}');
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const secret = join(folder, "secret.json");
      await writeFile(secret, '{"type":"string","description":"SECRET_OF_THE_DISK"}');
      const text = specText(await keptSpec("hostile"));
      expect(text).toContain("http://127.0.0.1:9/");
      const aimed = text.replaceAll("/etc/passwd", secret).replaceAll("127.0.0.1:9/", `127.0.0.1:${port}/`);
      for (const target of [`file://${secret}`, `http://127.0.0.1:${port}/`]) expect(aimed).toContain(target);
      const files = await emitOwn(readSpec(JSON.parse(aimed), "aimed"));
      expect([...files.values()].join("\n")).not.toContain("SECRET_OF");
      expect(requests).toBe(0);
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe("FIXTURE_HUGE", () => {
  it("is bounded where it is read, and generated from all the same", async () => {
    const spec = await introspect(stdioBackend({ argv: fixtureArgv("hostile"), env: { FIXTURE_HUGE: "1" } }));
    const found = spec.tools.filter(({ name }) => name.startsWith("huge_")).map(({ name }) => name);
    expect(found).toEqual(["huge_description", "huge_depth", "huge_width"]);
    const codes = spec.diagnostics.map(({ code: kind }) => kind);
    expect(codes).toEqual(expect.arrayContaining(["schema-too-deep", "schema-too-large"]));
    const files = await emitOwn(spec);
    expect([...files.keys()]).toEqual([...hostile.keys()]);
  });
});
