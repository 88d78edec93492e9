import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { graphqlFaults, graphqlTypes } from "./gate-graphql.js";
import { openapiClient, openapiFaults, openapiTypes } from "./gate-openapi.js";
import {
  hasProtoc,
  protobufTypes,
  protoBreakingFaults,
  protoBuildFaults,
  protocFaults,
  protoLintFaults,
} from "./gate-protobuf.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpgen-gate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DOCUMENT = {
  openapi: "3.1.0",
  info: { title: "a", version: "1", license: { name: "x", identifier: "MIT" } },
  servers: [{ url: "/" }],
  security: [],
  paths: {
    "/a": {
      get: {
        operationId: "a",
        summary: "a",
        responses: { "200": { description: "a" }, "4XX": { description: "b" } },
      },
    },
  },
};
const withSchema = (schema: object): object => ({ ...DOCUMENT, components: { schemas: { A: schema } } });

describe("the gate of OpenAPI", () => {
  it.each([
    { name: "a document that is right", given: DOCUMENT, want: [] },
    { name: "a list of items", given: withSchema({ type: "array", items: [{}] }), want: ["struct"] },
    { name: "no such component", given: withSchema({ $ref: "#/components/schemas/B" }), want: ["no-unresolved-refs"] },
    { name: "a reference to a file", given: withSchema({ $ref: "/etc/passwd" }), want: ["refers to /etc/passwd"] },
    {
      name: "a property that Redocly itself stumbles over",
      given: withSchema({ type: "object", properties: { hasOwnProperty: {} }, required: ["hasOwnProperty"] }),
      want: [],
    },
    {
      name: "an operationId twice",
      given: { ...DOCUMENT, paths: { ...DOCUMENT.paths, "/b": DOCUMENT.paths["/a"] } },
      want: ["operation-operationId-unique"],
    },
  ])("$name: $want", async ({ given, want }) => {
    const faults = await openapiFaults(JSON.stringify(given));
    expect([...new Set(faults.map((fault) => fault.split(":")[0]))]).toEqual(want);
  });

  it("makes types and a client, of YAML too", async () => {
    expect(await openapiTypes("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n")).toContain("paths");
    await openapiClient(JSON.stringify(DOCUMENT), join(folder, "client"));
    expect(readFileSync(join(folder, "client", "sdk.gen.ts"), "utf8")).toContain("export const a =");
    await expect(openapiTypes(JSON.stringify(withSchema({ $ref: "#/nowhere" })))).rejects.toThrow("[verify]");
  });
});

describe("the gate of GraphQL", () => {
  it.each([
    { name: "a schema that is right", given: "type Query { a(b: Int = 3): String }", want: undefined },
    { name: "no schema", given: "type Query {", want: "Syntax Error" },
    { name: "an empty type", given: "type Query", want: "must define one or more fields" },
    { name: "a type that is not there", given: "type Query { a: B }", want: "Unknown type" },
    {
      name: "an input that must hold itself",
      given: "type Query { a(b: A): Int } input A { a: A! }",
      want: "Cannot reference Input Object",
    },
    { name: "a default of another type", given: 'type Query { a(b: Int = "x"): Int }', want: "default" },
    {
      name: "a default that the enum has not",
      given: "type Query { a(b: I): Int } input I { e: E = C } enum E { A B }",
      want: "default",
    },
    {
      name: "an argument of a directive of another type",
      given: 'directive @d(a: Int) on OBJECT type Query @d(a: "x") { a: Int }',
      want: "invalid value",
    },
    {
      name: "a default that cannot be printed",
      given: "scalar JSON type Query { a(b: JSON = {c: 1}): Int }",
      want: "Cannot convert",
    },
  ])("$name: $want", ({ given, want }) => {
    const faults = graphqlFaults(given).join("\n");
    if (want === undefined) expect(faults).toBe("");
    else expect(faults).toContain(want);
  });

  it("makes types", async () => {
    expect(await graphqlTypes("type Query { a: A } enum A { B }")).toContain("export type Query");
  });
});

const PROTO = (body: string): string => `syntax = "proto3";\n\npackage a.v1;\n\n${body}\n`;
const write = (body: string, path = "a/v1/a.proto"): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), PROTO(body));
};

describe("the gate of protobuf", () => {
  it.each([
    { name: "a file that is right", given: "message A {\n  string a_b = 1;\n}", lint: [], build: 0 },
    { name: "a field's name", given: "message A {\n  string aB = 1;\n}", lint: ["FIELD_LOWER_SNAKE_CASE"], build: 0 },
    {
      name: "two fields of one number",
      given: "message A {\n  string a = 1;\n  string b = 1;\n}",
      lint: ["COMPILE"],
      build: 1,
    },
    {
      name: "two enum values of one name",
      given: "enum E {\n  E_UNSPECIFIED = 0;\n  E_A = 1;\n  E_a = 2;\n}",
      lint: ["COMPILE"],
      build: 1,
    },
  ])("$name: $lint", async ({ given, lint, build }) => {
    write(given);
    const got = (await protoLintFaults(folder)).map(({ text }) => text.split(": ")[1]);
    expect(got).toEqual(lint);
    const faults = await protoBuildFaults(folder, join(folder, "image.binpb"));
    expect(faults.map(({ file }) => file)).toEqual(Array(build).fill("a/v1/a.proto"));
  });

  it.runIf(hasProtoc())("asks protoc as well", async () => {
    write("message A {\n  B b = 1;\n}");
    expect((await protocFaults(folder, ["a/v1/a.proto"])).map(({ file }) => file)).toEqual(["a/v1/a.proto"]);
    write("message A {\n  string b = 1;\n}");
    expect(await protocFaults(folder, ["a/v1/a.proto"])).toEqual([]);
    expect(await protocFaults(folder, ["a/v1/none.proto"])).toHaveLength(1);
  });

  it("sees what breaks a reader, and not what is reserved", async () => {
    const image = join(folder, "image.binpb");
    write("message A {\n  string b = 1;\n  string c = 2;\n}");
    expect(await protoBuildFaults(folder, image)).toEqual([]);
    write("message A {\n  int32 b = 1;\n}");
    const texts = (await protoBreakingFaults(folder, { image })).map(({ text }) => text.split(": ")[1]);
    expect(texts.sort()).toEqual([
      ...["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"],
      "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
    ]);
    write('message A {\n  reserved 2;\n  reserved "c";\n  string b = 1;\n}');
    expect(await protoBreakingFaults(folder, { image })).toEqual([]);
  });

  it("makes types of the files that are named", async () => {
    write("message A {\n  string b = 1;\n}");
    write("message B {}", "a/v1/b.proto");
    const out = join(folder, "out");
    expect(await protobufTypes(folder, { out, files: ["a/v1/a.proto"] })).toEqual([]);
    expect(readdirSync(join(out, "a", "v1"))).toEqual(["a_pb.ts"]);
    write("message A {\n  B b = 1;\n}");
    expect(await protobufTypes(folder, { out, files: ["a/v1/a.proto"] })).toHaveLength(1);
  });
});
