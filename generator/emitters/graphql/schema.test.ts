import { describe, expect, it } from "vitest";
import { generate } from "../../generate.js";
import { readSpec } from "../../ir/read.js";
import type { JsonSchema } from "../../ir/spec.js";
import { graphqlEmitter } from "./graphql.js";

async function sdlOf(given: object, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const spec = readSpec({ serverInfo: { name: "test", version: "1" }, ...given }, "test");
  const [file] = await generate({ spec, emitters: [{ emitter: graphqlEmitter, options }] });
  return file?.contents ?? "";
}

/** The definition that begins so, without descriptions and empty lines. */
function definition(sdl: string, start: string): string {
  const from = sdl.indexOf(`\n${start}`);
  if (from < 0) return `no ${start}`;
  const text = sdl.slice(from + 1, sdl.indexOf("\n\n", sdl.indexOf("}", from)) + 1);
  const isOpen = text.split("\n", 1)[0]?.endsWith("{");
  return (isOpen ? text.slice(0, text.indexOf("\n}") + 2) : (text.split("\n", 1)[0] ?? "")).replace(/\n\n/g, "\n");
}

const input = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): Promise<string> =>
  sdlOf({ tools: [{ name: "t", inputSchema: { type: "object", properties, required } }] });
const output = (schema: JsonSchema, options = {}): Promise<string> =>
  sdlOf({ tools: [{ name: "t", inputSchema: { type: "object" }, outputSchema: schema }] }, options);
const object = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({ type: "object", properties });

