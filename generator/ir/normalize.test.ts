import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOUNDS } from "./bounds.js";
import { normalize, type RawServer } from "./normalize.js";
import { readSpec } from "./read.js";
import type { ServerSpec } from "./spec.js";

const RAW: RawServer = {
  protocolVersion: "2025-11-25",
  server: { name: "s", version: "1" },
  capabilities: {},
  clientCapabilities: {},
};
const spec = (raw: Partial<RawServer>): ServerSpec => normalize({ ...RAW, ...raw });
const object = { type: "object" } as const;

/** `{"items":{"items":…}}`, or the same of another member, without recursion. */
function nested(levels: number, wrap: (inner: object) => object = (items) => ({ items })): object {
  let schema: object = {};
  for (let i = 0; i < levels; i++) schema = wrap(schema);
  return schema;
}

const inProperties = (inner: object): object => ({ type: "object", properties: { a: inner } });

interface Case {
  readonly name: string;
  readonly given: Partial<RawServer>;
  readonly want: Partial<Record<keyof ServerSpec, unknown>>;
  /** `code pointer` of each diagnostic. */
  readonly found?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "unknown members stay, in place",
    given: { tools: [{ category: "x", name: "a", vendor: { deep: [1] }, inputSchema: object, _meta: { k: null } }] },
    want: { tools: [{ category: "x", name: "a", vendor: { deep: [1] }, inputSchema: object, _meta: { k: null } }] },
  },
  {
    name: "items that are none",
    given: { tools: [null, 7, [], {}, { name: 7 }, { name: "a", inputSchema: object }] },
    want: { tools: [{ name: "a", inputSchema: object }] },
    found: Array<string>(5).fill("item-invalid /tools"),
  },
  {
    name: "the first of equal names wins",
    given: {
      tools: [tool("a", { title: "1" }), tool("a", { title: "2" }), tool("A")],
      prompts: [{ name: "a" }, { name: "a" }],
    },
    want: { tools: [tool("a", { title: "1" }), tool("A")], prompts: [{ name: "a" }] },
    found: ["duplicate-name /tools", "duplicate-name /prompts"],
  },
  {
    name: "resources are told apart by address, not by name",
    given: {
      resources: [
        { uri: "a:1", name: "n" },
        { uri: "a:2", name: "n" },
        { uri: "a:1", name: "m" },
      ],
    },
    want: {
      resources: [
        { uri: "a:1", name: "n" },
        { uri: "a:2", name: "n" },
      ],
    },
    found: ["duplicate-name /resources"],
  },
  {
    name: "an address stands in for a missing name",
    given: { resourceTemplates: [{ uriTemplate: "a:{x}" }] },
    want: { resourceTemplates: [{ uriTemplate: "a:{x}", name: "a:{x}" }] },
    found: ["member-invalid /resourceTemplates/0/name"],
  },
  ...[undefined, null, [], "x", true].map((inputSchema): Case => ({
    name: `inputSchema ${JSON.stringify(inputSchema)}`,
    given: { tools: [{ name: "a", inputSchema }] },
    want: { tools: [tool("a")] },
    found: ["schema-missing /tools/0/inputSchema"],
  })),
  {
    name: "an inputSchema without type stays as it is",
    given: { tools: [{ name: "a", inputSchema: { $schema: "x" } }] },
    want: { tools: [{ name: "a", inputSchema: { $schema: "x" } }] },
  },
  {
    name: "outputSchema null is none, anything else but an object is told",
    given: { tools: [tool("a", { outputSchema: null }), tool("b", { outputSchema: 7 })] },
    want: { tools: [tool("a"), tool("b")] },
    found: ["schema-missing /tools/1"],
  },
  {
    name: "members of a wrong type",
    given: { tools: [{ name: "a", description: null, title: 7, annotations: [], inputSchema: object }] },
    want: { tools: [{ name: "a", inputSchema: object }] },
    found: ["member-invalid /tools/0/title", "member-invalid /tools/0/annotations"],
  },
  {
    name: "arguments of a prompt",
    given: {
      prompts: [
        { name: "p", arguments: [{ name: "x", required: "yes" }, { name: "x" }, {}, null] },
        { name: "q", arguments: null },
      ],
    },
    want: { prompts: [{ name: "p", arguments: [{ name: "x" }] }, { name: "q" }] },
    found: [
      "member-invalid /prompts/0/arguments/0/required",
      "member-invalid /prompts/0/arguments",
      "member-invalid /prompts/0/arguments",
    ],
  },
  {
    name: "a server that says nothing of itself",
    given: { server: undefined, capabilities: null, instructions: 7 },
    want: { server: { name: "mcp-server", version: "0.0.0" }, capabilities: {} },
    found: ["server-unnamed /server", "member-invalid /instructions"],
  },
  {
    name: "schemas as deep as they may be, counted in schemas",
    given: { tools: [tool("a", { inputSchema: nested(BOUNDS.maxDepth - 1, inProperties) })] },
    want: { tools: [tool("a", { inputSchema: nested(BOUNDS.maxDepth - 1, inProperties) })] },
  },
  ...[BOUNDS.maxDepth, 5_000, 5_000_000].map((levels): Case => ({
    name: `a schema of ${levels} levels`,
    given: { tools: [tool("a", { inputSchema: nested(levels) }), tool("b")] },
    want: { tools: [tool("a"), tool("b")] },
    found: ["schema-too-deep /tools/0/inputSchema"],
  })),
  {
    name: "depth in every place where a schema or data can be",
    given: {
      tools: [
        tool("a", { inputSchema: nested(5_000, inProperties) }),
        tool("b", { inputSchema: nested(5_000, (inner) => ({ anyOf: [inner] })) }),
        tool("c", { inputSchema: { default: nested(5_000) } }),
        tool("d", { inputSchema: { "x-unknown": nested(5_000, (inner) => [inner]) } }),
        tool("e", { inputSchema: { allOf: nested(5_000, (inner) => [inner]) } }),
        tool("f", { outputSchema: nested(5_000) }),
      ],
    },
    want: { tools: ["a", "b", "c", "d", "e"].map((name) => tool(name)).concat(tool("f", { outputSchema: object })) },
    found: [0, 1, 2, 3, 4]
      .map((i) => `schema-too-deep /tools/${i}/inputSchema`)
      .concat("schema-too-deep /tools/5/outputSchema"),
  },
  {
    name: "more subschemas than may be",
    given: { tools: [tool("a", { inputSchema: { anyOf: Array.from({ length: BOUNDS.maxNodes }, () => ({})) } })] },
    want: { tools: [tool("a")] },
    found: ["schema-too-large /tools/0/inputSchema"],
  },
  {
    name: "a schema larger than an item may be gives way, the tool stays",
    given: { tools: [tool("a", { inputSchema: { description: "x".repeat(BOUNDS.maxItemBytes) } })] },
    want: { tools: [tool("a")] },
    found: ["schema-too-large /tools/0/inputSchema"],
  },
  {
    name: "an item that is too deep or too large by itself is left out",
    given: {
      tools: [
        tool("a", { _meta: nested(5_000) }),
        tool("b", { description: "x".repeat(BOUNDS.maxItemBytes) }),
        tool("c"),
      ],
      prompts: [{ name: "p", x: nested(5_000, (inner) => [inner]) }],
    },
    want: { tools: [tool("c")], prompts: [] },
    found: ["item-too-deep /tools", "item-too-large /tools", "item-too-deep /prompts"],
  },
  {
    name: "server and capabilities have bounds too",
    given: { server: { name: "s", version: "1", x: nested(5_000) }, capabilities: { tools: nested(5_000) } },
    want: { server: { name: "mcp-server", version: "0.0.0" }, capabilities: {} },
    found: ["member-invalid /server", "server-unnamed /server", "member-invalid /capabilities"],
  },
  {
    name: "a cycle, which JSON cannot have",
    given: { tools: [tool("a", { inputSchema: cycle() })] },
    want: { tools: [tool("a")] },
    found: ["schema-too-deep /tools/0/inputSchema"],
  },
  {
    name: "what is no JSON",
    given: { tools: [tool("a", { x: 1n }), tool("b", { x: () => 1, y: undefined })] },
    want: { tools: [tool("b")] },
    found: ["item-not-json /tools"],
  },
];

