import { describe, expect, it } from "vitest";
import { openLock } from "../../ir/lock.js";
import { inOrder } from "../../ir/order.js";
import { readSpec } from "../../ir/read.js";
import type { JsonObject } from "../../ir/spec.js";
import { parseOptions } from "./options.js";
import type { ProtoPlan } from "./plan.js";
import { planProto } from "./proto.js";
import { verifyProto } from "./verify.js";

const EMPTY = { type: "object" };

function planOf(given: JsonObject, options: Readonly<Record<string, unknown>> = {}): ProtoPlan {
  const spec = readSpec({ serverInfo: { name: "demo", version: "1" }, ...given }, "test");
  const plan = planProto(inOrder(spec), parseOptions(options), openLock());
  verifyProto(plan);
  return plan;
}

const toolPlan = (inputSchema: JsonObject, more: JsonObject = {}, options = {}): ProtoPlan =>
  planOf({ tools: [{ name: "do", inputSchema, ...more }] }, options);

const textOf = (plan: ProtoPlan): string => plan.files.map(({ contents }) => contents).join("\n");

/** The body of a message or enum, one line each, without comments and blank lines. */
function bodyOf(plan: ProtoPlan, name: string): string[] {
  const lines = textOf(plan).split("\n");
  const start = lines.findIndex((line) => new RegExp(`^(?:message|enum|service) ${name} {`).test(line));
  expect(start, name).toBeGreaterThanOrEqual(0);
  const rest = lines.slice(start + 1);
  const end = (lines[start] ?? "").endsWith("}") ? 0 : rest.indexOf("}");
  return rest
    .slice(0, end)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"));
}