describe("a member of an input", () => {
  const cases: readonly { name: string; given: JsonSchema; want: string; required?: true }[] = [
    { name: "text", given: { type: "string" }, want: "String" },
    { name: "what is required", given: { type: "string" }, required: true, want: "String!" },
    { name: "null beside it", given: { type: ["string", "null"] }, want: "String" },
    {
      ...{ name: "null beside what is required", given: { type: ["string", "null"] }, required: true },
      want: "String @jsonSchema(required: true)",
    },
    { name: "a whole number of any size", given: { type: "integer" }, want: "Long" },
    {
      name: "a whole number that 32 bits hold",
      given: { type: "integer", minimum: 1, maximum: 9 },
      want: "Int @jsonSchema(minimum: 1, maximum: 9)",
    },
    { name: "what JavaScript can count", given: { type: "integer", maximum: 9007199254740991 }, want: "Long" },
    { name: "a default", given: { type: "number", default: 1.5 }, required: true, want: "Float = 1.5" },
    { name: "a default of what may be left out", given: { type: "number", default: 1.5 }, want: "Float" },
    {
      ...{ name: "a default of what is required", given: { type: "boolean", default: true }, required: true },
      want: "Boolean = true",
    },
    { name: "a default of another type", given: { type: "number", default: "much" }, want: "Float" },
    {
      name: "a list as default",
      given: { type: "array", items: { type: "string" }, default: ["a"] },
      required: true,
      want: '[String!] = ["a"]',
    },
    { name: "an object as default", given: { type: "object", default: { a: 1 } }, want: "JSON" },
    {
      name: "null as default",
      given: { type: ["number", "null"], default: null },
      required: true,
      want: "Float = null",
    },
    { name: "null as default of what may not be null", given: { type: "number", default: null }, want: "Float" },
    { name: "half a surrogate pair as default", given: { type: "string", default: "a\ud800" }, want: "String" },
    {
      name: "a map whose schema is elsewhere",
      given: { type: "object", additionalProperties: { $ref: "#/properties/m" } },
      want: "JSON",
    },
    { name: "an enum's default", given: { enum: ["a-b", "c"], default: "a-b" }, required: true, want: "TM = a_b" },
    { name: "the only text", given: { const: "x" }, required: true, want: 'String = "x" @jsonSchema(const: "x")' },
    { name: "the only text of what may be absent", given: { const: "x" }, want: 'String @jsonSchema(const: "x")' },
    { name: "numbers", given: { enum: [1, 2.5] }, want: "Float @jsonSchema(enum: [1, 2.5])" },
    {
      name: "a format",
      given: { type: "string", format: "date-time" },
      want: 'String @jsonSchema(format: "date-time")',
    },
    {
      name: "a pattern",
      given: { type: "string", pattern: '^"\\d"$' },
      want: 'String @jsonSchema(pattern: "^\\"\\\\d\\"$")',
    },
    {
      name: "lists of lists with holes",
      given: { type: "array", items: { type: "array", items: { type: ["number", "null"] } } },
      want: "[[Float]!]",
    },
    { name: "anything", given: {}, want: "JSON" },
    { name: "any list", given: { type: "array" }, want: "[JSON]" },
    {
      name: "a tuple",
      given: { type: "array", prefixItems: [{ type: "number" }], items: false },
      want: "[Float!]",
    },
    {
      name: "a map",
      given: { type: "object", additionalProperties: { type: "number" } },
      want: 'JSON @jsonSchema(fragment: """{"additionalProperties":{"type":"number"}}""")',
    },
    { name: "an object without members", given: { type: "object", additionalProperties: false }, want: "JSON" },
  ];
  it.each(cases)("$name", async ({ given, want, required }) => {
    const sdl = await input({ m: given }, required ? ["m"] : []);
    expect(definition(sdl, "input TInput")).toBe(`input TInput {\n${prose(sdl)}  m: ${want}\n}`);
  });

  /** Notes above the one member. */
  const prose = (sdl: string): string =>
    /input TInput \{\n((?: {2}"""(?:.*?"""\n|\n[^]*?"""\n))?)/.exec(sdl)?.[1] ?? "";

  it("is called as in JSON where that is legal, and tells its name where it is not", async () => {
    const sdl = await input({ "If-Match": true, if_match: true, "+1": true, __x: true, 水: true, constructor: true });
    expect(definition(sdl, "input TInput").split("\n").slice(1, -1)).toEqual([
      '  If_Match: JSON @mcpName(name: "If-Match")',
      "  if_match: JSON",
      '  PLUS_1: JSON @mcpName(name: "+1")',
      '  x: JSON @mcpName(name: "__x")',
      '  field: JSON @mcpName(name: "水")',
      '  constructor_: JSON @mcpName(name: "constructor")',
    ]);
  });

  it("says what a default is that GraphQL has no literal for", async () => {
    const sdl = await input({ m: { type: "object", default: { a: '"""' } } });
    expect(sdl).toContain('Default: {"a":"\\"\\"\\""}');
  });
});

describe("an input", () => {
  it("keeps all values of an enum", async () => {
    const values = ["Yes", "yes", "true", "-1", "reactions-+1", "reactions--1", "7.0", "水产", "早餐", "", "<="];
    const sdl = await input({ m: { enum: values } });
    expect(definition(sdl, "enum TM").split("\n").slice(1, -1)).toEqual([
      ...["  Yes", "  yes", '  true_ @mcpName(name: "true")', '  NEG_1 @mcpName(name: "-1")'],
      ...['  reactions_PLUS_1 @mcpName(name: "reactions-+1")', '  reactions_MINUS_1 @mcpName(name: "reactions--1")'],
      ...['  _7_0 @mcpName(name: "7.0")', '  VALUE @mcpName(name: "水产")', '  VALUE_2 @mcpName(name: "早餐")'],
      ...['  EMPTY @mcpName(name: "")', '  LE @mcpName(name: "<=")'],
    ]);
  });

  it("gives a choice one field for each branch", async () => {
    const op = (name: string): JsonSchema => ({ ...(object({ op: { const: name } }) as object), required: ["op"] });
    const sdl = await input({
      m: { anyOf: [op("add_node"), op("set"), { type: "array", items: { type: "string" } }] },
    });
    expect(definition(sdl, "input TMInput")).toBe(
      "input TMInput @oneOf {\n  object: TMObjectInput\n  object2: TMObjectInput2\n  list: [String!]\n}",
    );
    const tagged = await input({ m: { oneOf: [op("add_node"), op("set")] } });
    expect(definition(tagged, "input TMInput")).toBe(
      "input TMInput @oneOf {\n  addNode: TMAddNodeInput\n  set: TMSetInput\n}",
    );
  });

  it("has a field for members that are declared but not named, under a name that is free", async () => {
    const schema = {
      ...(object({ additionalProperties: true, a: true }) as object),
      additionalProperties: { type: "number" },
    };
    const sdl = await input({ m: schema });
    expect(definition(sdl, "input TMInput").split("\n").slice(1, -1)).toEqual([
      ...["  additionalProperties: JSON", "  a: JSON"],
      expect.stringMatching(/^ {2}additionalProperties_2: JSON @mcpAdditional @jsonSchema\(/),
    ]);
  });

  it("breaks circles that no value can close, also through several types", async () => {
    const $defs = {
      a: {
        ...(object({ b: { $ref: "#/$defs/b" }, list: { type: "array", items: { $ref: "#/$defs/a" } } }) as object),
        required: ["b", "list"],
      },
      b: { ...(object({ a: { $ref: "#/$defs/a" } }) as object), required: ["a"] },
    };
    const inputSchema = { ...(object({ a: { $ref: "#/$defs/a" } }) as object), $defs };
    const sdl = await sdlOf({ tools: [{ name: "t", inputSchema }] });
    expect(definition(sdl, "input TAInput")).toContain("  b: TBInput!\n  list: [TAInput!]!");
    expect(sdl).toContain("  a: TAInput\n");
    expect(sdl).toContain("Required, but nullable here");
  });

  const roots: readonly { name: string; given: JsonSchema; want: string }[] = [
    { name: "no members", given: { type: "object", properties: {} }, want: "t: " },
    { name: "no word of members", given: { type: "object" }, want: "t(input: JSON): " },
    {
      name: "a list, which no arguments are",
      given: { type: "array", items: { type: "string" } },
      want: "t(input: JSON): ",
    },
    { name: "no members, closed", given: { type: "object", properties: {}, additionalProperties: false }, want: "t: " },
    { name: "any members", given: { type: "object", additionalProperties: true }, want: "t(input: JSON): " },
    { name: "no type", given: {}, want: "t(input: JSON): " },
    { name: "nothing required", given: object({ a: true }), want: "t(input: TInput): " },
    { name: "a choice", given: { oneOf: [object({ a: true }), object({ b: true })] }, want: "t(input: TInput!): " },
  ];
  it.each(roots)("of $name", async ({ given, want }) => {
    const sdl = await sdlOf({ tools: [{ name: "t", inputSchema: given }] });
    expect(sdl).toContain(`\n  ${want}CallToolResult! @mcpTool(name: "t")`);
  });
});

describe("an output", () => {
  it("is a union where all branches are objects, and boxes what is none", async () => {
    const schema = { anyOf: [object({ a: true }), { type: "string" }, { type: "array", items: { type: "number" } }] };
    const sdl = await output(schema);
    expect(definition(sdl, "union TOutput")).toBe("union TOutput = TObjectOutput | TStringOutput | TListOutput");
    expect(definition(sdl, "type TStringOutput")).toBe("type TStringOutput @mcpBox {\n  value: String!\n}");
    expect(definition(sdl, "type TListOutput")).toBe("type TListOutput @mcpBox {\n  value: [Float!]!\n}");
    expect(definition(sdl, "type TResult")).toContain("  structuredContent: TOutput\n");
  });

  it("flattens unions of unions", async () => {
    const inner = { anyOf: [{ $ref: "#/$defs/c" }, { $ref: "#/$defs/d" }] };
    const sdl = await output({
      ...(object({
        m: { anyOf: [{ $ref: "#/$defs/inner" }, { $ref: "#/$defs/c" }, { $ref: "#/$defs/e" }] },
      }) as object),
      $defs: { inner, c: object({ c: true }), d: object({ d: true }), e: object({ e: true }) },
    });
    expect(definition(sdl, "union TMOutput")).toBe("union TMOutput = TCOutput | TDOutput | TEOutput");
  });

  const map = object({ m: { type: "object", additionalProperties: { type: ["integer", "null"] } } });
  it("has a map as JSON", async () => {
    expect(definition(await output(map), "type TOutput")).toContain("  m: JSON @jsonSchema(");
  });
  it("has a map as entries on request", async () => {
    const sdl = await output(map, { maps: "entries" });
    expect(definition(sdl, "type TOutput")).toContain("  m: [TMEntry!]");
    expect(definition(sdl, "type TMEntry")).toBe("type TMEntry @mcpEntry {\n  key: String!\n  value: Long\n}");
  });

  it("marks what is deprecated, save inputs that are required", async () => {
    const old = { type: "string", deprecated: true };
    expect(await output(object({ m: old }))).toContain('  m: String @deprecated(reason: "Deprecated by the server.")');
    expect(await input({ m: old })).toContain("  m: String @deprecated");
    expect(await input({ m: old }, ["m"])).toContain("  m: String!\n");
  });
});

describe("a root type", () => {
  const tools = [
    { name: "look", inputSchema: object({}), annotations: { readOnlyHint: true } },
    { name: "touch", inputSchema: object({ a: true }), outputSchema: object({ a: true }) },
    { name: "lie", inputSchema: object({}), annotations: { readOnlyHint: true, destructiveHint: true } },
  ];
  const fields = (sdl: string, type: string): string[] =>
    [...definition(sdl, `type ${type} `).matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name]) => name ?? "");

  it("is Query for what says that it changes nothing", async () => {
    const sdl = await sdlOf({ tools });
    expect(fields(sdl, "Query")).toEqual(["listTools", "look"]);
    expect(fields(sdl, "Mutation")).toEqual(["lie", "touch"]);
    expect(sdl).not.toContain("type Subscription");
  });

  it("is Mutation for all on request", async () => {
    expect(fields(await sdlOf({ tools }, { "all-mutations": "true" }), "Mutation")).toEqual(["lie", "look", "touch"]);
  });

  it("is Subscription on request", async () => {
    const sdl = await sdlOf({ tools }, { subscriptions: true });
    expect(definition(sdl, "type Subscription ").split("\n").slice(1, -1)).toEqual([
      '  lie: CallToolEvent! @mcpTool(name: "lie")',
      '  look: CallToolEvent! @mcpTool(name: "look")',
      '  touch(input: TouchInput): TouchEvent! @mcpTool(name: "touch")',
    ]);
    expect(definition(sdl, "union TouchEvent")).toBe("union TouchEvent = ToolProgress | TouchResult");
  });

  it("is there for a server that offers nothing", async () => {
    expect(definition(await sdlOf({}), "type Query ")).toContain("serverInfo: ServerInfo!");
  });

  it("leads to resources, templates and prompts", async () => {
    const sdl = await sdlOf({
      resources: [{ uri: "a://b", name: "Read me" }],
      resourceTemplates: [{ uriTemplate: "a://{id}/{+path}{?q,list*}", name: "file" }],
      prompts: [
        {
          name: "greet",
          arguments: [
            { name: "first-name", required: true },
            { name: "tone", title: "Tone" },
          ],
        },
      ],
    });
    const text = definition(sdl, "type Query ");
    expect(text).toContain('  readReadMe: ReadResourceResult! @mcpResource(uri: "a://b")');
    expect(text).toContain(
      '  readFile(id: String!, path: String!, q: String, list: [String!]): ReadResourceResult! @mcpTemplate(uriTemplate: "a://{id}/{+path}{?q,list*}")',
    );
    expect(text).toContain('    first_name: String! @mcpName(name: "first-name")');
    expect(text).toContain('  ): GetPromptResult! @mcpPrompt(name: "greet")');
    expect(sdl).not.toContain("interface ToolResult");
  });
});

describe("type names", () => {
  it("keep away from those of GraphQL, of MCP and of each other", async () => {
    const named = (name: string): object => ({
      name,
      inputSchema: object({ a: object({ b: true }) }),
      outputSchema: object({ a: true }),
    });
    const sdl = await sdlOf({ tools: ["call_tool", "tool", "get-prompt", "x", "x-a", "query"].map(named) });
    const names = [...sdl.matchAll(/^(?:input|type|interface|union|enum|scalar) (\w+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(sdl).toContain("callTool(input: CallToolInput): CallToolResult2! @mcpTool");
    expect(sdl).toContain("xA(input: XAInput): XAResult! @mcpTool");
    expect(definition(sdl, "input XInput")).toBe("input XInput {\n  a: XAInput2\n}");
  });
});
