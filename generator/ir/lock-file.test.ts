import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { FIXTURES } from "../testing/fixture.js";
import { lockRefusal, lockText, settleTools, toolServer } from "../testing/lock-sample.js";
import { keptSpec } from "../testing/snapshot.js";
import { lockedSpec, lockServer, parseLock, printLock, settleContract } from "./lock-file.js";
import { openLock } from "./lock.js";
import { byCodeUnit, canonicalJson, inOrder } from "./order.js";
import { readSpec } from "./read.js";
import type { Json, ServerSpec } from "./spec.js";

const specIn = (text: string, server = "demo"): ServerSpec => {
  const { servers } = parseLock(text, "mcpgen.lock");
  const entry = Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (!entry) throw new Error(`no ${server}`);
  return lockedSpec(entry);
};

describe.each(FIXTURES)("the contract of %s", (fixture) => {
  it("comes back as it was", async () => {
    const given = await keptSpec(fixture);
    const settled = settleContract(given);
    const text = lockText(given);
    expect(printLock(parseLock(text, "mcpgen.lock"))).toBe(text);
    expect(JSON.stringify(specIn(text))).toBe(JSON.stringify(settled));
    const { diagnostics: told, ...kept } = settled;
    const { diagnostics, ...all } = inOrder(given);
    expect(canonicalJson(kept as unknown as Json)).toBe(canonicalJson(all as unknown as Json));
    const itemAt = (spec: ServerSpec, pointer: string): unknown => {
      const [, list, index] = /^\/(tools|resources|resourceTemplates|prompts)\/(\d+)/.exec(pointer) ?? [];
      const { name, uri } = (list ? (spec[list as "tools"][Number(index)] ?? {}) : {}) as Record<string, unknown>;
      return [name, uri, pointer.replace(/^\/\w+\/\d+/, "")];
    };
    const seen = (spec: ServerSpec, list: ServerSpec["diagnostics"]): string[] =>
      list.map(({ pointer, ...rest }) => JSON.stringify([rest, itemAt(spec, pointer)])).sort(byCodeUnit);
    expect(seen(settled, told)).toEqual(seen(given, diagnostics));
  });

  it("is the same text whatever order the server lists and writes it in", async () => {
    const given = await keptSpec(fixture);
    const turned = readSpec(turn(given as unknown as Json), "turned");
    expect(JSON.stringify(turned)).not.toBe(JSON.stringify(given));
    const before = settleContract(given);
    const diagnostics = { diagnostics: [] }; // their pointers count by the server's order
    expect(lockText(settleContract({ ...turned, ...diagnostics }, before))).toBe(
      lockText({ ...before, ...diagnostics }),
    );
  });

  it("is sorted but for schemas, and shows all that is in it", async () => {
    const text = lockText(await keptSpec(fixture));
    expect(text).toMatch(/^\{\n {2}"lockVersion": 1,\n[^]*\n\}\n$/);
    expect(text).not.toMatch(/[^\P{C}\n]|[\u2028\u2029\u00ad\u061c\u3164]/u);
    const { servers } = JSON.parse(text) as { servers: { demo: Record<string, Json> } };
    expect(Object.keys(servers.demo)).toEqual(Object.keys(servers.demo).sort(byCodeUnit));
  });
});

/** Members and lists of items in reverse; other arrays mean what they say. */
function turn(value: Json, depth = 0): Json {
  if (Array.isArray(value))
    return depth === 1 ? (value as readonly Json[]).map((one) => turn(one, 2)).reverse() : (value as readonly Json[]);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]): [string, Json] => [key, key === "diagnostics" ? one : turn(one, depth + 1)])
      .reverse(),
  );
}

test.each([
  "__proto__",
  "constructor",
  "toString",
  "",
  "1",
  "01",
  "a/b~c d",
  'x"y\\',
  "\u202egnp",
  "\ud800",
  "日本 👩‍🚀",
])("a tool, a property and a server called %j survive", (name) => {
  const given = toolServer({ [name]: [name], other: ["a"] });
  const settled = settleTools(given);
  const text = printLock({
    lockVersion: 1,
    servers: Object.fromEntries([[name, lockServer(settleContract(given), settled)]]),
  });
  expect(specIn(text, name)).toEqual(inOrder(given));
  const entry = new Map(Object.entries(parseLock(text, "mcpgen.lock").servers)).get(name);
  expect(settleTools(given, openLock(entry))).toEqual(settled);
});

it("keeps the order of members in schemas, and takes that of before where they say the same", () => {
  const given = toolServer({ "get-b": ["z", "a"] });
  expect(Object.keys(specIn(lockText(given)).tools[0]?.inputSchema["properties"] as object)).toEqual(["z", "a"]);
  const turned = toolServer({ "get-b": ["a", "z"] });
  expect(JSON.stringify(settleContract(turned, given))).toBe(JSON.stringify(settleContract(given)));
  const changed = toolServer({ "get-b": ["a", "z", "m"] });
  const [tool] = settleContract(changed, given).tools;
  expect(Object.keys(tool?.inputSchema["properties"] as object)).toEqual(["a", "z", "m"]);
});

describe("two branches", () => {
  let folder = "";
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "mcpgen-merge-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const BASE = { b: ["one", "two", "three"], f: ["one"], m: ["one"], t: ["one"] };
  const base = toolServer(BASE);
  const first = settleTools(base);
  const branch = (tools: Readonly<Record<string, readonly string[]>>): string => {
    const spec = toolServer(tools);
    return lockText(spec, settleTools(spec, openLock(first)));
  };
  /** The merged text; throws where git finds a conflict. */
  const merge = (ours: string, theirs: string): string => {
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return name;
    };
    const files = [write("ours", ours), write("base", lockText(base, first)), write("theirs", theirs)];
    return execFileSync("git", ["merge-file", "-p", ...files], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  };

  it("that each add a tool", () => {
    const merged = merge(branch({ ...BASE, d: ["one"] }), branch({ ...BASE, n: ["one", "two"] }));
    expect(specIn(merged).tools.map(({ name }) => name)).toEqual(["b", "d", "f", "m", "n", "t"]);
    expect(merged).toBe(branch({ ...BASE, d: ["one"], n: ["one", "two"] }));
  });

  it("of which one removes a tool and one adds a field to another", () => {
    const { b, f, t } = BASE;
    const less = { b, f, t };
    const merged = merge(branch(less), branch({ ...BASE, b: ["one", "two", "three", "four"] }));
    expect(specIn(merged).tools.map(({ name }) => name)).toEqual(["b", "f", "t"]);
  });

  it("that each add a field to one message, merged without looking", () => {
    const [ours, theirs] = [
      ["one", "ours", "two"],
      ["one", "two", "yours"],
    ];
    const numbered = (fields: readonly string[]): string => branch({ ...BASE, f: fields });
    // The schemas conflict in the sha256 at least; what is left of both then is the worst that a hand can make of it.
    expect(() => merge(numbered(ours), numbered(theirs))).toThrow();
    const line = '"ours": "string ours = 2",\n';
    const merged = numbered(theirs).replace(/( +)("two": "string two = 2 )/, `$1${line}$1$2`);
    expect(merged).toContain(line);
    expect(lockRefusal(merged).text).toMatch(/the number 2 is given twice$/);
  });
});
