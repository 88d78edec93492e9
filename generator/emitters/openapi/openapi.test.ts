import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { openLock, type Lock } from "../../ir/lock.js";
import { readSpec } from "../../ir/read.js";
import { itemKeys } from "../../ir/route.js";
import type { Json, JsonObject, ServerSpec } from "../../ir/spec.js";
import { places } from "../../ir/walk.js";
import { FIXTURES } from "../../testing/fixture.js";
import { keptSpec } from "../../testing/snapshot.js";
import { openApiDocument } from "./document.js";
import { openApiText } from "./emit.js";
import { openApiEmitter } from "./openapi.js";
import { parseOptions as parseOpenApiOptions } from "./options.js";

// Redocly takes a second for the largest of these documents, several on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

type Raw = Readonly<Record<string, unknown>>;

const documentOf = (spec: ServerSpec, options: Raw = {}, lock: Lock = openLock()): JsonObject =>
  openApiDocument(spec, parseOpenApiOptions(options), lock) as unknown as JsonObject;

const specOf = (lists: Raw): ServerSpec => readSpec(lists, "test");
const toolsOf = (inputs: Raw): ServerSpec =>
  specOf({ tools: Object.entries(inputs).map(([name, inputSchema]) => ({ name, inputSchema })) });

/** What a pointer with `/` written as `>` leads to: names of paths have slashes. */
function at(document: Json, path: string): Json | undefined {
  return path.split(" > ").reduce<Json | undefined>((here, step) => (here as JsonObject | undefined)?.[step], document);
}
const schemaOf = (document: Json, name: string): Json | undefined => at(document, `components > schemas > ${name}`);

const TREE = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
const closed = (op: string, more: object = {}): object => ({
  type: "object",
  properties: { op: { const: op }, ...more },
  required: ["op"],
});

