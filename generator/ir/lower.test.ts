import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anySchema } from "../testing/corpus-fuzz.js";
import { samplesOf } from "../testing/sample-valid.js";
import { misfit } from "../testing/shape-fit.js";
import { sketch } from "../testing/shape-sketch.js";
import { keptSpec } from "../testing/snapshot.js";
import { lower } from "./lower.js";
import { normaliseSchema, type NormalSchema } from "./schema.js";
import type { Model } from "./shape.js";
import type { JsonObject, JsonSchema } from "./spec.js";
import { places } from "./walk.js";

const lowered = (schema: JsonSchema): Model => lower(normaliseSchema(schema, ""), "");
const object = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonObject => ({
  ...{ type: "object", properties },
  ...(required.length > 0 && { required }),
});
const text = { type: "string" } as const;
const tagged = (op: string, more: Record<string, JsonSchema> = {}): JsonObject =>
  object({ op: { const: op }, ...more }, ["op"]);

describe("lower", () => {
  test.each<{ name: string; given: JsonSchema; want: string }>([
    // Free form: schemas.md §1.1, §9.6.
    { name: "only a dialect", given: { $schema: "http://json-schema.org/draft-07/schema#" }, want: "open(any)|null" },
    { name: "true", given: true, want: "open(any)|null" },
    { name: "false", given: false, want: "open(never)" },
    { name: "nothing but a description", given: { description: "x" }, want: "open(any)|null" },
    { name: "an object of which nothing is said", given: { type: "object" }, want: "free" },
    { name: "an object that may hold anything", given: { type: "object", additionalProperties: true }, want: "free" },
    { name: "an object without members", given: { type: "object", properties: {} }, want: "free" },
    {
      name: "an object that is always empty",
      given: { type: "object", properties: {}, additionalProperties: false },
      want: "{}!",
    },
    { name: "properties without a type", given: { properties: { a: text } }, want: "{a?: string}|null" },
    { name: "items without a type", given: { items: text }, want: "[string]|null" },
    { name: "a list of anything", given: { type: "array" }, want: "array" },
    {
      name: "boolean subschemas",
      given: object({ any: true, none: false, not: { not: {} } }),
      want: "{any?: open(any)|null, none?: open(never), not?: open(never)}",
    },

    // Null: §1.16, §2, §9.3.
    { name: "null in the type", given: { type: ["number", "null"] }, want: "number|null" },
    { name: "null as a branch", given: { anyOf: [text, { type: "null" }] }, want: "string|null" },
    { name: "null as a constant", given: { oneOf: [{ const: null }, text] }, want: "string|null" },
    { name: "null in an enum", given: { enum: ["a", "b", null] }, want: '"a"|"b"|null' },
    { name: "null of an enum that the type does not have", given: { type: "string", enum: ["a", null] }, want: '"a"' },
    { name: "nullable, as OpenAPI 3.0 says it", given: { type: "string", nullable: true }, want: "string|null" },
    {
      name: "null behind a reference",
      given: { anyOf: [text, { $ref: "#/$defs/n" }], $defs: { n: { type: "null" } } },
      want: "string|null",
    },
    {
      name: "a reference, or null",
      given: { anyOf: [{ $ref: "#/$defs/o" }, { type: "null" }], $defs: { o: object({ a: text }) } },
      want: "{a?: string}|null",
    },
    {
      name: "nullable items and values",
      given: object({
        l: { type: "array", items: { type: ["string", "null"] } },
        m: { type: "object", additionalProperties: { type: ["string", "null"] } },
      }),
      want: "{l?: [string|null], m?: {…: string|null}}",
    },
    { name: "only null", given: { type: "null" }, want: "open(null)|null" },
    {
      name: "a null that another part forbids",
      given: { allOf: [{ type: ["string", "null"] }, text] },
      want: "string",
    },

    // Values: §1.7 to §1.11.
    { name: "an enum", given: { type: "string", enum: ["a", "-a", "水产", "true"] }, want: '"a"|"-a"|"水产"|"true"' },
    { name: "a constant", given: { const: "a" }, want: "=a" },
    { name: "an enum of one", given: { enum: ["a"] }, want: '"a"' },
    {
      name: "constants as branches",
      given: { anyOf: [{ const: "a" }, { const: "b" }, { enum: ["b", "c"] }] },
      want: '"a"|"b"|"c"',
    },
    { name: "constants beside any text", given: { anyOf: [{ const: "a" }, text] }, want: "string" },
    { name: "numbers listed", given: { enum: [1, 2, 5] }, want: "int32(1 2 5)" },
    {
      name: "fractions listed",
      given: { anyOf: [{ const: 0.5 }, { const: 3_000_000_000 }] },
      want: "number(0.5 3000000000)",
    },
    { name: "booleans listed", given: { enum: [true] }, want: "boolean" },
    { name: "values of several kinds", given: { enum: ["a", 1, true] }, want: "open(mixed)" },
    {
      name: "an enum that a second one narrows",
      given: { allOf: [{ enum: ["a", "b", "c"] }, { enum: ["c", "b"] }] },
      want: '"b"|"c"',
    },
    { name: "enums that share nothing", given: { allOf: [{ enum: ["a"] }, { enum: ["b"] }] }, want: "open(never)" },

    // Numbers: §1.25.
    { name: "an integer", given: { type: "integer" }, want: "integer" },
    { name: "a bounded integer", given: { type: "integer", minimum: 0, maximum: 100 }, want: "int32" },
    {
      name: "an integer as zod bounds it",
      given: { type: "integer", minimum: 0, maximum: 9_007_199_254_740_991 },
      want: "integer",
    },
    { name: "number and integer", given: { type: ["integer", "number"] }, want: "number" },
    {
      name: "a number that must be an integer",
      given: { allOf: [{ type: "number" }, { type: "integer" }] },
      want: "integer",
    },

    // Unions: §4, §5, §9.5.
    {
      name: "several types",
      given: { type: ["string", "number", "boolean"] },
      want: "<String: string or Number: number or Boolean: boolean>",
    },
    {
      name: "a text or a list of them",
      given: { anyOf: [text, { type: "array", items: text }] },
      want: "<String: string or List: [string]>",
    },
    {
      name: "an enum or an object",
      given: { anyOf: [{ enum: ["a", "b"] }, { type: "object" }] },
      want: '<String: "a"|"b" or Object: free>',
    },
    {
      name: "objects told apart by a constant",
      given: { oneOf: [tagged("a", { x: text }), tagged("b")] },
      want: "op of <a: {op: =a, x?: string} or b: {op: =b}>",
    },
    {
      name: "the same constant twice",
      given: { oneOf: [tagged("a", { x: text }), tagged("a")] },
      want: "<Object: {op: =a, x?: string} or Object 2: {op: =a}>",
    },
    {
      name: "a constant that is not required",
      given: { oneOf: [object({ op: { const: "a" } }), object({ op: { const: "b" } })] },
      want: "<Object: {op?: =a} or Object 2: {op?: =b}>",
    },
    {
      name: "branches with titles",
      given: {
        anyOf: [
          { ...object({ a: text }), title: "User" },
          { ...object({ b: text }), title: "user" },
        ],
      },
      want: "<User: {a?: string} or user 2: {b?: string}>",
    },
    {
      name: "branches by reference",
      given: {
        anyOf: [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }, { $ref: "#/$defs/A" }],
        $defs: { A: object({ a: text }), B: object({ b: text }) },
      },
      want: "<A: {a?: string} or B: {b?: string}>",
    },
    {
      name: "a choice within a choice",
      given: { anyOf: [text, { oneOf: [{ type: "number" }, { type: "boolean" }] }] },
      want: "<String: string or Number: number or Boolean: boolean>",
    },
    { name: "a branch that takes anything", given: { anyOf: [text, {}] }, want: "open(any)|null" },
    {
      name: "the same beside a type",
      given: { type: "string", anyOf: [{ format: "uri" }, { enum: ["self"] }] },
      want: "string",
    },
    {
      name: "a choice of constraints",
      given: { ...object({ a: text, b: text }), anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      want: "{a?: string, b?: string}",
    },
    { name: "one branch", given: { oneOf: [object({ a: text })] }, want: "{a?: string}" },
    {
      name: "no branch that can be",
      given: {
        anyOf: [
          { type: "string", const: 1 },
          { type: "object", enum: ["a"] },
        ],
      },
      want: "open(never)",
    },
    {
      name: "members of branches beside own ones",
      given: {
        ...object({ kind: text }, ["kind"]),
        oneOf: [object({ a: text, both: text }, ["a"]), object({ b: text, both: { type: "number" } })],
      },
      want: "{kind: string, a?: string, both?: <String: string or Number: number>, b?: string}",
    },
    {
      name: "own members win over those of branches",
      given: {
        ...object({ v: { type: ["string", "null"] } }),
        if: object({ v: { const: null } }),
        then: object({ v: { type: "null" }, why: text }),
        else: object({ v: text }),
      },
      want: "{v?: string|null, why?: string}",
    },
    {
      name: "members that depend on others",
      given: { ...object({ card: text }), dependentSchemas: { card: object({ address: text }) } },
      want: "{card?: string, address?: string}",
    },

    // allOf: §2.
    {
      name: "objects merged",
      given: { allOf: [object({ a: text }, ["a"]), object({ b: text }), { required: ["b"] }] },
      want: "{a: string, b: string}",
    },
    {
      name: "a member that two parts speak of",
      given: { allOf: [object({ a: { type: ["string", "number"] } }), object({ a: { type: ["number", "boolean"] } })] },
      want: "{a?: number}",
    },
    {
      name: "a reference with members beside it",
      given: { $ref: "#/$defs/base", properties: { b: text }, $defs: { base: object({ a: text }) } },
      want: "{b?: string, a?: string}",
    },
    {
      name: "a reference wrapped for its description",
      given: {
        ...object({ a: { allOf: [{ $ref: "#/$defs/o" }], description: "x" }, b: { $ref: "#/$defs/o" } }),
        $defs: { o: object({ c: text }) },
      },
      want: "{a?: {c?: string}, b?: ^/$defs/o}",
    },
    { name: "types that contradict", given: { allOf: [text, { type: "object" }] }, want: "open(never)" },
    {
      name: "a member that can have no value",
      given: { allOf: [object({ a: text }, ["a"]), object({ a: { type: "number" } })] },
      want: "{a: open(never)}",
    },
    {
      name: "one part closes what the other opens",
      given: { allOf: [object({ a: text }), { type: "object", additionalProperties: false }] },
      want: "{a?: string}!",
    },

    // Maps, patterns: §2.
    { name: "a map", given: { type: "object", additionalProperties: { type: "integer" } }, want: "{…: integer}" },
    {
      name: "a map with names",
      given: { ...object({ a: text }), additionalProperties: { type: "number" } },
      want: "{a?: string, …: number}",
    },
    {
      name: "a map of objects",
      given: { type: "object", additionalProperties: object({ a: text }) },
      want: "{…: {a?: string}}",
    },
    {
      name: "a pattern for every name",
      given: { type: "object", patternProperties: { "^.*$": text } },
      want: "{…: string}",
    },
    {
      name: "a pattern and nothing else",
      given: { type: "object", patternProperties: { "^x-": text }, additionalProperties: false },
      want: "{…: string}",
    },
    {
      name: "a pattern and anything else",
      given: { type: "object", patternProperties: { "^x-": text } },
      want: "free",
    },
    {
      name: "two patterns",
      given: {
        type: "object",
        patternProperties: { "^x-": text, "^n-": { type: "number" } },
        additionalProperties: false,
      },
      want: "{…: <String: string or Number: number>}",
    },
    {
      name: "a pattern beside names and the rest",
      given: { ...object({ a: text }), patternProperties: { "^x-": text }, additionalProperties: { type: "number" } },
      want: "{a?: string, …: <String: string or Number: number>}",
    },

    // Tuples: §1.5, §9.4.
    {
      name: "an open tuple",
      given: { prefixItems: [{ type: "number" }, { type: "number" }] },
      want: "open(tuple)|null",
    },
    {
      name: "coordinates",
      given: { type: "array", prefixItems: [{ type: "number" }, { type: "integer" }], items: false },
      want: "[number]",
    },
    {
      name: "coordinates as draft-07 says them",
      given: {
        $schema: "http://json-schema.org/draft-07/schema#",
        type: "array",
        items: [{ type: "number" }, { type: "number" }],
        maxItems: 2,
      },
      want: "[number]",
    },
    {
      name: "a tuple of several kinds",
      given: { type: "array", prefixItems: [text, { type: "number" }], items: false },
      want: "open(tuple)",
    },
    {
      name: "nested lists",
      given: { type: "array", items: { type: "array", items: { type: "number" } } },
      want: "[[number]]",
    },
    {
      name: "a tuple as a branch",
      given: { anyOf: [text, { type: "array", prefixItems: [text] }] },
      want: "<String: string or List: array>",
    },

    // Recursion: §9.7.
    { name: "itself", given: object({ next: { $ref: "#" } }), want: "{next?: ^}" },
    {
      name: "a tree",
      given: { $ref: "#/$defs/n", $defs: { n: object({ kids: { type: "array", items: { $ref: "#/$defs/n" } } }) } },
      want: "{kids?: [^/$defs/n]}",
    },
    {
      name: "a list of itself",
      given: { $ref: "#/$defs/l", $defs: { l: { type: "array", items: { $ref: "#/$defs/l" } } } },
      want: "[open(recursive)]",
    },
    {
      name: "a map of lists of itself",
      given: {
        $ref: "#/$defs/m",
        $defs: { m: { type: "object", additionalProperties: { type: "array", items: { $ref: "#/$defs/m" } } } },
      },
      want: "{…: [open(recursive)]}",
    },
    {
      name: "a text or a list of the same",
      given: { $ref: "#/$defs/u", $defs: { u: { anyOf: [text, { type: "array", items: { $ref: "#/$defs/u" } }] } } },
      want: "<String: string or List: [^/$defs/u]>",
    },
    {
      name: "a list of texts or of the same",
      given: { $ref: "#/$defs/l", $defs: { l: { type: "array", items: { anyOf: [text, { $ref: "#/$defs/l" }] } } } },
      want: "[<String: string or l: [^/$defs/l/items]>]",
    },
    {
      name: "two unions of each other",
      given: {
        $ref: "#/$defs/a",
        $defs: {
          a: { anyOf: [text, { type: "array", items: { $ref: "#/$defs/b" } }] },
          b: { anyOf: [{ type: "number" }, { type: "array", items: { $ref: "#/$defs/a" } }] },
        },
      },
      want: "<String: string or List: [<Number: number or List: [^/$defs/a]>]>",
    },
    {
      name: "any JSON",
      given: {
        $ref: "#/$defs/j",
        $defs: {
          j: {
            anyOf: [
              text,
              { type: "number" },
              { type: "boolean" },
              { type: "null" },
              { type: "array", items: { $ref: "#/$defs/j" } },
              { type: "object", additionalProperties: { $ref: "#/$defs/j" } },
            ],
          },
        },
      },
      want: "<String: string or Number: number or Boolean: boolean or List: [^/$defs/j|null] or Object: {…: ^/$defs/j|null}>|null",
    },

    // Oddities: §1.14, §1.20.
    {
      name: "required names no property",
      given: object({ a: text }, ["a", "b"]),
      want: "{a: string, b: open(any)|null}",
    },
    {
      name: "a closed object that requires what it forbids",
      given: { ...object({ a: text }, ["b"]), additionalProperties: false },
      want: "{a?: string}!",
    },
    {
      name: "members called like those of Object.prototype",
      given: JSON.parse(
        '{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"string"},"constructor":{"type":"object","properties":{"toString":{"enum":["hasOwnProperty"]}}}}}',
      ) as JsonSchema,
      want: '{__proto__: string, constructor?: {toString?: "hasOwnProperty"}}',
    },
    {
      name: "members called like keywords",
      given: object({ properties: object({ items: text }), type: text, $ref: text }),
      want: "{properties?: {items?: string}, type?: string, $ref?: string}",
    },
    { name: "an object with items", given: { type: "object", items: text }, want: "free" },
    { name: "a text with properties", given: { type: "string", properties: { a: text } }, want: "string" },
    {
      name: "formats",
      given: object({
        at: { type: "string", format: "date-time" },
        bytes: { type: "string", contentEncoding: "base64" },
      }),
      want: "{at?: date-time, bytes?: base64}",
    },
  ])("$name", ({ given, want }) => {
    expect(sketch(lowered(given))).toBe(want);
  });

  test("keys are pointers of the place that defines a type, under the root that was given", () => {
    const given = {
      type: "object",
      properties: {
        sort: { enum: ["a", "b"] },
        owner: { $ref: "#/$defs/User" },
        list: { type: "array", items: object({ x: text }) },
        "a/b": { anyOf: [object({ a: text }), text] },
      },
      allOf: [{ properties: { both: object({ a: text }) } }, { properties: { both: object({ b: text }) } }],
      $defs: { User: object({ friend: { $ref: "#/$defs/User" } }) },
    };
    const { types } = lower(normaliseSchema(given, "/tools/0/inputSchema"), "/tools/t/input");
    expect([...types.values()].map(({ key, words }) => [key, words.join(" ")])).toEqual([
      ["/tools/t/input", ""],
      ["/tools/t/input/properties/sort", "sort"],
      ["/tools/t/input/$defs/User", "User"],
      ["/tools/t/input/properties/list/items", "list Item"],
      ["/tools/t/input/properties/a~1b", "a/b"],
      ["/tools/t/input/properties/a~1b/anyOf/0", "a/b Object"],
      ["/tools/t/input/allOf/properties/both", "both"],
    ]);
  });

  test("annotations: of the place, else of what it leads to", () => {
    const given = object({
      own: { $ref: "#/$defs/d", description: "here", default: { a: 1 }, deprecated: true },
      theirs: { $ref: "#/$defs/d" },
      none: text,
    });
    const { types } = lowered({
      ...given,
      $defs: { d: { type: "object", description: "there", properties: { a: text } } },
    });
    const [root] = types.values();
    expect(root?.kind === "object" && root.properties).toMatchObject([
      { name: "own", description: "here", default: { a: 1 }, isDeprecated: true },
      { name: "theirs", description: "there", isDeprecated: false },
      { name: "none", isDeprecated: false },
    ]);
  });
});

