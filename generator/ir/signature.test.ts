import { describe, expect, it } from "vitest";
import { toolSignature } from "./signature.js";
import type { JsonObject } from "./spec.js";

const properties = (given: JsonObject, required: string[] = []): JsonObject => ({
  type: "object",
  properties: given,
  required,
});

const CASES: readonly { name: string; given: JsonObject; output?: JsonObject; want: string }[] = [
  {
    name: "the example of the manual",
    given: properties({ a: { type: "number" }, b: { type: "number" }, unit: { enum: ["m", "ft"] } }, ["a", "b"]),
    output: properties({ sum: { type: "number" } }, ["sum"]),
    want: 't(a: number, b: number, unit?: "m" | "ft") → {sum: number}',
  },
  { name: "no arguments", given: properties({}), want: "t()" },
  { name: "closed without properties", given: { type: "object", additionalProperties: false }, want: "t()" },
  { name: "nothing said", given: {}, want: "t(…)" },
  { name: "any object", given: { type: "object" }, want: "t(…)" },
  {
    name: "a map",
    given: { type: "object", additionalProperties: { type: "integer" } },
    want: "t(args: Record<string, number>)",
  },
  {
    name: "a union at the root",
    given: { anyOf: [properties({ a: { type: "string" } }), properties({ b: true })] },
    want: "t(args: {a?: string} | {b?: unknown})",
  },
  {
    name: "a reference at the root",
    given: { $ref: "#/$defs/A", $defs: { A: properties({ x: { type: "null" } }, ["x"]) } },
    want: "t(x: null)",
  },
  {
    name: "depth",
    given: properties({ a: properties({ b: properties({ c: properties({}) }) }) }),
    want: "t(a?: {b?: {…}})",
  },
  {
    name: "arrays",
    given: properties({
      a: { type: "array", items: { type: ["string", "null"] } },
      b: { type: "array" },
      c: { items: { const: 1 } },
    }),
    want: "t(a?: (string | null)[], b?: unknown[], c?: 1[])",
  },
  {
    name: "tuples of both dialects",
    given: properties({
      a: { type: "array", prefixItems: [{ type: "string" }, true] },
      b: { type: "array", items: [{ type: "number" }] },
    }),
    want: "t(a?: [string, unknown], b?: [number])",
  },
  {
    name: "a long union",
    given: properties({ a: { enum: [1, 2, 3, 4, 5, 6, 7, 8] } }),
    want: "t(a?: 1 | 2 | 3 | 4 | 5 | 6 | …)",
  },
  { name: "booleans as schemas", given: properties({ a: true, b: false }), want: "t(a?: unknown, b?: never)" },
  {
    name: "all of",
    given: properties({ a: { allOf: [{ anyOf: [{ type: "string" }, { type: "null" }] }, {}] } }),
    want: "t(a?: (string | null) & unknown)",
  },
  {
    name: "references that lead nowhere, out, or in circles",
    given: properties({ a: { $ref: "#/x" }, b: { $ref: "file:///etc/passwd" }, c: { $ref: "#/properties/c" } }),
    want: "t(a?: unknown, b?: unknown, c?: unknown)",
  },
  { name: "a recursive type", given: { ...properties({ n: { $ref: "#" } }) }, want: "t(n?: {n?: {…}})" },
  {
    name: "names and values that are hostile",
    given: properties({ "a-b": { const: "\u202e\n" }, __proto__x: {}, "\u001b": { enum: [{}, []] } }, ["a-b"]),
    want: 't("a-b": "\\u{202e}\\n", __proto__x?: unknown, "\\u001b"?: {…} | […])',
  },
  {
    name: "nonsense for types",
    given: {
      type: "object",
      properties: { a: { type: 7 }, b: 7, c: { type: "file" }, d: { enum: "x" } },
      required: "a",
    },
    want: "t(a?: unknown, b?: unknown, c?: unknown, d?: unknown)",
  },
];

describe("toolSignature", () => {
  it.each(CASES)("$name", ({ given, output, want }) => {
    const tool = { name: "t", inputSchema: given, ...(output ? { outputSchema: output } : {}) };
    expect(toolSignature(tool)).toBe(want);
  });

  it("is one bounded line, whatever the schema", () => {
    const names = Array.from({ length: 500 }, (_, i) => `p${i}`);
    const wide = properties(Object.fromEntries(names.map((name) => [name, { type: "string" }])));
    expect(toolSignature({ name: "t\n", inputSchema: wide })).toMatch(/^t\\u\{a\}\(p0\?: string, .*, …\)$/);
    expect(toolSignature({ name: "t".repeat(5_000), inputSchema: wide }).length).toBeLessThanOrEqual(600);
  });

  it("looks at a bounded number of types where a few definitions name each other many times", () => {
    const $defs: Record<string, JsonObject> = { d40: { type: "string" } };
    for (let i = 0; i < 40; i++)
      $defs[`d${i}`] = { anyOf: Array.from({ length: 5 }, () => ({ $ref: `#/$defs/d${i + 1}` })) };
    expect(toolSignature({ name: "t", inputSchema: { ...properties({ a: { $ref: "#/$defs/d0" } }), $defs } })).toMatch(
      /^t\(a\?: .*…/,
    );
  });
});