describe("a tool's schema becomes", () => {
  const cases: readonly { name: string; given: object; path: string; want: unknown }[] = [
    { name: "an object of any members where there is none", given: { $schema: "http://json-schema.org/draft-07/schema#" }, path: "TInput", want: { type: "object", additionalProperties: true, "x-mcp-schema-missing": true } },
    { name: "an object where it has no type", given: { properties: { a: { type: "string" } } }, path: "TInput > type", want: "object" },
    { name: "no object of no members where any are allowed", given: { properties: { a: { type: "object" } } }, path: "TInput > properties > a", want: { type: "object", additionalProperties: true } },
    { name: "an object of no members where the server says so", given: { type: "object", properties: {} }, path: "TInput", want: { type: "object", properties: {} } },
    { name: "an array with items", given: { properties: { a: { type: "array" } } }, path: "TInput > properties > a", want: { type: "array", items: {} } },
    { name: "a tuple with items, closed by its length", given: { properties: { a: { type: "array", prefixItems: [{ type: "number" }], items: false } } }, path: "TInput > properties > a", want: { type: "array", prefixItems: [{ type: "number" }], items: {}, maxItems: 1 } },
    { name: "an array of nothing", given: { properties: { a: { type: "array", items: false } } }, path: "TInput > properties > a", want: { type: "array", items: {}, maxItems: 0 } },
    { name: "what unevaluatedItems leaves alone", given: { properties: { a: { type: "array", prefixItems: [true], unevaluatedItems: false } } }, path: "TInput > properties > a", want: { type: "array", prefixItems: [{}], unevaluatedItems: false } },
    { name: "objects, not booleans", given: { properties: { a: true, b: false }, additionalProperties: false }, path: "TInput", want: { type: "object", properties: { a: {}, b: { not: {} } }, additionalProperties: false } },
    { name: "values of its own type", given: { properties: { a: { type: "string", enum: ["x", 1] } } }, path: "TInput > properties > a > enum", want: ["x"] },
    { name: "nothing where no listed value is of its type", given: { properties: { a: { type: "string", const: 1 } } }, path: "TInput > properties > a", want: { type: "string", not: {} } },
    { name: "an object without keywords of arrays", given: { properties: { a: { type: "object", items: {}, properties: {} } } }, path: "TInput > properties > a", want: { type: "object", properties: {} } },
    { name: "described where something is required", given: { properties: { a: { type: "string" } }, required: ["a", "b"] }, path: "TInput > properties > b", want: {} },
    { name: "assertions beside a reference under allOf", given: { properties: { a: { $ref: "#/$defs/d", minProperties: 1, description: "A." } }, $defs: { d: { type: "object", properties: {} } } }, path: "TInput > properties > a", want: { description: "A.", allOf: [{ $ref: "#/components/schemas/TInput.D" }], minProperties: 1 } },
    { name: "annotations beside a reference", given: { properties: { a: { $ref: "#/$defs/d", description: "A." } }, $defs: { d: { type: "string" } } }, path: "TInput > properties > a", want: { description: "A.", $ref: "#/components/schemas/TInput.D" } },
    { name: "itself where it refers to itself", given: { type: "object", properties: { a: { $ref: "#" } } }, path: "TInput > properties > a", want: { $ref: "#/components/schemas/TInput" } },
    { name: "a discriminated union of components", given: { properties: { o: { oneOf: [closed("add_node"), closed("cut")] } } }, path: "TInput > properties > o", want: { oneOf: [{ $ref: "#/components/schemas/TInput.AddNode" }, { $ref: "#/components/schemas/TInput.Cut" }], discriminator: { propertyName: "op", mapping: { add_node: "#/components/schemas/TInput.AddNode", cut: "#/components/schemas/TInput.Cut" } } } },
    { name: "no discriminated union where a branch does not require its tag", given: { properties: { o: { oneOf: [closed("a"), { ...closed("b"), required: [] }] } } }, path: "TInput > properties > o > discriminator", want: undefined },
    { name: "no discriminated union where a tag stands twice", given: { properties: { o: { anyOf: [closed("a"), closed("a", { x: {} })] } } }, path: "TInput > properties > o > discriminator", want: undefined },
    { name: "properties of any name", given: JSON.parse('{"properties":{"__proto__":{"type":"string"},"items":{"type":"array"},"$ref":{"type":"string"}}}') as object, path: "TInput > properties", want: JSON.parse('{"__proto__":{"type":"string"},"items":{"type":"array","items":{}},"$ref":{"type":"string"}}') },
    { name: "no data that a bundler would follow", given: { properties: { a: { enum: [{ $ref: "/etc/passwd" }], default: [{ $ref: "x" }], examples: [{ $ref: 1 }] } } }, path: "TInput > properties > a", want: { examples: [{ $ref: 1 }] } },
    { name: "no mapping that a bundler would follow", given: { properties: { o: { oneOf: [closed("a"), closed("$ref")] } } }, path: "TInput > properties > o > discriminator", want: undefined },
    { name: "text whose HTML is text", given: { properties: { a: { description: "an <id>, `List<T>` and [x](javascript:y)\u0007\u202e" } } }, path: "TInput > properties > a > description", want: "an &lt;id>, `List<T>` and [x]\\(javascript:y)" },
    { name: "text with a fence", given: { description: "See:\n```xml\n<a>\n```\n<b>" }, path: "TInput > description", want: "See:\n```xml\n<a>\n```\n&lt;b>" },
    { name: "text with no fence where it could end early", given: { description: "- a\n  ```\n<script>\n```" }, path: "TInput > description", want: "- a\n  ```\n&lt;script>\n```" },
    { name: "text with no code where a backtick of another line may open it", given: { description: "a `\n`<script>`" }, path: "TInput > description", want: "a `\n`&lt;script>`" },
  ]; // prettier-ignore
  it.each(cases)("$name", ({ given, path, want }) => {
    expect(schemaOf(documentOf(toolsOf({ t: given })), path)).toEqual(want);
  });
});

