import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonc } from "./jsonc.js";

describe("parseJsonc", () => {
  test("comments and trailing commas", () => {
    const text =
      '\ufeff// first\n{ "a": [1, 2.5e3, true, null,], /* in\nbetween */ "b//": "/* no comment */", }\n// last';
    expect(parseJsonc(text, "x.jsonc")).toEqual({ a: [1, 2500, true, null], "b//": "/* no comment */" });
  });

  test("__proto__ is a key like any other", () => {
    const value = parseJsonc('{"__proto__": {"polluted": true}}', "x.json") as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect("polluted" in value).toBe(false);
  });

  test("what JSON.stringify writes reads as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJsonc(text, "x.json")).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    {
      name: "a missing comma",
      text: '{\n  "a": 1\n  "b": 2\n}',
      at: "3:3",
      why: 'expected "," or "}", found "\\"b\\":"',
    },
    { name: "a bare key", text: "{ a: 1 }", at: "1:3", why: 'expected a string in double quotes, found "a:"' },
    { name: "single quotes", text: "{ 'a': 1 }", at: "1:3", why: "expected a string in double quotes" },
    { name: "an open object", text: '{ "a": 1', at: "1:9", why: "found the end of the file" },
    { name: "a line end in a string", text: '{"a": "x\ny"}', at: "1:7", why: "expected a string" },
    { name: "something after it", text: "{} {}", at: "1:4", why: "expected nothing more" },
    { name: "nothing at all", text: "", at: "1:1", why: "expected a value" },
    { name: "a lone comma", text: "[,]", at: "1:2", why: "expected a value" },
    { name: "leading zero", text: "[01]", at: "1:3", why: 'expected "," or "]"' },
    { name: "depth", text: "[".repeat(200), at: "1:102", why: "expected at most 100 levels" },
  ])("$name", ({ text, at, why }) => {
    expect(() => parseJsonc(text, "x.json")).toThrow(
      expect.objectContaining({
        code: "config",
        text: `x.json:${at}: not valid JSON`,
        why: expect.stringContaining(why) as string,
      }) as Error,
    );
  });
});