describe("fields", () => {
  const table: { name: string; schema: JsonObject | boolean; required?: boolean; want: string }[] = [
    { name: "text", schema: { type: "string" }, want: "optional string x = 1;" },
    { name: "required text", schema: { type: "string" }, required: true, want: "string x = 1;" },
    {
      name: "required with a default",
      schema: { type: "string", default: "a" },
      required: true,
      want: "optional string x = 1;",
    },
    { name: "required or null", schema: { type: ["string", "null"] }, required: true, want: "optional string x = 1;" },
    { name: "number", schema: { type: "number" }, want: "optional double x = 1;" },
    { name: "integer", schema: { type: "integer", minimum: 0 }, want: "optional int64 x = 1;" },
    { name: "small integer", schema: { type: "integer", minimum: 0, maximum: 9 }, want: "optional int32 x = 1;" },
    { name: "numeric enum", schema: { enum: [1, 2] }, want: "optional int32 x = 1;" },
    { name: "boolean", schema: { type: "boolean" }, want: "optional bool x = 1;" },
    { name: "base64", schema: { type: "string", contentEncoding: "base64" }, want: "optional bytes x = 1;" },
    { name: "enum", schema: { enum: ["a"] }, want: "optional DoX x = 1;" },
    { name: "list", schema: { type: "array", items: { type: "string" } }, want: "repeated string x = 1;" },
    {
      name: "nullable list",
      schema: { type: ["array", "null"], items: { type: "string" } },
      want: "StringList x = 1;",
    },
    {
      name: "list of nullables",
      schema: { type: "array", items: { type: ["string", "null"] } },
      want: "repeated NullableString x = 1;",
    },
    {
      name: "list of lists",
      schema: { type: "array", items: { type: "array", items: { type: "number" } } },
      want: "repeated DoubleList x = 1;",
    },
    { name: "list of anything", schema: { type: "array" }, want: ".google.protobuf.ListValue x = 1;" },
    {
      name: "tuple",
      schema: { type: "array", prefixItems: [{ type: "string" }] },
      want: ".google.protobuf.ListValue x = 1;",
    },
    {
      name: "map",
      schema: { type: "object", additionalProperties: { type: "integer" } },
      want: "map<string, int64> x = 1;",
    },
    { name: "free", schema: { type: "object" }, want: ".google.protobuf.Struct x = 1;" },
    { name: "anything", schema: true, want: ".google.protobuf.Value x = 1;" },
    { name: "object", schema: { type: "object", properties: { a: { type: "string" } } }, want: "DoX x = 1;" },
    { name: "union", schema: { type: ["string", "number"] }, want: "DoX x = 1;" },
    {
      name: "deprecated",
      schema: { type: "string", deprecated: true },
      want: "optional string x = 1 [deprecated = true];",
    },
  ];
  it.each(table)("$name", ({ schema, required = false, want }) => {
    const plan = toolPlan({ type: "object", properties: { x: schema }, required: required ? ["x"] : [] });
    expect(bodyOf(plan, "DoRequest")[0]).toBe(want);
  });

  it("have names of their own in .proto and in JSON", () => {
    const names = ["a_1", "a1", "fooBar", "foo_bar", "If-Match", "", "名", "a\nb", "__proto__", "explicitEmpty", "[x]"];
    const properties = Object.fromEntries(names.map((name) => [name, { type: "array", items: { type: "string" } }]));
    const plan = toolPlan({ type: "object", properties });
    const message = plan.messages.get("DoRequest");
    expect(
      message?.fields
        .filter(({ member }) => member !== "")
        .map(({ member }) => member)
        .sort(),
    ).toEqual(names.filter((name) => name !== "").sort());
    expect(new Set(message?.fields.map(({ name }) => name)).size).toBe(names.length + 1);
    expect(new Set(message?.fields.map(({ jsonName }) => jsonName)).size).toBe(names.length + 1);
    expect(bodyOf(plan, "DoRequest")).toEqual([
      'repeated string a_1 = 1 [json_name = "a_1"];',
      'repeated string a1_v2 = 2 [json_name = "a1"];',
      'repeated string foo_bar_v2 = 3 [json_name = "fooBar"];',
      'repeated string foo_bar = 4 [json_name = "foo_bar"];',
      'repeated string if_match = 5 [json_name = "If-Match"];',
      "repeated string field = 6;",
      'repeated string field_v2 = 7 [json_name = "名"];',
      "repeated string a_b = 8;",
      'repeated string proto = 9 [json_name = "__proto__"];',
      "repeated string explicit_empty = 10;",
      "repeated string x = 11;",
      "repeated string explicit_empty_v2 = 12;",
    ]);
  });

  it("that cannot have their own name in JSON take no other's, whoever came first", () => {
    const lock = openLock();
    const text = { type: "string" };
    const jsonNames = (properties: JsonObject): (readonly [string, string])[] => {
      const tools = [{ name: "do", inputSchema: { type: "object", properties } }];
      const spec = readSpec({ serverInfo: { name: "demo", version: "1" }, tools }, "test");
      const plan = planProto(spec, parseOptions({}), lock);
      verifyProto(plan);
      return (plan.messages.get("DoRequest")?.fields ?? []).map(({ name, jsonName }) => [name, jsonName] as const);
    };
    expect(jsonNames({ "": text })).toEqual([["field", "field"]]);
    expect(jsonNames({ field: text, "": text })).toEqual([
      ["field", "field_"],
      ["field_v2", "field"],
    ]);
  });

  it("mark what is null or empty only where absence would hide it", () => {
    const nullable = { type: ["string", "null"] };
    const required = {
      type: "object",
      properties: { a: nullable, b: { type: "array", items: nullable } },
      required: ["a", "b"],
    };
    expect(bodyOf(toolPlan(required), "DoRequest")).toHaveLength(2);
    const optional = { type: "object", properties: { a: nullable } };
    expect(bodyOf(toolPlan(optional), "DoRequest")).toEqual([
      "optional string a = 1;",
      "repeated string explicit_empty = 2;",
    ]);
    expect(bodyOf(toolPlan(optional, {}, { "explicit-null": "none" }), "DoRequest")).toEqual([
      "optional string a = 1;",
    ]);
  });

  it("keep declared members without a name", () => {
    const properties = { a: { type: "string" } };
    const open = toolPlan({ type: "object", properties, additionalProperties: true });
    expect(bodyOf(open, "DoRequest")[1]).toBe("map<string, .google.protobuf.Value> additional_properties = 2;");
    const typed = toolPlan({ type: "object", properties, additionalProperties: { type: "number" } });
    expect(bodyOf(typed, "DoRequest")[1]).toBe("map<string, double> additional_properties = 2;");
    expect(bodyOf(toolPlan({ type: "object", properties }), "DoRequest")).toHaveLength(1);
  });
});

describe("enums", () => {
  it("have a zero, a prefix and no two values that some language writes alike", () => {
    const values = ["reactions-+1", "reactions--1", "Y", "y", "水产", "早餐", "unspecified", "a1", "a_1"];
    const plan = toolPlan({ type: "object", properties: { sort: { enum: values } } });
    expect(bodyOf(plan, "DoSort")).toEqual([
      "DO_SORT_UNSPECIFIED = 0;",
      "DO_SORT_REACTIONS_PLUS_1 = 1;",
      "DO_SORT_REACTIONS_MINUS_1 = 2;",
      "DO_SORT_Y = 3;",
      "DO_SORT_Y_V2 = 4;",
      "DO_SORT_VALUE = 5;",
      "DO_SORT_VALUE_V2 = 6;",
      "DO_SORT_UNSPECIFIED_V2 = 7;",
      "DO_SORT_A1 = 8;",
      "DO_SORT_A_1_V2 = 9;",
    ]);
    expect(textOf(plan)).toContain('// JSON: "reactions-+1"\n  DO_SORT_REACTIONS_PLUS_1 = 1;');
    expect(plan.enums.get("DoSort")?.values.map(({ value }) => value)).toEqual(values);
  });

  it("share no value with another enum, which would be its sibling", () => {
    const properties = {
      sort: { enum: ["order_up", "order_unspecified"] },
      sort_order: { enum: ["up"] },
      SORT: { enum: ["a"] },
    };
    const plan = toolPlan({ type: "object", properties });
    const names = [...plan.enums.values()].flatMap(({ zero, values }) => [zero, ...values.map(({ name }) => name)]);
    expect(names).toHaveLength(7);
    expect(new Set(names).size).toBe(7);
  });
});

