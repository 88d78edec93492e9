import { describe, expect, it } from "vitest";
import { paramHeadersOf, paramText, sameParam, type ParamHeader } from "./param-header.js";

const named = (name: unknown, type: unknown = "string") => ({ type, "x-mcp-header": name });
const object = (properties: unknown, more: object = {}) => ({ type: "object", properties, ...more });

describe("paramHeadersOf", () => {
  const valid: readonly { name: string; given: unknown; want: readonly ParamHeader[] }[] = [
    { name: "none", given: object({ a: { type: "string" } }), want: [] },
    { name: "no schema", given: undefined, want: [] },
    {
      name: "each type, and one deeper",
      given: object({ a: named("A", "integer"), b: object({ c: named("C", "boolean") }), d: named("Dd") }),
      want: [
        { name: "A", path: ["a"], type: "integer" },
        { name: "C", path: ["b", "c"], type: "boolean" },
        { name: "Dd", path: ["d"], type: "string" },
      ],
    },
    {
      name: "parameters that are named like keywords",
      given: object({
        items: named("I"),
        properties: object({ const: named("K") }),
        "x-mcp-header": { type: "string" },
      }),
      want: [
        { name: "I", path: ["items"], type: "string" },
        { name: "K", path: ["properties", "const"], type: "string" },
      ],
    },
    { name: "data that looks like it", given: object({ a: { default: named("D"), enum: [named("E")] } }), want: [] },
  ];
  it.each(valid)("finds $name", ({ given, want }) => {
    const found = paramHeadersOf(given);
    expect("headers" in found && [...found.headers].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(want);
  });

  const invalid: readonly { name: string; given: unknown; want: string }[] = [
    { name: "an empty name", given: object({ a: named("") }), want: "no name" },
    { name: "a name with a space", given: object({ a: named("my region") }), want: "no name" },
    { name: "a name with a line break", given: object({ a: named("a\r\nX: y") }), want: "no name" },
    { name: "a name with a colon", given: object({ a: named("a:b") }), want: "no name" },
    { name: "a name outside ASCII", given: object({ a: named("Région") }), want: "no name" },
    { name: "a name that is a number", given: object({ a: named(7) }), want: "no name" },
    { name: "one name twice", given: object({ a: named("Region"), b: named("REGION") }), want: "twice" },
    { name: "number", given: object({ a: named("A", "number") }), want: "no string" },
    { name: "object", given: object({ a: named("A", "object") }), want: "no string" },
    { name: "several types", given: object({ a: named("A", ["string", "null"]) }), want: "no string" },
    { name: "the root", given: { ...object({}), "x-mcp-header": "A" }, want: "no chain" },
    { name: "items", given: object({ a: { type: "array", items: object({ b: named("B") }) } }), want: "no chain" },
    { name: "anyOf", given: object({}, { anyOf: [object({ a: named("A") })] }), want: "no chain" },
    { name: "$defs", given: object({}, { $defs: { x: named("A") } }), want: "no chain" },
    { name: "then", given: object({}, { then: object({ a: named("A") }) }), want: "no chain" },
    { name: "an unknown keyword", given: object({}, { "x-more": { a: named("A") } }), want: "no chain" },
  ];
  it.each(invalid)("refuses $name", ({ given, want }) => {
    expect(paramHeadersOf(given)).toMatchObject({ invalid: expect.stringContaining(want) as unknown });
  });

  it("takes any depth", () => {
    let schema: unknown = named("Deep");
    for (let level = 0; level < 20_000; level++) schema = { not: schema };
    expect(paramHeadersOf(schema)).toMatchObject({ invalid: expect.stringContaining("no chain") as unknown });
  });
});

describe("paramText", () => {
  const header: ParamHeader = { name: "A", path: ["a", "b"], type: "string" };
  const cases: readonly { name: string; given: unknown; want: string | undefined }[] = [
    { name: "a string", given: { a: { b: " x " } }, want: " x " },
    { name: "an empty string", given: { a: { b: "" } }, want: "" },
    { name: "true", given: { a: { b: true } }, want: "true" },
    { name: "an integer", given: { a: { b: -7 } }, want: "-7" },
    { name: "an integer that was rounded", given: { a: { b: 2 ** 53 } }, want: undefined },
    { name: "null", given: { a: { b: null } }, want: undefined },
    { name: "an object", given: { a: { b: {} } }, want: undefined },
    { name: "no value", given: { a: {} }, want: undefined },
    { name: "no way there", given: { a: "b" }, want: undefined },
    { name: "no arguments", given: undefined, want: undefined },
  ];
  it.each(cases)("of $name", ({ given, want }) => {
    expect(paramText(given, header)).toBe(want);
  });

  it("finds nothing that every object has", () => {
    expect(paramText({}, { name: "A", path: ["constructor", "name"], type: "string" })).toBeUndefined();
  });
});

describe("sameParam", () => {
  const cases = [
    { type: "integer", header: "42.0", text: "42", want: true },
    { type: "integer", header: "0x2a", text: "42", want: false },
    { type: "integer", header: "", text: "0", want: false },
    { type: "string", header: "42.0", text: "42", want: false },
    { type: "boolean", header: "True", text: "true", want: false },
    { type: "string", header: "a", text: "a", want: true },
  ] as const;
  it.each(cases)("$type $header and $text", ({ type, header, text, want }) => {
    expect(sameParam(header, text, { name: "A", path: ["a"], type })).toBe(want);
  });
});
