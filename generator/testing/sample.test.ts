import { describe, expect, it } from "vitest";
import { readSpec } from "../ir/read.js";
import { normaliseSchema } from "../ir/schema.js";
import type { Json, JsonSchema, ServerSpec } from "../ir/spec.js";
import { checkSamples, compareSamples } from "./sample-check.js";
import { mutantsOf } from "./sample-mutant.js";
import { samplesOf } from "./sample-valid.js";

const validOf = (schema: JsonSchema): readonly Json[] => samplesOf(normaliseSchema(schema, "")).valid;

const specOf = (tools: Readonly<Record<string, unknown>>): ServerSpec =>
  readSpec({ tools: Object.entries(tools).map(([name, inputSchema]) => ({ name, inputSchema })) }, "test");

describe("samples hold", () => {
  const object = (properties: Json, more: Readonly<Record<string, Json>> = {}): JsonSchema => ({
    ...{ type: "object", properties, additionalProperties: false },
    ...more,
  });
  const text = { type: "string" };
  const cases: readonly { name: string; given: JsonSchema; want: readonly Json[] }[] = [
    { name: "only what is required, and everything", given: object({ a: text, b: text }, { required: ["a"] }), want: [{ a: "text" }, { a: "text", b: "text" }] },
    { name: "each branch of a union", given: { anyOf: [text, { const: 1 }, object({ x: { const: true } }, { required: ["x"] })] }, want: ["text", 1, { x: true }] },
    { name: "each listed value", given: { enum: ["a", 1, null, [2]] }, want: ["a", 1, null, [2]] },
    { name: "null where it may be", given: { type: ["string", "null"] }, want: ["text", null] },
    { name: "the bounds of numbers", given: { type: "integer", minimum: -3, maximum: 12 }, want: [-3, 12] },
    { name: "open bounds and steps", given: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.25 }, want: [0.25, 0.75] },
    { name: "the bounds of texts, in code points", given: { type: "string", minLength: 3, maxLength: 5 }, want: ["éééé" + "é"] },
    { name: "texts of a pattern", given: { type: "string", pattern: "^[A-Z]{2}-\\d+$" }, want: ["AA-0", "AA-00"] },
    { name: "texts of a pattern that are long enough", given: { type: "string", pattern: "^(?:ab)+$", minLength: 7 }, want: ["abababab"] },
    { name: "tuples", given: { type: "array", prefixItems: [text, { type: "integer" }], items: false, minItems: 2 }, want: [["text", 1]] },
    { name: "lists of all lengths", given: { type: "array", items: { const: 1 }, maxItems: 3 }, want: [[], [1], [1, 1, 1]] },
    { name: "lists without repetition", given: { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 2, uniqueItems: true }, want: [["a", "b"]] },
    { name: "additional members", given: { type: "object", additionalProperties: { type: "integer" } }, want: [{}, { "x-extra": 1, "*/ `${1}": 1 }] },
    { name: "members by pattern", given: { type: "object", patternProperties: { "^x-": text }, additionalProperties: false }, want: [{ "x-": "text" }] },
    { name: "what a condition asks for, met and not", given: { type: "object", properties: { k: { enum: ["a", "b"] } }, required: ["k"], if: { properties: { k: { const: "a" } } }, then: { required: ["x"] }, else: { required: ["y"] } }, want: [{ k: "a", x: "text" }, { k: "b", y: "text" }] },
    { name: "both parts of allOf", given: { allOf: [object({ a: text, b: text }, { required: ["a"] }), { required: ["b"] }] }, want: [{ a: "text", b: "text" }] },
    { name: "recursion to three levels", given: { $ref: "#/$defs/n", $defs: { n: object({ n: { $ref: "#/$defs/n" } }) } }, want: [{}, { n: { n: { n: {} } } }] },
    { name: "hostile names", given: JSON.parse('{"type":"object","properties":{"__proto__":{"const":1}},"required":["__proto__"]}') as JsonSchema, want: [JSON.parse('{"__proto__":1}') as Json] },
  ]; // prettier-ignore
  it.each(cases)("$name", ({ given, want }) => {
    const texts = validOf(given).map((one) => JSON.stringify(one));
    expect(texts).toEqual(expect.arrayContaining(want.map((one) => JSON.stringify(one))));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("nothing where nothing is valid, and the same each time", () => {
    expect(validOf({ type: "object", not: {} })).toEqual([]);
    expect(validOf({ type: "object", required: ["a"], properties: { a: false } })).toEqual([]);
    const wide = object(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, text])));
    expect(validOf(wide)).toEqual(validOf(wide));
    expect(validOf(wide).length).toBeGreaterThan(10);
  });

  it("something for a type that needs itself through a list only, within moments", () => {
    const tree = object(
      { l: { type: "array", items: { $ref: "#/$defs/t" } }, r: { $ref: "#/$defs/t" } },
      { required: ["l"] },
    );
    expect(validOf({ $ref: "#/$defs/t", $defs: { t: tree } }).length).toBeGreaterThan(3);
  });
});