describe("unions", () => {
  it("are one of their branches, lists wrapped", () => {
    const plan = toolPlan({
      type: "object",
      properties: {
        q: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "boolean" }] },
      },
    });
    expect(bodyOf(plan, "DoQ")).toEqual([
      "oneof kind {",
      "string string_value = 1;",
      "StringList list_value = 2;",
      "bool boolean_value = 3;",
      "}",
    ]);
    expect(bodyOf(plan, "StringList")).toEqual(["repeated string items = 1;"]);
  });

  it("tell their branches by a discriminator", () => {
    const branch = (op: string): JsonObject => ({
      type: "object",
      properties: { op: { const: op } },
      required: ["op"],
    });
    const plan = toolPlan({ type: "object", properties: { q: { oneOf: [branch("kind"), branch("set-input")] } } });
    const union = plan.messages.get("DoQ");
    expect(
      union?.kind === "union" && [union.discriminator, union.branches.map(({ tag, name }) => [tag, name])],
    ).toEqual([
      "op",
      [
        ["kind", "kind_v2"],
        ["set-input", "set_input"],
      ],
    ]);
  });
});

describe("requests", () => {
  const table: { name: string; schema: JsonObject; want: string[] }[] = [
    { name: "no schema", schema: {}, want: [".google.protobuf.Struct arguments = 1;"] },
    { name: "any object", schema: EMPTY, want: [".google.protobuf.Struct arguments = 1;"] },
    { name: "no properties", schema: { type: "object", properties: {} }, want: [] },
    { name: "none allowed", schema: { type: "object", additionalProperties: false }, want: [] },
    {
      name: "a map",
      schema: { type: "object", additionalProperties: { type: "string" } },
      want: ["map<string, string> arguments = 1;"],
    },
    {
      name: "a choice",
      schema: {
        oneOf: [
          { type: "object", title: "A", properties: { a: { type: "string" } } },
          { type: "object", title: "B", properties: { b: { type: "string" } } },
        ],
      },
      want: ["oneof kind {", "DoA a = 1;", "DoB b = 2;", "}"],
    },
    {
      name: "itself again",
      schema: { type: "object", properties: { next: { $ref: "#" } } },
      want: ["DoRequest next = 1;"],
    },
  ];
  it.each(table)("$name", ({ schema, want }) => {
    expect(bodyOf(toolPlan(schema), "DoRequest")).toEqual(want);
  });
});

describe("responses", () => {
  const table: { name: string; schema: JsonObject | undefined; want: string }[] = [
    { name: "no schema", schema: undefined, want: ".google.protobuf.Value structured_content = 3;" },
    { name: "text", schema: { type: "string" }, want: "optional string structured_content = 3;" },
    { name: "text or null", schema: { type: ["string", "null"] }, want: "NullableString structured_content = 3;" },
    { name: "list", schema: { type: "array", items: { type: "string" } }, want: "StringList structured_content = 3;" },
    {
      name: "map",
      schema: { type: "object", additionalProperties: { type: "number" } },
      want: "DoubleMap structured_content = 3;",
    },
    { name: "object", schema: { type: "object", properties: { a: {} } }, want: "DoOutput structured_content = 3;" },
    { name: "union", schema: { type: ["string", "number"] }, want: "DoOutput structured_content = 3;" },
  ];
  it.each(table)("$name", ({ schema, want }) => {
    const plan = toolPlan(EMPTY, schema ? { outputSchema: schema } : {});
    expect(bodyOf(plan, "DoResponse")).toEqual([
      "bool is_error = 1;",
      "repeated ContentBlock content = 2;",
      want,
      '.google.protobuf.Struct meta = 4 [json_name = "_meta"];',
    ]);
    expect(plan.rpcs.find(({ key }) => key === "/tools/do")?.structuredContent?.name).toBe("structured_content");
  });
});

