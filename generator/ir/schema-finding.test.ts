import { expect, test } from "vitest";
import { keptSpec } from "../testing/snapshot.js";
import { lint } from "./lint.js";
import { readSpec } from "./read.js";
import { schemaFindings } from "./schema-finding.js";
import type { JsonObject } from "./spec.js";

const specOf = (inputSchema: JsonObject, outputSchema?: JsonObject) =>
  readSpec({ tools: [{ name: "t", description: "d", inputSchema, ...(outputSchema && { outputSchema }) }] }, "test");
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });
const text = { type: "string" };

test.each<{ name: string; given: JsonObject; want: readonly string[] }>([
  { name: "nothing wrong", given: object({ a: text, b: { $ref: "#/properties/a" } }), want: [] },
  {
    name: "a reference that leads nowhere",
    given: object({ "a/b": { $ref: "#/$defs/none" } }),
    want: ["error unresolved-ref /tools/0/inputSchema/properties/a~1b"],
  },
  {
    name: "a reference to itself",
    given: object({ a: { $ref: "#/properties/a" } }),
    want: ["error unresolved-ref /tools/0/inputSchema/properties/a"],
  },
  {
    name: "references in a circle",
    given: object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: { allOf: [{ $ref: "#/$defs/x" }, { title: "x" }] } } }),
    want: ["error ref-cycle /tools/0/inputSchema/$defs/x/allOf/0"],
  },
  { name: "another document, which the spec tells itself", given: object({ a: { $ref: "other.json" } }), want: [] },
  {
    name: "a dialect that nobody knows",
    given: object({}, { $schema: "https://example.com/mine" }),
    want: ["warning schema-dialect /tools/0/inputSchema/$schema"],
  },
  {
    name: "a keyword with a wrong value",
    given: object({ a: { type: "string", enum: [] } }),
    want: ["warning schema-invalid /tools/0/inputSchema/properties/a/enum"],
  },
  {
    name: "types that contradict",
    given: object({ a: { allOf: [text, { type: "object" }] } }),
    want: ["error schema-contradiction /tools/0/inputSchema/properties/a"],
  },
  {
    name: "members that contradict",
    given: object({ o: { allOf: [object({ a: text }), object({ a: { type: "number" } })] } }),
    want: ["error schema-contradiction /tools/0/inputSchema/properties/o"],
  },
  {
    name: "bounds that contradict",
    given: object({ a: { allOf: [{ type: "number", minimum: 5 }, { maximum: 3 }] } }),
    want: ["error schema-contradiction /tools/0/inputSchema/properties/a"],
  },
  {
    name: "bounds that contradict in one schema",
    given: object({
      a: { type: "string", minLength: 2, maxLength: 1 },
      b: { type: "number", exclusiveMinimum: 1, maximum: 1 },
    }),
    want: [
      "error schema-contradiction /tools/0/inputSchema/properties/a",
      "error schema-contradiction /tools/0/inputSchema/properties/b",
    ],
  },
  {
    name: "bounds that leave one value",
    given: object({ a: { type: "array", minItems: 1, maxItems: 1 }, b: { type: "number", minimum: 1, maximum: 1 } }),
    want: [],
  },
  {
    name: "a reference and its neighbour",
    given: object({ l: { type: "array", items: { $ref: "#/$defs/s", type: "number" } } }, { $defs: { s: text } }),
    want: ["error schema-contradiction /tools/0/inputSchema/properties/l/items"],
  },
  {
    name: "a constant of another type",
    given: object({ a: { type: "string", const: 1 } }),
    want: ["error schema-contradiction /tools/0/inputSchema/properties/a"],
  },
  {
    name: "the schema itself",
    given: { allOf: [{ type: "object" }, text] },
    want: ["error schema-contradiction /tools/0/inputSchema"],
  },
  {
    name: "false, which means it",
    given: object(
      { a: false, b: { not: {} }, c: { $ref: "#/$defs/never" }, d: { allOf: [text, { title: "t" }] } },
      { $defs: { never: false } },
    ),
    want: [],
  },
])("$name", ({ given, want }) => {
  expect(schemaFindings(specOf(given)).map((one) => `${one.severity} ${one.code} ${one.pointer}`)).toEqual(want);
});

test("names the tool and the schema, and lint tells it too", () => {
  const spec = specOf({ type: "object" }, { type: "object", properties: { a: { $ref: "#/nowhere\u0007" } } });
  const want = {
    severity: "error",
    code: "unresolved-ref",
    pointer: "/tools/0/outputSchema/properties/a",
    message: 'the outputSchema of tool "t": $ref "#/nowhere\\u0007" leads to no schema',
  };
  expect(schemaFindings(spec)).toMatchObject([
    { ...want, message: expect.stringContaining("leads to no schema") as string },
  ]);
  expect(schemaFindings(spec)[0]?.message).not.toContain("\u0007");
  expect(lint(spec)).toContainEqual(schemaFindings(spec)[0]);
});

test("of the fixture of odd schemas: what is broken in it, each once", async () => {
  const spec = await keptSpec("schemas");
  const found = schemaFindings(spec).filter(({ severity }) => severity === "error");
  const tools = new Set(found.map(({ pointer }) => spec.tools[Number(pointer.split("/")[2])]?.name));
  expect([...tools].sort()).toEqual(["all_of", "dangling"]);
});
