import { describe, expect, it } from "vitest";
import { membersIn, sliceOf, stringIn } from "./json-slice.js";

const bytes = (text: string): Buffer[] => [Buffer.from(text)];

describe("sliceOf", () => {
  const cases: readonly { name: string; text: string; path: string[]; want: string | undefined }[] = [
    {
      name: "keeps the text",
      text: '{"a":1,"r": {"n": 1.0e2 , "m":12345678901234567890}}',
      path: ["r", "m"],
      want: "12345678901234567890",
    },
    { name: "a whole object", text: ' {"r": { "x" :[1, 2]} } ', path: ["r"], want: '{ "x" :[1, 2]}' },
    { name: "the last of two", text: '{"r":1,"r":2}', path: ["r"], want: "2" },
    { name: "escaped names", text: '{"\\u0072":1}', path: ["r"], want: "1" },
    { name: "names of the prototype", text: '{"__proto__":1}', path: ["toString"], want: undefined },
    { name: "none in what is no object", text: '{"r":[{"x":1}]}', path: ["r", "x"], want: undefined },
    { name: "none in an empty object", text: "{ }", path: ["r"], want: undefined },
    { name: "brackets in strings", text: '{"s":"}]\\"","r":null}', path: ["r"], want: "null" },
  ];
  it.each(cases)("$name", ({ text, path, want }) => {
    expect(sliceOf(bytes(text), path)?.toString()).toBe(want);
  });

  it("reads over chunks", () => {
    expect(sliceOf([...bytes('{"a":{"b'), ...bytes('":tr'), ...bytes("ue}}")], ["a", "b"])?.toString()).toBe("true");
  });

  it.each(['{"a" 1}', '{"a":1', '{"a":1 "b":2}', "{a:1}", '{"a":'])("refuses %s", (text) => {
    expect(() => sliceOf(bytes(text), ["b"])).toThrow("not valid JSON");
  });
});

it("lists members in order", () => {
  const members = membersIn(Buffer.from('{"b": 1, "__proto__":{"x":2},"a":[]}'));
  expect([...members].map(([name, value]) => [name, value.toString()])).toEqual([
    ["b", "1"],
    ["__proto__", '{"x":2}'],
    ["a", "[]"],
  ]);
  expect(membersIn(Buffer.from("[1]")).size).toBe(0);
});

it("tells strings from the rest", () => {
  expect(['"a\\u0062"', "1", "{}", "null"].map((text) => stringIn(Buffer.from(text)))).toEqual([
    "ab",
    undefined,
    undefined,
    undefined,
  ]);
  expect(stringIn(undefined)).toBeUndefined();
});