describe("services", () => {
  it("have an rpc for each tool, resource, template and prompt, and for the lists", () => {
    const plan = planOf({
      tools: [
        { name: "get-sum", inputSchema: EMPTY, annotations: { readOnlyHint: true } },
        { name: "put", inputSchema: EMPTY, annotations: { idempotentHint: true } },
      ],
      resources: [{ name: "Read Me", uri: "file:///readme" }],
      resourceTemplates: [{ name: "row", uriTemplate: "db://{table}/{+path*}{?limit}" }],
      prompts: [{ name: "greet", arguments: [{ name: "who", required: true }, { name: "how-long" }] }],
    });
    expect(plan.package).toBe("mcpgen.demo.v1");
    expect(plan.rpcs.map(({ service, name }) => `${service}.${name}`)).toEqual([
      "DemoToolsService.ListTools",
      "DemoToolsService.GetSum",
      "DemoToolsService.Put",
      "DemoResourcesService.ListResources",
      "DemoResourcesService.ReadResource",
      "DemoResourcesService.ListResourceTemplates",
      "DemoResourcesService.ReadReadMe",
      "DemoResourcesService.ReadRow",
      "DemoPromptsService.ListPrompts",
      "DemoPromptsService.PromptGreet",
    ]);
    expect(bodyOf(plan, "DemoToolsService").filter((line) => line.startsWith("option"))).toEqual([
      "option idempotency_level = NO_SIDE_EFFECTS;",
      "option idempotency_level = NO_SIDE_EFFECTS;",
      "option idempotency_level = IDEMPOTENT;",
    ]);
    expect(bodyOf(plan, "ReadRowRequest")).toEqual([
      "string table = 1;",
      "repeated string path = 2;",
      "optional string limit = 3;",
    ]);
    expect(bodyOf(plan, "PromptGreetRequest")).toEqual([
      "string who = 1;",
      'optional string how_long = 2 [json_name = "how-long"];',
    ]);
  });

  it("name in full what an rpc beside them is called", () => {
    const plan = planOf({
      tools: [
        { name: "get", inputSchema: EMPTY },
        { name: "get-request", inputSchema: EMPTY },
      ],
    });
    expect(textOf(plan)).toContain("rpc Get(.mcpgen.demo.v1.GetRequest) returns (GetResponse)");
  });

  it("are there even where a server has nothing", () => {
    const plan = planOf({ tools: [] });
    expect(plan.files.map(({ path }) => path)).toEqual(["mcpgen/demo/v1/tools.proto"]);
    expect(textOf(plan)).toContain("service DemoToolsService {}");
  });
});

describe("files", () => {
  const big = {
    tools: Array.from({ length: 40 }, (_, i) => ({
      ...{ name: `tool-${String(i).padStart(2, "0")}` },
      inputSchema: {
        type: "object",
        properties: Object.fromEntries(
          Array.from({ length: 100 }, (__, n) => [`p${n}`, { type: "string", description: "word ".repeat(20) }]),
        ),
      },
    })),
  };

  it("are split where one would be long, and tools stay in theirs", () => {
    const spec = inOrder(readSpec({ serverInfo: { name: "demo", version: "1" }, ...big }, "test"));
    const lock = openLock();
    const fewer = { ...spec, tools: spec.tools.slice(30) };
    const before = new Map(planProto(fewer, parseOptions({}), lock).rpcs.map(({ key, file }) => [key, file]));
    expect(new Set(before.values())).toEqual(new Set(["mcpgen/demo/v1/tools.proto"]));
    const plan = planProto(spec, parseOptions({}), lock);
    verifyProto(plan);
    const names = plan.files.map(({ path }) => path.slice("mcpgen/demo/v1/".length));
    expect(names).toEqual(["content.proto", "tools.proto", "tools_1.proto", "tools_2.proto"]);
    expect(plan.files.every(({ contents }) => contents.length < 330_000)).toBe(true);
    for (const { key, file } of plan.rpcs) if (before.has(key)) expect(file).toBe(before.get(key));
  });

  it("are one where one is asked for", () => {
    const plan = toolPlan(EMPTY, {}, { layout: "single", package: "acme.tools.v2" });
    expect(plan.files.map(({ path }) => path)).toEqual(["demo.proto"]);
    expect(textOf(plan)).toContain("// buf:lint:ignore PACKAGE_DIRECTORY_MATCH\npackage acme.tools.v2;");
    expect([...textOf(plan).matchAll(/^import (.*);$/gm)].map(([, path]) => path)).toEqual([
      '"google/protobuf/struct.proto"',
    ]);
  });
});

it("has no file that imports itself, though a wrapper needs another", () => {
  const number = { type: "array", items: { type: "array", items: { type: "array", items: { type: "number" } } } };
  const { files } = toolPlan({ type: "object", properties: { x: number } });
  const wrappers = files.find(({ path }) => path.endsWith("/wrappers.proto"));
  expect(wrappers?.contents).toContain("repeated DoubleList");
  for (const { path, contents } of files) expect(contents).not.toContain(`import "${path}"`);
});
