import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anySchema } from "../testing/corpus-fuzz.js";
import { normaliseSchema } from "./schema.js";
import type { JsonSchema } from "./spec.js";

const DRAFT_04 = "http://json-schema.org/draft-04/schema#";
const DRAFT_07 = "http://json-schema.org/draft-07/schema#";

const normal = (given: unknown): JsonSchema => normaliseSchema(given as JsonSchema, "").schema;
const codes = (given: unknown): string[] =>
  normaliseSchema(given as JsonSchema, "").diagnostics.map(({ code }) => code);

interface Case {
  readonly name: string;
  readonly given: unknown;
  readonly want: unknown;
}

const spelling: readonly Case[] = [
  { name: "booleans stay", given: false, want: false },
  { name: "an empty schema stays", given: {}, want: {} },
  {
    name: "identifiers, comments, unknown keywords and unused definitions go",
    given: { $schema: DRAFT_07, $id: "x", $comment: "y", $defs: { a: {} }, tsType: "z", "x-y": 1, type: "string" },
    want: { type: "string" },
  },
  {
    name: "properties called like keywords are properties",
    given: { type: "object", properties: { $ref: { type: "string" }, $id: true, definitions: {}, items: [] } },
    want: { type: "object", properties: { $ref: { type: "string" }, $id: true, definitions: {}, items: true } },
  },
  {
    name: "data is data",
    given: { const: { $ref: "#/x" }, default: { $id: "a" }, enum: [{ $ref: "#/y" }], examples: [{ $anchor: "z" }] },
    want: { const: { $ref: "#/x" }, default: { $id: "a" }, enum: [{ $ref: "#/y" }], examples: [{ $anchor: "z" }] },
  },
  {
    name: "draft-07 tuples",
    given: { $schema: DRAFT_07, type: "array", items: [{ type: "number" }], additionalItems: false },
    want: { type: "array", prefixItems: [{ type: "number" }], items: false },
  },
  { name: "an open tuple", given: { items: [true] }, want: { prefixItems: [true] } },
  {
    name: "an empty tuple",
    given: { items: [], additionalItems: { type: "null" } },
    want: { items: { type: "null" } },
  },
  {
    name: "draft-04 exclusive bounds",
    given: { $schema: DRAFT_04, minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
    want: { maximum: 9, exclusiveMinimum: 1 },
  },
  {
    name: "dependencies",
    given: { dependencies: { a: ["b"], c: { required: ["d"] }, e: "f" } },
    want: { dependentRequired: { a: ["b"], e: ["f"] }, dependentSchemas: { c: { required: ["d"] } } },
  },
  { name: "nullable type", given: { type: "string", nullable: true }, want: { type: ["string", "null"] } },
  {
    name: "nullable enum",
    given: { type: "string", enum: ["a"], nullable: true },
    want: { type: ["string", "null"], enum: ["a", null] },
  },
  {
    name: "nullable composition",
    given: { description: "d", anyOf: [{ type: "string" }], nullable: true },
    want: { description: "d", anyOf: [{ anyOf: [{ type: "string" }] }, { type: "null" }] },
  },
  { name: "nullable false says nothing", given: { type: "string", nullable: false }, want: { type: "string" } },
  { name: "example", given: { type: "string", example: "a" }, want: { type: "string", examples: ["a"] } },
  { name: "an escape of the older pattern grammar", given: { pattern: "^\\@a\\_\\d$" }, want: { pattern: "^@a_\\d$" } },
  { name: "one type in a list", given: { type: ["string", "string"] }, want: { type: "string" } },
  { name: "required without names", given: { required: [] }, want: {} },
];

describe("spelling", () => {
  it.each(spelling)("$name", ({ given, want }) => {
    expect(normal(given)).toEqual(want);
    expect(codes(given).filter((code) => code !== "schema-invalid")).toEqual([]);
  });

  it("keeps a member called __proto__", () => {
    const got = normal(JSON.parse('{"properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}'));
    expect(JSON.stringify(got)).toBe('{"properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}');
  });
});

const invalid: readonly Case[] = [
  { name: "required: true", given: { required: true }, want: {} },
  { name: "required with duplicates and numbers", given: { required: ["a", "a", 1] }, want: { required: ["a"] } },
  { name: "enum without values", given: { enum: [] }, want: {} },
  {
    name: "enum with duplicates",
    given: { enum: [{ a: 1, b: 2 }, { b: 2, a: 1 }, 1] },
    want: { enum: [{ b: 2, a: 1 }, 1] },
  },
  { name: "an unknown type", given: { type: ["string", "any"] }, want: {} },
  { name: "properties: null", given: { properties: null, additionalProperties: false }, want: {} },
  { name: "a property that is no schema", given: { properties: { a: "string" } }, want: { properties: { a: true } } },
  { name: "counts", given: { minLength: -1, maxItems: 1.5, multipleOf: 0, minimum: "1" }, want: {} },
  { name: "a pattern that is none", given: { pattern: "[" }, want: {} },
  { name: "a list that is none", given: { anyOf: {}, allOf: [] }, want: {} },
  { name: "a title that is none", given: { title: 5 }, want: {} },
];

it.each(invalid)("leaves out and reports $name", ({ given, want }) => {
  expect(normal(given)).toEqual(want);
  expect(codes(given)).toContain("schema-invalid");
});

const references: readonly Case[] = [
  {
    name: "definitions of both names",
    given: {
      $defs: { a: { type: "null" } },
      definitions: { b: {} },
      items: { $ref: "#/$defs/a" },
      not: { $ref: "#/definitions/b" },
    },
    want: { items: { $ref: "#/$defs/a" }, not: { $ref: "#/$defs/b" }, $defs: { a: { type: "null" }, b: {} } },
  },
  {
    name: "a place in the document",
    given: { properties: { "a/b": { items: { type: "null" } }, c: { $ref: "#/properties/a~1b/items" } } },
    want: {
      properties: { "a/b": { items: { type: "null" } }, c: { $ref: "#/$defs/AB" } },
      $defs: { AB: { type: "null" } },
    },
  },
  {
    name: "the document itself",
    given: { properties: { a: { $ref: "#" } } },
    want: {
      properties: { a: { $ref: "#/$defs/Root" } },
      $defs: { Root: { properties: { a: { $ref: "#/$defs/Root" } } } },
    },
  },
  {
    name: "anchors",
    given: { items: { $ref: "#here" }, $defs: { a: { $anchor: "here", type: "null" } } },
    want: { items: { $ref: "#/$defs/a" }, $defs: { a: { type: "null" } } },
  },
  {
    name: "identifiers, and pointers below them from either root",
    given: {
      $id: "https://a.b/root.json",
      items: [{ $ref: "child.json" }, { $ref: "https://a.b/root.json#/$defs/c" }, { $ref: "child.json#/$defs/inner" }],
      $defs: {
        c: { type: "string" },
        d: { $id: "child.json", items: { $ref: "#/$defs/c" }, $defs: { inner: { type: "null" } } },
      },
    },
    want: {
      prefixItems: [{ $ref: "#/$defs/d" }, { $ref: "#/$defs/c" }, { $ref: "#/$defs/inner" }],
      $defs: { d: { items: { $ref: "#/$defs/c" } }, c: { type: "string" }, inner: { type: "null" } },
    },
  },
  {
    name: "percent-encoded and dynamic references",
    given: {
      items: [{ $ref: "#/$defs/a%20b" }, { $dynamicRef: "#x" }],
      $defs: { "a b": true, y: { $dynamicAnchor: "x" } },
    },
    want: { prefixItems: [{ $ref: "#/$defs/AB" }, { $ref: "#/$defs/y" }], $defs: { AB: true, y: {} } },
  },
  {
    name: "definitions that are nothing but references",
    given: {
      items: { $ref: "#/$defs/a" },
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/c" }, c: { type: "null" } },
    },
    want: { items: { $ref: "#/$defs/c" }, $defs: { c: { type: "null" } } },
  },
  {
    name: "keys that are identifiers before those made so, and no members of Object.prototype",
    given: {
      items: [{ $ref: "#/$defs/a-b" }, { $ref: "#/$defs/AB" }, { $ref: "#/$defs/constructor" }, { $ref: "#/$defs/水" }],
      $defs: { "a-b": { const: 1 }, AB: { const: 2 }, constructor: { const: 3 }, 水: { const: 4 } },
    },
    want: {
      prefixItems: [
        { $ref: "#/$defs/AB2" },
        { $ref: "#/$defs/AB" },
        { $ref: "#/$defs/Constructor" },
        { $ref: "#/$defs/Def" },
      ],
      $defs: { AB2: { const: 1 }, AB: { const: 2 }, Constructor: { const: 3 }, Def: { const: 4 } },
    },
  },
  {
    name: "what stands beside a reference, by dialect: 2020-12",
    given: { items: { $ref: "#/$defs/a", description: "d", maxLength: 1 }, $defs: { a: {} } },
    want: { items: { $ref: "#/$defs/a", description: "d", maxLength: 1 }, $defs: { a: {} } },
  },
  {
    name: "what stands beside a reference, by dialect: draft-07",
    given: {
      $schema: DRAFT_07,
      items: { $ref: "#/definitions/a", description: "d", maxLength: 1 },
      definitions: { a: {} },
    },
    want: { items: { $ref: "#/$defs/a", description: "d" }, $defs: { a: {} } },
  },
];

it.each(references)("resolves $name", ({ given, want }) => {
  expect(normal(given)).toEqual(want);
  expect(codes(given)).toEqual([]);
});

describe("references that lead nowhere", () => {
  it.each(["#/$defs/b", "#none", "file:///etc/passwd", "https://a.b/c", "c.json#/d", "#/$defs/__proto__", "%"])(
    "%s",
    ($ref) => {
      const given = { properties: { a: { $ref, description: "d" } }, $defs: { a: {} } };
      expect(normal(given)).toEqual({ properties: { a: { description: "d", "x-unresolved-ref": $ref } } });
      const [diagnostic] = normaliseSchema(given, "/tools/0/inputSchema").diagnostics;
      expect(diagnostic).toMatchObject({ code: "unresolved-ref", pointer: "/tools/0/inputSchema/properties/a" });
    },
  );

  it.each([
    { name: "itself", given: { $ref: "#" } },
    {
      name: "itself through aliases",
      given: { items: { $ref: "#/$defs/a" }, $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
    },
    {
      name: "itself in place",
      given: { items: { $ref: "#/$defs/a" }, $defs: { a: { anyOf: [{ type: "null" }, { $ref: "#/$defs/a" }] } } },
    },
  ])("to $name", ({ given }) => {
    expect(codes(given).some((code) => code === "ref-cycle" || code === "unresolved-ref")).toBe(true);
    const validate = new Ajv2020({ strict: false }).compile(normal(given) as object);
    expect(validate([1])).toBe(true);
  });
});

describe("what is left out makes nothing stricter", () => {
  it.each<Case>([
    { name: "not", given: { not: { pattern: "[" } }, want: {} },
    { name: "if", given: { if: { $ref: "x.json" }, then: false, else: true }, want: {} },
    {
      name: "oneOf",
      given: { oneOf: [{ type: "string" }, { $ref: "x" }] },
      want: { anyOf: [{ type: "string" }, { "x-unresolved-ref": "x" }] },
    },
    { name: "contains", given: { contains: { pattern: "[" }, maxContains: 1 }, want: {} },
    {
      name: "a lost pattern property",
      given: { patternProperties: { "[": {}, a: {} }, additionalProperties: false },
      want: { patternProperties: { a: {} } },
    },
    {
      name: "not, through a definition",
      given: { not: { $ref: "#/$defs/a" }, $defs: { a: { properties: { b: { pattern: "[" } } } } },
      want: {},
    },
    {
      name: "a closed object around a loss stays closed",
      given: { properties: { a: { pattern: "[" } }, additionalProperties: false },
      want: { properties: { a: {} }, additionalProperties: false },
    },
  ])("$name", ({ given, want }) => {
    expect(normal(given)).toEqual(want);
  });
});

describe("size", () => {
  const nested = (depth: number): JsonSchema => {
    let schema: JsonSchema = { type: "null" };
    for (let i = 0; i < depth; i++) schema = { items: schema };
    return schema;
  };

  it("cuts nesting, and says where", () => {
    expect(codes(nested(5000))).toEqual(["schema-too-deep"]);
    expect(JSON.stringify(normal(nested(5000))).length).toBeLessThan(3000);
    expect(codes(nested(150))).toEqual([]);
  });

  it("follows long chains of references without a stack", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`d${i}`, { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { type: "null" }] }]),
    );
    const got = normaliseSchema({ $ref: "#/$defs/d0", $defs: { ...$defs, d5000: {} } }, "");
    expect(got.diagnostics.map(({ code }) => code)).toContain("ref-cycle");
    expect(new Ajv2020({ strict: false }).compile(got.schema as object)("text")).toBe(true);
  });

  it("does not unfold definitions that double", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `d${i}`,
        { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );
    const { defs } = normaliseSchema({ $ref: "#/$defs/d0", $defs: { ...$defs, d40: {} } }, "");
    expect(Object.keys(defs)).toHaveLength(41);
  });
});

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Validate = (value: unknown) => boolean;