function tool(name: string, more: object = {}): Record<string, unknown> {
  return { name, inputSchema: object, ...more };
}

function cycle(): object {
  const schema: Record<string, unknown> = {};
  schema["not"] = schema;
  return schema;
}

describe("normalize", () => {
  it.each(CASES)("$name", ({ given, want, found = [] }) => {
    const got = spec(given);
    for (const [member, value] of Object.entries(want)) expect(got[member as keyof ServerSpec]).toEqual(value);
    expect(got.diagnostics.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(found);
    expect(normalize({ ...got, diagnostics: got.diagnostics })).toEqual(got);
  });

  it("keeps __proto__ as an own member and lone surrogates as they are, at every depth", () => {
    const text = `[{"name":"a","__proto__":{"polluted":1},"inputSchema":{"properties":{"__proto__":{"type":"string"},"\\ud800":{}}}}]`;
    const [got] = spec({ tools: JSON.parse(text) as unknown[] }).tools;
    expect(JSON.stringify(got)).toBe(text.slice(1, -1));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  });

  it("freezes everything, and nothing of what it was given", () => {
    const given = { tools: [tool("a", { x: { y: [{}] } })] };
    const got = spec(given);
    const waiting: unknown[] = [got];
    let seen = 0;
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop())
      if (typeof one === "object" && one !== null) {
        seen++;
        expect(Object.isFrozen(one)).toBe(true);
        waiting.push(...(Object.values(one) as unknown[]));
      }
    expect(seen).toBeGreaterThan(10);
    expect(Object.isFrozen(given.tools[0])).toBe(false);
  });

  it("puts a bound on everything together", () => {
    const description = "x".repeat(BOUNDS.maxItemBytes - 1_000);
    const got = spec({ tools: Array.from({ length: 40 }, (_, i) => tool(`t${i}`, { description })) });
    expect(got.tools).toHaveLength(32);
    expect(got.diagnostics).toMatchObject(
      [{ code: "spec-too-large", message: /8 of 40 tools/ }].map(({ code }) => ({ code })),
    );
  });

  it("lists at most 1,000 findings", () => {
    const got = spec({ tools: Array.from({ length: 2_000 }, () => null) });
    expect(got.diagnostics).toHaveLength(1_001);
    expect(got.diagnostics.at(-1)).toMatchObject({
      code: "too-many-findings",
      message: "1000 more findings are not listed: 1000 are kept",
    });
  });

  it("takes whatever JSON a server may send, and is equal to itself", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const item = fc.oneof(
      json,
      fc.record({ name: fc.string(), uri: fc.string(), inputSchema: json, arguments: json }, { requiredKeys: [] }),
    );
    const lists = fc.record({
      tools: fc.array(item),
      resources: fc.array(item),
      prompts: fc.array(item),
      server: json,
      capabilities: json,
    });
    fc.assert(
      fc.property(lists, (given) => {
        const got = spec(given);
        expect(normalize(got)).toEqual(got);
        expect(readSpec(JSON.parse(JSON.stringify(got)), "x.json")).toEqual(got);
      }),
      { numRuns: 300 },
    );
  });
});