describe("components", () => {
  const node = (extra: object = {}): object => ({
    type: "object",
    properties: { root: { $ref: "#/$defs/node" } },
    $defs: { node: { type: "object", properties: { children: { type: "array", items: { $ref: "#/$defs/node" } }, ...extra } } },
  }); // prettier-ignore
  const names = (document: Json): string[] =>
    Object.keys(at(document, "components > schemas") as JsonObject).filter((name) => /Input(?:\.|$)/.test(name));

  it("are shared by tools whose recursive definitions are the same", () => {
    const document = documentOf(toolsOf({ list_all: node(), get: node(), put: node({ x: {} }) }));
    expect(names(document)).toEqual(["GetInput", "GetInput.Node", "ListAllInput", "PutInput", "PutInput.Node"]);
    expect(schemaOf(document, "ListAllInput > properties > root > $ref")).toBe("#/components/schemas/GetInput.Node");
  });

  it("are told apart where only what they lead to differs", () => {
    const chain = (end: string): object => ({
      properties: { a: { $ref: "#/$defs/a" } },
      $defs: { a: { type: "object", properties: { b: { $ref: "#/$defs/b" } } }, b: { type: end } },
    });
    const document = documentOf(toolsOf({ x: chain("string"), y: chain("number"), z: chain("string") }));
    expect(names(document)).toEqual(["XInput", "XInput.A", "XInput.B", "YInput", "YInput.A", "YInput.B", "ZInput"]);
  });

  it("are not shared by tools that refer to their own arguments", () => {
    const own = (): object => ({
      properties: { a: { $ref: "#/$defs/a" } },
      $defs: { a: { type: "object", properties: { up: { $ref: "#" } } } },
    });
    expect(names(documentOf(toolsOf({ x: own(), y: own() })))).toEqual(["XInput", "XInput.A", "YInput", "YInput.A"]);
  });

  it("are named apart from those of the protocol, and from one another without their dots", () => {
    const output = { type: "object", properties: {} };
    const spec = specOf({
      tools: [
        { name: "call_tool", inputSchema: {}, outputSchema: output },
        { name: "t", inputSchema: { properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: TREE, node: TREE } } },
      ],
    });
    const document = documentOf(spec);
    const all = Object.keys(at(document, "components > schemas") as JsonObject);
    expect(new Set(all.map((name) => name.replace(/\W/g, ""))).size).toBe(all.length);
    const answer = "paths > /tools/call_tool > post > responses > 200 > content > application/json > schema > $ref";
    expect(at(document, answer)).not.toBe("#/components/schemas/CallToolResult");
  });

  /** Operations and components without the order in which they stand. */
  const parts = (document: Json): Map<string, string> =>
    new Map(
      ["paths", "components > schemas"].flatMap((path) =>
        Object.entries(at(document, path) as JsonObject).map(([name, one]): [string, string] => [name, JSON.stringify(one)]),
      ),
    ); // prettier-ignore

  it("and operations stay byte-equal where tools come, go and move", () => {
    const tools = { "get-a": node(), get_b: node(), search: node({ x: {} }) };
    const first = openLock();
    const before = toolsOf(tools);
    const had = parts(documentOf(before, {}, first));
    const settled = first.settled(itemKeys(before));

    const grown = toolsOf({
      ...Object.fromEntries(Object.entries(tools).reverse()),
      "get.a": node(),
      a: node(),
      get_a: node(),
    });
    const second = openLock(settled);
    const got = parts(documentOf(grown, {}, second));
    for (const [name, text] of had) expect([name, got.get(name)]).toEqual([name, text]);

    // The tool whose place gave the shared definition its name goes; the others keep the name.
    const shrunk = toolsOf({ get_b: node(), a: node(), search: tools.search });
    const left = documentOf(shrunk, {}, openLock(second.settled(itemKeys(grown))));
    for (const name of ["GetBInput", "GetAInput.Node", "SearchInput", "SearchInput.Node", "/tools/get_b"])
      expect([name, parts(left).get(name)]).toEqual([name, had.get(name)]);
  });

  it("keep the name with the tools that did not change when one does", () => {
    const lock = openLock();
    const before = toolsOf({ a: node(), b: node(), c: node() });
    const had = parts(documentOf(before, {}, lock));
    const changed = toolsOf({ a: node({ x: {} }), b: node(), c: node() });
    const got = documentOf(changed, {}, openLock(lock.settled(itemKeys(before))));
    for (const name of ["BInput", "CInput", "AInput.Node"]) expect(parts(got).get(name)).toBe(had.get(name));
    expect(schemaOf(got, "AInput > properties > root > $ref")).toBe("#/components/schemas/AInput.Node2");
  });
});