/** `count` definitions, each made from the reference to the next; the last is `last`. */
function chain(count: number, link: (next: JsonObject, i: number) => JsonSchema, last: JsonSchema = text): JsonSchema {
  const ref = (i: number): JsonObject => ({ $ref: `#/$defs/d${i}` });
  const links = Array.from({ length: count }, (_, i) => [`d${i}`, i === count - 1 ? last : link(ref(i + 1), i)]);
  return { ...ref(0), $defs: Object.fromEntries(links) as JsonObject };
}
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe("bounds", () => {
  test.each<{ name: string; given: JsonSchema; most: number }>([
    { name: "20,000 references in a row", given: chain(20_000, (next) => next), most: 0 },
    { name: "20,000 objects in one another", given: chain(19_999, (next) => object({ next })), most: 40_000 },
    { name: "5,000 lists in one another", given: chain(5000, (next) => ({ type: "array", items: next })), most: 0 },
    { name: "2^60 parts", given: chain(60, (next) => ({ allOf: [next, next] }), object({ a: text })), most: 2 },
    { name: "2^60 branches", given: chain(60, (next) => ({ anyOf: [next, { allOf: [next, next] }] })), most: 2 },
    {
      name: "2^60 paths through members",
      given: chain(60, (next, i) => object({ a: next, b: { allOf: [next, { title: `t${i}` }] } })),
      most: 400,
    },
    {
      // As an automaton that is made deterministic: each set of definitions would be a type.
      name: "2^24 sets of definitions",
      given: {
        $ref: "#/$defs/d0",
        $defs: Object.fromEntries(
          many(24, (i) => {
            const next = { $ref: `#/$defs/d${(i + 1) % 24}` };
            const first = { $ref: "#/$defs/d0" };
            return [`d${i}`, object(i === 0 ? { a: { allOf: [first, next] }, b: first } : { a: next, b: next })];
          }),
        ),
      },
      most: 60_000,
    },
    {
      name: "1,000 objects with 1,000 members of one base",
      given: {
        ...object(
          Object.fromEntries(many(1000, (i) => [`p${i}`, { allOf: [{ $ref: "#/$defs/base" }, object({ x: text })] }])),
        ),
        $defs: { base: object(Object.fromEntries(many(1000, (i) => [`b${i}`, text]))) },
      },
      most: 60_000,
    },
    {
      name: "4,000 enums of 15,000 values",
      given: {
        ...object(Object.fromEntries(many(4000, (i) => [`p${i}`, { allOf: [{ $ref: "#/$defs/e" }, text] }]))),
        $defs: { e: { enum: many(15_000, (i) => `v${i}`) } },
      },
      most: 60_000,
    },
    {
      name: "9,000 branches with one title",
      given: { anyOf: many(9000, (i) => ({ ...tagged(`t${i}`), title: "same" })) },
      most: 40_000,
    },
  ])("$name: at most $most types and members", ({ given, most }) => {
    const { types } = lowered(given);
    const size = [...types.values()].reduce((sum, type) => {
      if (type.kind === "object") return sum + 1 + type.properties.length;
      return sum + 1 + (type.kind === "enum" ? type.values.length : type.branches.length);
    }, 0);
    expect(size).toBeLessThanOrEqual(most);
  });
});