const foreign = (inputSchema: object): readonly string[] =>
  spec({ tools: [tool("a", { inputSchema })] }).diagnostics.map(
    ({ code, pointer }) => `${code} ${pointer.slice("/tools/0/inputSchema".length)}`,
  );

describe("foreign references", () => {
  it.each([
    { name: "local", given: { $ref: "#/$defs/a", $defs: { a: {} } }, want: [] },
    { name: "the root", given: { properties: { a: { $ref: "#" }, b: { $ref: "" } } }, want: [] },
    { name: "a file", given: { $ref: "file:///etc/passwd" }, want: ["foreign-ref /$ref"] },
    {
      name: "a path, in a list, in a map",
      given: { anyOf: [{ properties: { "a/b": { $ref: "/etc/passwd" } } }] },
      want: ["foreign-ref /anyOf/0/properties/a~1b/$ref"],
    },
    {
      name: "a URL, dynamic",
      given: { items: { $dynamicRef: "https://x.test/#a" } },
      want: ["foreign-ref /items/$dynamicRef"],
    },
    { name: "below an unknown keyword", given: { "x-foo": { $ref: "a.json" } }, want: ["foreign-ref /x-foo/$ref"] },
    {
      name: "an $id within",
      given: { $defs: { a: { $id: "https://x.test/a" } }, items: { $ref: "https://x.test/a#/b" } },
      want: [],
    },
    {
      name: "relative to the root's $id",
      given: { $id: "https://x.test/root", $defs: { a: { $id: "a" } }, $ref: "a" },
      want: [],
    },
    {
      name: "relative to an $id, leading out",
      given: { $id: "file:///etc/x", items: { $ref: "passwd" } },
      want: ["foreign-ref /items/$ref"],
    },
    {
      name: "a property of that name",
      given: { properties: { $ref: { type: "string" }, $id: { const: "x" } } },
      want: [],
    },
    {
      name: "data that looks like one",
      given: { default: { $ref: "file:///etc/passwd" }, enum: [{ $ref: "x" }], const: { $ref: "x" } },
      want: [],
    },
    { name: "no URL", given: { $ref: "http://[" }, want: ["foreign-ref /$ref"] },
    {
      name: "ten of them are enough",
      given: { anyOf: Array.from({ length: 50 }, (_, i) => ({ $ref: `f${i}` })) },
      want: Array.from({ length: 10 }, (_, i) => `foreign-ref /anyOf/${i}/$ref`),
    },
  ])("$name", ({ given, want }) => {
    expect(foreign(given)).toEqual(want);
  });
});

const corpus = process.env["MCPGEN_CORPUS"];

describe.skipIf(corpus === undefined)("captures of real servers (MCPGEN_CORPUS)", () => {
  const files = corpus === undefined ? [] : readdirSync(corpus).filter((name) => name.endsWith(".json"));

  it("there are some", () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)("%s", (file) => {
    const raw = JSON.parse(readFileSync(join(corpus ?? "", file), "utf8")) as {
      tools?: { inputSchema: unknown }[] | null;
    };
    const got = readSpec(raw, file);
    expect(got.tools).toHaveLength(raw.tools?.length ?? 0);
    expect(JSON.stringify(got.tools.map((one) => one.inputSchema))).toBe(
      JSON.stringify(raw.tools?.map((one) => one.inputSchema) ?? []),
    );
    expect(got.diagnostics.filter(({ code }) => code !== "list-failed")).toEqual([]);
  });
});
