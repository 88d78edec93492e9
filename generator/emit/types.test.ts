import { describe, expect, it } from "vitest";
import { planNames } from "../ir/names.js";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";
import { printTypes } from "./types.js";

const specOf = (tools: readonly object[], rest: object = {}): ServerSpec => readSpec({ tools, ...rest }, "test");
const print = (spec: ServerSpec): Promise<string> => printTypes(spec, planNames(spec));

/** All declarations for the output schema of a tool `t`, without comments, on as few lines as they are written. */
async function typesOf(outputSchema: object): Promise<string> {
  const text = await print(specOf([{ name: "t", inputSchema: { type: "object" }, outputSchema }]));
  const declarations = text.slice(text.indexOf("export", text.indexOf("TInput") + 1));
  return declarations
    .replace(/\/\*\*.*?\*\/\n/gs, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Of an output that has it as its one member. */
async function typeOf(schema: unknown): Promise<string> {
  const properties = { a: schema };
  const text = await typesOf({ type: "object", properties, required: ["a"], additionalProperties: false });
  return text.replace(/^export interface TOutput \{ a: (.*); \}$/, "$1");
}

const OPEN = "[k: string]: unknown;";

describe("one schema", () => {
  it.each<{ name: string; given: unknown; want: string }>([
    { name: "nothing", given: {}, want: "unknown" },
    { name: "true", given: true, want: "unknown" },
    { name: "false", given: false, want: "never" },
    {
      name: "scalars",
      given: { type: ["string", "integer", "number", "boolean", "null"] },
      want: "string | number | boolean | null",
    },
    {
      name: "listed values",
      given: { enum: ["a", 1, null, true, [1, {}], '"\u2028\ud800'] },
      want: '"a" | 1 | null | true | [1, { [k: string]: never }] | "\\"\\u2028\\ud800"',
    },
    { name: "listed values of a type", given: { type: "integer", enum: [1, 1.5, "a"] }, want: "1" },
    { name: "listed values, none of the type", given: { type: "string", const: 1 }, want: "never" },
    { name: "an array of listed values", given: { type: "array", items: { enum: ["a", "b"] } }, want: '("a" | "b")[]' },
    { name: "an array of anything", given: { type: "array" }, want: "unknown[]" },
    {
      name: "an array of a union",
      given: { type: "array", items: { type: ["string", "null"] } },
      want: "(string | null)[]",
    },
    {
      name: "lengths of arrays",
      given: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 },
      want: "string[]",
    },
    { name: "an array of nothing", given: { type: "array", items: false }, want: "[]" },
    { name: "an array without room", given: { type: "array", maxItems: 0 }, want: "[]" },
    {
      name: "an open tuple",
      given: { type: "array", prefixItems: [{ type: "number" }, { type: "string" }], minItems: 2 },
      want: "[number, string, ...(unknown)[]]",
    },
    {
      name: "a closed tuple",
      given: { type: "array", items: [{ type: "number" }], additionalItems: false, minItems: 1 },
      want: "[number]",
    },
    {
      name: "a tuple with a rest",
      given: { type: "array", prefixItems: [{ type: "number" }], minItems: 1, items: { type: "string" } },
      want: "[number, ...(string)[]]",
    },
    {
      name: "a tuple of several lengths",
      given: { type: "array", prefixItems: [{ type: "number" }, {}], items: false },
      want: "[] | [number] | [number, unknown]",
    },
    {
      name: "a tuple cut by maxItems",
      given: { type: "array", prefixItems: [{ type: "number" }, {}], minItems: 1, maxItems: 1 },
      want: "[number]",
    },
    {
      name: "a tuple of no length",
      given: { type: "array", prefixItems: [{}], items: false, minItems: 2 },
      want: "never",
    },
    {
      name: "an array of tuples",
      given: { type: "array", items: { type: "array", prefixItems: [{ type: "number" }] } },
      want: "([] | [number, ...(unknown)[]])[]",
    },
    { name: "an object", given: { type: "object" }, want: `{ ${OPEN} }` },
    {
      name: "a closed object without members",
      given: { type: "object", additionalProperties: false },
      want: "{ [k: string]: never; }",
    },
    {
      name: "a map",
      given: { type: "object", additionalProperties: { type: "number" } },
      want: "{ [k: string]: number; }",
    },
    {
      name: "a map by patterns",
      given: {
        type: "object",
        patternProperties: { a: { type: "number" }, b: { type: "null" } },
        additionalProperties: false,
      },
      want: "{ [k: string]: number | null; }",
    },
    {
      name: "members and a map",
      given: { type: "object", properties: { b: { type: "string" } }, additionalProperties: { type: "number" } },
      want: `{ b?: string; ${OPEN} }`,
    },
    {
      name: "members by their keywords",
      given: { properties: { b: { type: "string" } } },
      want: `{ b?: string; ${OPEN} }`,
    },
    {
      name: "names that are none",
      given: {
        type: "object",
        properties: { "b-c": {}, "*/": {}, "[k: string]": {}, 1: {} },
        additionalProperties: false,
      },
      want: '{ "1"?: unknown; "b-c"?: unknown; "*/"?: unknown; "[k: string]"?: unknown; }',
    },
    {
      name: "required that names no member",
      given: { type: "object", required: ["b"] },
      want: `{ b: unknown; ${OPEN} }`,
    },
    {
      name: "required of a closed object",
      given: { type: "object", required: ["b"], additionalProperties: false },
      want: "{ b: never; }",
    },
    {
      name: "required of a map",
      given: { type: "object", required: ["b"], additionalProperties: { type: "null" } },
      want: `{ b: null; ${OPEN} }`,
    },
    {
      name: "members that every object has",
      given: {
        type: "object",
        properties: { toString: { type: "null" }, constructor: { type: "null" } },
        required: ["constructor"],
        additionalProperties: false,
      },
      want: "{ toString?: unknown; constructor: null; }",
    },
    {
      name: "a union",
      given: { oneOf: [{ type: "string" }, { type: "number" }, { type: "integer" }] },
      want: "string | number",
    },
    { name: "a union with anything", given: { anyOf: [{ type: "string" }, {}] }, want: "unknown" },
    { name: "a union with nothing", given: { anyOf: [{ type: "string" }, false] }, want: "string" },
    {
      name: "an intersection",
      given: { allOf: [{ properties: { b: {} } }, { anyOf: [{ required: ["c"] }, { type: "null" }] }, {}] },
      want: `{ b?: unknown; ${OPEN} } & ({ c: unknown; ${OPEN} } | null)`,
    },
    {
      name: "a branch that speaks of its parent's type",
      given: { type: ["string", "object"], anyOf: [{ required: ["b"] }] },
      want: `string | { b: unknown; ${OPEN} }`,
    },
    {
      name: "a type that its branches say as well",
      given: { type: "object", oneOf: [{ type: "object", properties: { b: {} } }] },
      want: `{ b?: unknown; ${OPEN} }`,
    },
    {
      name: "members beside a union of others",
      given: { properties: { b: {} }, anyOf: [{ type: "string" }, { type: "object" }] },
      want: `(string | { b?: unknown; ${OPEN} }) & (string | { ${OPEN} })`,
    },
    {
      name: "nullable",
      given: { type: "object", nullable: true, additionalProperties: false },
      want: "{ [k: string]: never; } | null",
    },
    {
      name: "what TypeScript cannot say",
      given: { type: "string", not: { const: "a" }, if: {}, then: false, minLength: 1, format: "uri" },
      want: "string",
    },
    {
      name: "hostile keywords",
      given: {
        type: "string",
        tsType: "Evil",
        tsEnumNames: ["A"],
        title: "Evil",
        extends: { title: "E" },
        $id: "Evil",
      },
      want: "string",
    },
    { name: "a foreign reference", given: { $ref: "file:///etc/passwd" }, want: "unknown" },
  ])("$name", async ({ given, want }) => {
    expect(await typeOf(given)).toBe(want);
  });

  it("as the whole: scalars, unions and nothing", async () => {
    expect(await typesOf({ type: "string" })).toBe("export type TOutput = string;");
    expect(await typesOf({})).toBe("export type TOutput = unknown;");
    expect(await typesOf({ oneOf: [{ type: "object" }, { type: "null" }] })).toBe(
      `export type TOutput = { ${OPEN} } | null;`,
    );
  });
});

describe("references", () => {
  it("are declared once for each tool, under its name, in place and recursive", async () => {
    const $defs = {
      node: { type: "object", properties: { next: { $ref: "#/$defs/node" } }, additionalProperties: false },
    };
    const properties = { a: { $ref: "#/$defs/node", description: "d" } };
    expect(await typesOf({ type: "object", properties, additionalProperties: false, $defs })).toBe(
      "export interface TOutput { a?: T_Node; } export interface T_Node { next?: T_Node; }",
    );
  });

  it("to the whole are the whole", async () => {
    expect(
      await typesOf({ type: "object", properties: { a: { items: { $ref: "#" } } }, additionalProperties: false }),
    ).toBe("export interface TOutput { a?: TOutput[]; }");
  });

  it("to aliases, to anything and to nothing are declared", async () => {
    const $defs = { any: {}, none: false, list: { type: "array", items: { $ref: "#/$defs/any" } } };
    const anyOf = [{ $ref: "#/$defs/list" }, { $ref: "#/$defs/none" }];
    expect(await typesOf({ anyOf, $defs })).toBe(
      "export type TOutput = T_List | T_None; export type T_List = T_Any[]; export type T_None = never; export type T_Any = unknown;",
    );
  });

  it("of input and output with one key stay apart", async () => {
    const schema = (type: string): object => ({
      type: "object",
      properties: { a: { $ref: "#/$defs/x" } },
      $defs: { x: { type } },
    });
    const text = await print(specOf([{ name: "t", inputSchema: schema("string"), outputSchema: schema("null") }]));
    expect(text).toContain("export type T_X = string;");
    expect(text).toContain("export type T_X_2 = null;");
  });
});

describe("inputs", () => {
  it.each([
    {
      name: "without a schema of them",
      given: { $schema: "http://json-schema.org/draft-07/schema#" },
      want: `{ ${OPEN} }`,
    },
    {
      name: "with a default, may be left out",
      given: { properties: { a: { default: 1 }, b: {} }, required: ["a", "b"] },
      want: `{ a?: unknown; b: unknown; ${OPEN} }`,
    },
    { name: "closed", given: { type: "object", additionalProperties: false }, want: "{ [k: string]: never; }" },
  ])("$name", async ({ given, want }) => {
    const text = await print(specOf([{ name: "t", inputSchema: given }]));
    expect(
      text
        .slice(text.indexOf("export interface TInput ") + 24)
        .replace(/\/\*\*.*?\*\/\n/gs, "")
        .replace(/\s+/g, " ")
        .trim(),
    ).toBe(want);
    expect(text).not.toContain("TOutput");
  });
});

it("declares prompts and templates, and makes a module of nothing", async () => {
  const spec = specOf([], {
    prompts: [
      { name: "p", arguments: [{ name: "a", required: true, description: "first" }, { name: "b-c" }] },
      { name: "q" },
    ],
    resourceTemplates: [{ name: "r", uriTemplate: "x://{a}{?b,c*}" }],
  });
  expect(await print(spec)).toContain(`/** Arguments of the prompt \`p\`. */
export interface PArguments {
  /** first */
  a: string;
  "b-c"?: string;
}

/** Arguments of the prompt \`q\`. */
export interface QArguments {
  [k: string]: never;
}

/** Variables of the resource template \`x://{a}{?b,c*}\`. */
export interface RVariables {
  a: string;
  b?: string;
  c?: string | string[];
}
`);
  expect(await print(specOf([]))).toMatch(/\n\nexport \{\};\n$/);
});

it("writes descriptions, defaults and deprecations as comments that end nothing", async () => {
  const properties = { a: { type: "string", description: "*/ evil(); /*", default: "*/@x", deprecated: true } };
  const text = await print(
    specOf([{ name: "t*/", inputSchema: { type: "object", properties, description: "All.\n@y" } }]),
  );
  expect(text).toContain(`/**
 * Arguments of the tool \`t*\\/\`.
 *
 * All.
 * \\@y
 */
export interface TInput {
  /**
   * *\\/ evil(); /*
   *
   * @deprecated
   * @default "*\\/\\u0040x"
   */
  a?: string;
`);
});

it("keeps an intersection of unions small enough for the compiler", async () => {
  const union = (name: string, length: number): object => ({
    anyOf: Array.from({ length }, (_, i) => ({ type: "object", properties: { [name]: { const: i } } })),
  });
  const text = await typeOf({ allOf: [union("a", 40), union("b", 45), union("c", 50), union("d", 2)] });
  expect(["a", "b", "c", "d"].map((name) => text.match(new RegExp(`${name}\\?:`, "g"))?.length ?? 0)).toEqual([
    40, 0, 0, 2,
  ]);
});