describe("mutants", () => {
  it("change every place in some way", () => {
    const mutants = mutantsOf({ a: ["x"], b: 1 }).map((one) => JSON.stringify(one));
    for (const want of [{ a: ["x"] }, { b: 1 }, { a: [], b: 1 }, { a: ["x"], b: 1.5 }, { a: [7], b: 1 }])
      expect(mutants).toContain(JSON.stringify(want));
  });
});

describe("the check of a server's validators", () => {
  const tool = {
    type: "object",
    properties: { id: { type: "string", pattern: "^[a-z]+$" }, n: { type: "integer", maximum: 9 } },
    required: ["id"],
    additionalProperties: false,
  };

  it("finds them accepting what ajv accepts, and refusing what it refuses", async () => {
    const { failures, ...report } = await checkSamples(specOf({ one: tool, __proto__two: tool }));
    expect(failures).toEqual([]);
    expect(report.samples).toBeGreaterThan(20);
    expect(report.mutants).toBeGreaterThan(20);
    expect(report).toMatchObject({ accepted: report.samples, rejected: report.mutants, notEnforced: 0, schemas: 2 });
  });

  it.each([
    { name: "accept everything", validator: () => [], want: { accepted: "all", rejected: 0 } },
    {
      name: "refuse everything",
      validator: () => [{ pointer: "", message: "no" }],
      want: { accepted: 0, rejected: "all" },
    },
  ])("finds fault with validators that $name", ({ validator, want }) => {
    const report = compareSamples(specOf({ one: tool }), { validators: { one: validator }, diagnostics: [] });
    expect(report.failures).toHaveLength(want.accepted === 0 ? report.samples : report.mutants);
    expect(report.accepted).toBe(want.accepted === 0 ? 0 : report.samples);
    expect(report.rejected).toBe(want.rejected === 0 ? 0 : report.mutants);
  });

  it("tells schemas without a sample, and what is not enforced", async () => {
    const loose = {
      type: "object",
      properties: { id: { type: "string", pattern: "^(?!x)[a-z]+$" } },
      required: ["id"],
    };
    const report = await checkSamples(specOf({ loose, none: { type: "object", not: {} } }));
    expect(report.failures).toEqual([]);
    expect(report.schemasWithoutSample).toEqual(["/tools/1/inputSchema"]);
    expect(report.notEnforced).toBeGreaterThan(0);
  });

  it("is not held up by a pattern that takes V8 for ever", async () => {
    const evil = {
      type: "object",
      properties: { id: { type: "string", pattern: "^(a+)+$", minLength: 30 } },
      required: ["id"],
    };
    const report = await checkSamples(specOf({ evil }));
    expect(report.failures).toEqual([]);
    expect(report.rejected).toBeGreaterThan(0);
  });
});