describe("operations", () => {
  const spec = specOf({
    serverInfo: { name: "demo", version: "0.8.x", icons: [{ src: "https://example.com/i.png" }] },
    instructions: "Use <b>with</b> care.",
    capabilities: { tools: {} },
    tools: [
      { name: "get-sum", title: "Sum", annotations: { readOnlyHint: true }, _meta: { a: 1 }, vendor: { b: [{ $ref: "/etc/passwd" }] }, $ref: "/etc/passwd", inputSchema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] }, outputSchema: { type: "object", properties: { sum: { type: "number" } } } },
      { name: "list", inputSchema: { type: "object" } },
    ],
    resources: [{ name: "Logo", uri: "demo://logo", mimeType: "image/png" }, { name: "Notes", uri: "demo://notes", mimeType: "x\r\ny" }],
    resourceTemplates: [{ name: "file", uriTemplate: "file:///{+path}{?tags*,rev}" }],
    prompts: [{ name: "greet", arguments: [{ name: "who", required: true, description: "Whom." }] }],
  }); // prettier-ignore
  const cases: readonly { name: string; options?: Raw; path: string; want: unknown }[] = [
    { name: "information", path: "info", want: { title: "demo", version: "0.8.x", description: "Use &lt;b>with&lt;/b> care.", license: { name: "Not stated by the server", identifier: "NOASSERTION" }, "x-mcp": expect.objectContaining({ capabilities: { tools: {} }, icons: [{ src: "https://example.com/i.png" }] }) as unknown } },
    { name: "order of members", path: "", want: ["openapi", "info", "jsonSchemaDialect", "servers", "security", "tags", "paths", "components"] },
    { name: "order of paths", path: "paths", want: ["/tools", "/tools/get-sum", "/tools/list", "/resources", "/resources/{uri}", "/resources/logo", "/resources/notes", "/resource-templates", "/resource-templates/file", "/prompts", "/prompts/greet"] },
    { name: "what a tool is", path: "paths > /tools/get-sum > post > x-mcp", want: { kind: "tool", method: "tools/call", name: "get-sum", _meta: { a: 1 }, annotations: { readOnlyHint: true } } },
    { name: "id of a tool", path: "paths > /tools/get-sum > post > operationId", want: "getSum" },
    { name: "a body that must be there", path: "paths > /tools/get-sum > post > requestBody > required", want: true },
    { name: "a body that may be left out", path: "paths > /tools/list > post > requestBody > required", want: false },
    { name: "media types of a typed answer", path: "paths > /tools/get-sum > post > responses > 200 > content", want: ["application/json", 'application/json; profile="structured"', "text/event-stream"] },
    { name: "a typed answer", path: "components > schemas > GetSumResult > allOf > 1 > properties > structuredContent", want: { $ref: "#/components/schemas/GetSumOutput" } },
    { name: "an answer without a type", path: "paths > /tools/list > post > responses > 200", want: { $ref: "#/components/responses/ToolResult" } },
    { name: "errors of a tool", path: "paths > /tools/list > post > responses", want: ["200", "400", "401", "404", "409", "501", "502", "503", "504", "default"] },
    { name: "a tool's own failure as a problem", options: { "tool-error-status": "422" }, path: "paths > /tools/list > post > responses > 422", want: { $ref: "#/components/responses/ToolFailed" } },
    { name: "type of a resource", path: "paths > /resources/logo > get > responses > 200 > content > image/png", want: { schema: { type: "string", format: "binary" } } },
    { name: "no type that is none", path: "paths > /resources/notes > get > responses > 200", want: { $ref: "#/components/responses/ResourceResult" } },
    { name: "variables of a template", path: "paths > /resource-templates/file > get > parameters", want: [{ name: "path", in: "query", required: true, schema: { type: "string" } }, { name: "tags", in: "query", required: false, style: "form", explode: true, schema: { type: "array", items: { type: "string" } } }, { name: "rev", in: "query", required: false, schema: { type: "string" } }] },
    { name: "arguments of a prompt", path: "components > schemas > PromptGreetInput", want: { type: "object", properties: { who: { description: "Whom.", type: "string" } }, required: ["who"] } },
    { name: "a tag for each kind", path: "tags > 1 > name", want: "resources" },
    { name: "a tag for each first word", options: { "group-by-prefix": true }, path: "paths > /tools/get-sum > post > tags", want: ["get"] },
    { name: "the root of all paths", options: { "server-url": "https://api.example.com/mcp/" }, path: "servers", want: [{ url: "https://api.example.com/mcp" }] },
    { name: "examples of a body", options: { examples: true }, path: "paths > /tools/get-sum > post > requestBody > content > application/json > examples", want: { minimal: { value: { a: 1 } } } },
    { name: "no examples unasked", path: "paths > /tools/get-sum > post > requestBody > content > application/json > examples", want: undefined },
    { name: "examples of an answer", options: { examples: "true" }, path: 'paths > /tools/get-sum > post > responses > 200 > content > application/json; profile="structured" > examples', want: { answer: { value: { sum: 1 } } } },
  ]; // prettier-ignore
  it.each(cases)("$name", ({ options, path, want }) => {
    const document = documentOf(spec, options);
    const got = path === "" ? document : at(document, path);
    const isKeys = Array.isArray(want) && typeof want[0] === "string" && !Array.isArray(got);
    expect(isKeys ? Object.keys(got as object) : got).toEqual(want);
  });

  it("has nothing for lists that are empty", () => {
    const document = documentOf(specOf({ tools: [] }));
    expect(document["paths"]).toEqual({});
    expect(document["tags"]).toEqual([]);
    expect(at(document, "components > schemas")).toEqual({});
  });
});