/** Schemas without a type are read as what their keywords speak of: the same, said. */
function withTypes(normal: NormalSchema): NormalSchema {
  const schema = structuredClone(normal.schema);
  for (const { value, role } of places(schema)) {
    const node = value as Record<string, unknown>;
    if (role !== "schema" || node["type"] !== undefined) continue;
    const has = (...keys: readonly string[]): boolean => keys.some((key) => node[key] !== undefined);
    if (has("properties", "patternProperties", "additionalProperties", "required")) node["type"] = "object";
    else if (has("items", "prefixItems")) node["type"] = "array";
  }
  const defs = typeof schema === "object" ? schema["$defs"] : undefined;
  return { ...normal, schema, defs: (defs ?? {}) as NormalSchema["defs"] };
}

describe("soundness: a value that the schema accepts has the lowered shape", () => {
  const faultsOf = (raw: JsonSchema): readonly string[] => {
    const normal = withTypes(normaliseSchema(raw, ""));
    const model = lower(normal, "");
    return samplesOf(normal).valid.flatMap((value) => misfit(value, model) ?? []);
  };

  test.each(["schemas", "hostile", "names"])("the tools of %s", async (fixture) => {
    const { tools } = await keptSpec(fixture);
    const schemas = tools.flatMap(({ inputSchema, outputSchema }) => [
      inputSchema,
      ...(outputSchema ? [outputSchema] : []),
    ]);
    expect(schemas.length).toBeGreaterThan(3);
    expect(schemas.flatMap((schema) => faultsOf(schema as JsonSchema))).toEqual([]);
  });

  test("any schema", () => {
    fc.assert(
      fc.property(anySchema, (raw) => {
        const schema = JSON.parse(JSON.stringify(raw)) as JsonSchema;
        expect(faultsOf(schema)).toEqual([]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test("the matcher sees what does not fit", () => {
    const model = lowered({
      ...object(
        {
          a: { type: "integer", minimum: 0, maximum: 9 },
          e: { enum: ["x"] },
          u: { anyOf: [text, { type: "number" }] },
        },
        ["a"],
      ),
      additionalProperties: false,
    });
    const values = [
      { a: 1, e: "x", u: 1 },
      {},
      { a: 1.5 },
      { a: 2 ** 40 },
      { a: null },
      { a: 1, b: 1 },
      { a: 1, e: "y" },
      { a: 1, u: true },
      [],
      null,
    ];
    expect(values.map((value) => misfit(value, model) === undefined)).toEqual([true, ...many(9, () => false)]);
  });
});

describe("what does not depend on the order of members", () => {
  const branch = (first: string, second: string, tag: string): JsonObject => ({
    ...{ type: "object", required: [first, second] },
    properties: { [first]: { const: `${first}-${tag}` }, [second]: { const: `${second}-${tag}` } },
  });
  test.each([
    ["kind", "version"],
    ["version", "kind"],
  ])("the discriminator: %s first", (first, second) => {
    const schema = { anyOf: [branch(first, second, "a"), branch(first, second, "b")] };
    const { types } = lower(normaliseSchema(schema, ""), "/tools/t/input");
    expect(types.get("/tools/t/input")).toMatchObject({ kind: "union", discriminator: "kind" });
  });
});

test("a choice of null alone is null, not impossible", () => {
  const { root } = lower(normaliseSchema({ anyOf: [{ type: "null" }] }, ""), "/tools/t/input");
  expect(root).toMatchObject({ shape: { kind: "open", reason: "null" }, isNullable: true });
});

test("a default counts wherever it stands in allOf", () => {
  const schema = { type: "object", properties: { a: { allOf: [{ type: "string" }, { default: "x" }] } } };
  const { types } = lower(normaliseSchema(schema, ""), "/tools/t/input");
  expect(types.get("/tools/t/input")).toMatchObject({ properties: [{ name: "a", default: "x" }] });
});
