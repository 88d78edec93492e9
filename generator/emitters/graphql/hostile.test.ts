import { Kind, parse, print, visit, type DocumentNode } from "graphql";
import { describe, expect, it } from "vitest";
import { generate } from "../../generate.js";
import { readSpec } from "../../ir/read.js";
import type { Json, ServerSpec } from "../../ir/spec.js";
import { keptSpec } from "../../testing/snapshot.js";
import { graphqlEmitter } from "./graphql.js";

async function sdlOf(spec: ServerSpec): Promise<string> {
  const [file] = await generate({
    spec,
    emitters: [{ emitter: graphqlEmitter, options: { maps: "entries", subscriptions: true } }],
  });
  return file?.contents ?? "";
}

/** A server with `text` at every place where a server may say something. */
function saying(text: string): ServerSpec {
  const prose = { title: text, description: text };
  const properties = {
    [text]: { type: "string", ...prose, default: text, pattern: text, format: text },
    choice: { enum: [text, "other"], ...prose, default: text },
    only: { const: text, ...prose },
    mixed: { enum: [text, 1], ...prose },
    either: { anyOf: [{ type: "object", ...prose, properties: { [text]: { type: "string" } } }, { type: "number" }] },
    tuple: { type: "array", prefixItems: [{ const: text }, true], default: [text] },
    map: { type: "object", additionalProperties: { enum: [text, "other"] }, default: { [text]: text } },
  };
  const schema = { type: "object", properties, required: ["only"], ...prose };
  return readSpec(
    {
      serverInfo: { name: text, title: text, version: text },
      instructions: text,
      tools: [{ name: `tool${text}`, ...prose, inputSchema: schema, outputSchema: schema }],
      resources: [{ uri: `a://${text}`, name: text, ...prose }],
      resourceTemplates: [{ uriTemplate: `b://{id}/${text.replace(/[{}]/g, "")}`, name: text, ...prose }],
      prompts: [{ name: text, ...prose, arguments: [{ name: text, ...prose }] }],
    },
    "hostile",
  );
}

/** Of how many kinds there are how many, save descriptions and applied directives. */
function kindsOf(document: DocumentNode): Record<string, number> {
  const kinds: Record<string, number> = {};
  visit(document, {
    enter(node, key) {
      if (key === "description" || node.kind === Kind.DIRECTIVE) return false;
      kinds[node.kind] = (kinds[node.kind] ?? 0) + 1;
      return undefined;
    },
  });
  return kinds;
}

const NASTY: readonly { name: string; text: string }[] = [
  { name: "the end of a block string", text: '"""' },
  { name: "its escape", text: '\\"""' },
  { name: "quotes at both ends", text: '""a""' },
  { name: "seven quotes", text: '"""""""' },
  { name: "a backslash at the end", text: "a\\" },
  { name: "a definition", text: '"""\n}\ntype Injected { a: Int }\n"""' },
  { name: "a comment", text: "# a\n# b\r\nc" },
  { name: "a directive", text: '") @deprecated(reason: "' },
  { name: "control characters", text: "a\u0000b\u0007c\u001b[31md\u007f\u0085" },
  { name: "what is not seen", text: "a\u202eb\u200bc\u2066d\u{e0041}e\ufefff\u2028g" },
  { name: "a name of Object.prototype", text: "__proto__" },
];

/** What cannot be said at all: no default of it, no description. */
const UNSAYABLE: readonly { name: string; text: string }[] = [
  { name: "half a surrogate pair", text: "a\ud800b" },
  { name: "blanks", text: " \t\n " },
];

const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/u;

describe("a server that says", () => {
  it.each(NASTY)("$name breaks out of nothing, and hides nothing", async ({ text }) => {
    const [harmless, hostile] = await Promise.all([sdlOf(saying("harmless")), sdlOf(saying(text))]);
    expect(kindsOf(parse(harmless))["ObjectTypeDefinition"]).toBeGreaterThan(10);
    expect(kindsOf(parse(hostile))).toEqual(kindsOf(parse(harmless)));
    expect(hostile).not.toMatch(HIDDEN);
  });

  it.each(UNSAYABLE)("$name defines nothing that others do not", async ({ text }) => {
    const [harmless, hostile] = await Promise.all([sdlOf(saying("harmless")), sdlOf(saying(text))]);
    const definitions = (sdl: string): [string, number][] =>
      Object.entries(kindsOf(parse(sdl))).filter(([kind]) => /(?<!Schema|OperationType)Definition$/.test(kind));
    expect(definitions(hostile)).toEqual(definitions(harmless));
    expect(hostile).not.toMatch(HIDDEN);
  });
});

it("keeps every original name, readable from the text alone", async () => {
  const given = ['"""', "a\\", "x\u202ey", "#", "\u0000", "水"];
  const properties = Object.fromEntries(given.map((name): [string, Json] => [name, { enum: [name, "v"] }]));
  const spec = readSpec({ tools: [{ name: "t", inputSchema: { type: "object", properties } }] }, "names");
  const found: string[] = [];
  visit(parse(await sdlOf(spec)), {
    InputValueDefinition: {
      enter({ directives = [] }) {
        for (const { name, arguments: [value] = [] } of directives)
          if (name.value === "mcpName" && value?.value.kind === Kind.STRING) found.push(value.value.value);
      },
    },
  });
  expect(found).toEqual(given);
});

it("defines no directive that is only spoken of", async () => {
  const tools = [
    { name: "t", description: "@mcpBox @mcpEntry @jsonSchema(format: 1)", inputSchema: { type: "object" } },
  ];
  const text = await sdlOf(readSpec({ tools }, "spoken"));
  expect(text).toContain("directive @mcpTool");
  expect(text).not.toMatch(/directive @(?:mcpBox|mcpEntry|jsonSchema)/);
});

it("applies all its directives in the text", async () => {
  const text = await sdlOf(saying("some text"));
  const applied = new Set(print(parse(text)).match(/(?<!directive )@\w+/g));
  for (const name of ["Tool", "Resource", "Template", "Prompt", "Method", "Name", "Box", "Entry", "Content"])
    expect(applied).toContain(`@mcp${name}`);
  expect(applied).toContain("@jsonSchema");
});

const FIXED = ["listTools", "listResources", "listResourceTemplates", "readResource", "listPrompts"];

describe.each(["names", "hostile"] as const)("the fixture %s", (fixture) => {
  it("has a field for each of its items", async () => {
    const spec = await keptSpec(fixture);
    const names: string[] = [];
    visit(parse(await sdlOf(spec)), {
      ObjectTypeDefinition({ name, fields = [] }) {
        if (name.value === "Query" || name.value === "Mutation") names.push(...fields.map((one) => one.name.value));
        return false;
      },
    });
    const items = [spec.tools, spec.resources, spec.resourceTemplates, spec.prompts].flat();
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !FIXED.includes(name))).toHaveLength(items.length);
  });
});