describe("options", () => {
  it.each([
    { given: { formt: "json" }, text: 'option "formt": there is no such option' },
    { given: { format: "xml" }, text: 'option "format": "xml" is not one of json, yaml' },
    { given: { examples: "yes" }, text: 'option "examples": "yes" is not one of false, true' },
    { given: { "tool-error-status": 500 }, text: 'option "tool-error-status": 500 is not one of 200, 422' },
    { given: { "server-url": "ftp://example.com" }, text: 'option "server-url": it must begin with http://, https:// or /' },
    { given: { "server-url": "https://a:b@example.com" }, text: 'option "server-url": it must not hold a user or password' },
    { given: { "server-url": "/a?b" }, text: 'option "server-url": it must have neither query nor fragment' },
    { given: { "server-url": "/a b" }, text: 'option "server-url": it must be a URL or a path' },
  ])("$given", ({ given, text }) => {
    expect(() => openApiEmitter.parseOptions(given)).toThrow(text);
  }); // prettier-ignore
});

describe.each(FIXTURES)("the document of %s", (fixture) => {
  it("is clean by Redocly, and each example by ajv", async () => {
    const document = documentOf(await keptSpec(fixture), { examples: true });
    const text = openApiText(document as never, "json");
    // The rule off throws at a property called hasOwnProperty.
    const rules = { "no-required-schema-properties-undefined": "off" } as const;
    const config = await createConfig({ extends: ["recommended"], rules });
    const problems = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
    expect(problems.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
    const { checked, invalid } = judgeExamples(document);
    expect(invalid).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  it("is the same in JSON and YAML, and hides nothing in either", async () => {
    const document = documentOf(await keptSpec(fixture));
    const hidden = /(?![\n\u{FE0F}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
    for (const format of ["json", "yaml"] as const) {
      const text = openApiText(document as never, format);
      expect(hidden.exec(text)).toBeNull();
      expect(format === "json" ? JSON.parse(text) : parse(text)).toEqual(document);
    }
  });

  it("gives every array its items", async () => {
    const schemas = at(documentOf(await keptSpec(fixture)), "components > schemas") as JsonObject;
    const bare = Object.entries(schemas).flatMap(([name, schema]) =>
      [...places(schema)].flatMap(({ role, value }) => {
        const one = value as JsonObject;
        const isArray = role === "schema" && [one["type"]].flat().includes("array");
        return isArray && !isObject(one["items"]) && one["unevaluatedItems"] === undefined ? [name] : [];
      }),
    );
    expect(bare).toEqual([]);
  });
});

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every example beside a schema, tried with the document's own components. */
function judgeExamples(document: JsonObject): { readonly checked: number; readonly invalid: readonly string[] } {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true, validateSchema: false });
  ajv.addSchema({ $id: "https://example.com/document", components: document["components"] });
  let checked = 0;
  const invalid: string[] = [];
  const visit = (value: Json, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { schema, examples } = value as JsonObject;
    if (isObject(schema) && isObject(examples) && typeof schema["$ref"] === "string") {
      const validate = ajv.compile({ $ref: `https://example.com/document${schema["$ref"]}` });
      for (const [name, one] of Object.entries(examples)) {
        checked++;
        if (!validate((one as JsonObject)["value"])) invalid.push(`${path} ${name}`);
      }
    }
    for (const [key, one] of Object.entries<Json>(value as JsonObject)) visit(one, `${path} > ${key}`);
  };
  visit(document["paths"] ?? {}, "");
  return { checked, invalid };
}
