import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printExact, readExact } from "./exact.js";

const printed = (text: string): string => printExact(readExact(text)).replace(/\n\s*/g, "");

describe("JSON with the spelling of its numbers", () => {
  test.each([
    { given: '{"a":1.0,"b":12345678901234567890}', want: '{"a": 1.0,"b": 12345678901234567890}' },
    { given: '[-0, 1e400, 1E+2, "1.0", "a\\"2"]', want: '[-0,1e400,1E+2,"1.0","a\\"2"]' },
    { given: '{"1":{"2":[]},"__proto__":{"a":1}}', want: '{"1": {"2": []},"__proto__": {"a": 1}}' },
    { given: " null ", want: "null" },
    { given: "{}", want: "{}" },
  ])("$given", ({ given, want }) => {
    expect(printed(given)).toBe(want);
  });

  test.each(["", "{", "01", "[1,]", "1.", "{'a':1}", '"a'])("refuses %s", (given) => {
    expect(() => readExact(given)).toThrow("not valid JSON");
  });

  test("what is nested too deeply is refused, not a crash", () => {
    expect(() => readExact("[".repeat(200_000) + "]".repeat(200_000))).toThrow("[bad_message]");
  });

  test("whatever JSON there is comes out as it went in", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(printExact(readExact(text)))).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });
});