/** One instance for all: a fresh one takes 10 ms. It must not remember the schemas, whose identifiers are the same. */
function compiler(instance: Ajv2020): (schema: JsonSchema) => Validate {
  return (schema) => {
    try {
      const validate = instance.compile(schema as object);
      return (value) => validate(value);
    } finally {
      if (typeof schema === "object") instance.removeSchema(schema);
    }
  };
}

const compile2020 = compiler(new Ajv2020({ strict: false, logger: false }));

describe("any schema at all", () => {
  it("becomes one that a 2020-12 validator takes, and that needs no second time", () => {
    fc.assert(
      fc.property(anySchema, (given) => {
        const schema = normal(json(given));
        compile2020(schema);
        expect(codes(schema)).toEqual([]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("may be any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => void compile2020(normal(given))),
      { numRuns: 300, seed: 1 },
    );
  });

  it("accepts what the original accepts", () => {
    const original2020 = compiler(new Ajv2020({ strict: false, logger: false, validateSchema: false }));
    const values = fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 5, maxLength: 5 });
    let compared = 0;
    fc.assert(
      fc.property(anySchema, values, (given, tried) => {
        const original = json(given) as JsonSchema;
        let accepted: unknown[];
        try {
          accepted = tried.filter(original2020(original));
        } catch {
          return; // Ajv refuses many of them, or never ends: that is what the normaliser is for.
        }
        const validate = compile2020(normal(original));
        for (const value of accepted) expect(validate(value)).toBe(true);
        compared += accepted.length;
      }),
      { numRuns: 500, seed: 2 },
    );
    expect(compared).toBeGreaterThan(200);
  });
});
