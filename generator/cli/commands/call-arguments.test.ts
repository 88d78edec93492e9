import { describe, expect, test } from "vitest";
import { typedArguments } from "./call-arguments.js";

const SCHEMA = {
  type: "object",
  properties: {
    text: { type: "string" },
    count: { type: "integer" },
    ratio: { type: "number" },
    on: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    sizes: { type: "array", items: { type: "integer" } },
    where: { $ref: "#/$defs/place" },
    maybe: { anyOf: [{ type: "integer" }, { type: "null" }] },
    either: { type: ["string", "integer"] },
    level: { enum: [1, 2] },
    mixed: { enum: [1, 2, "x", "3", true, "true"] },
    titled: { oneOf: [{ const: 1 }, { $ref: "#/$defs/word" }] },
    any: {},
    loop: { $ref: "#/properties/loop" },
    knot: { anyOf: Array.from({ length: 100 }, () => ({ $ref: "#/properties/knot" })) },
  },
  $defs: { word: { const: "x" }, place: { type: "object", properties: { x: { type: "number" } } } },
};

describe("typedArguments", () => {
  test.each([
    { given: ["text=a=b"], want: '{"text":"a=b"}' },
    { given: ["text=5"], want: '{"text":"5"}' },
    { given: ["text="], want: '{"text":""}' },
    { given: ["count=12345678901234567890"], want: '{"count":12345678901234567890}' },
    { given: ["count=-5"], want: '{"count":-5}' },
    { given: ["ratio=1.0"], want: '{"ratio":1.0}' },
    { given: ["on=true"], want: '{"on":true}' },
    { given: ['tags=["a"]'], want: '{"tags":["a"]}' },
    { given: ["tags=a", "tags=1"], want: '{"tags":["a","1"]}' },
    { given: ["sizes=1", "sizes=2"], want: '{"sizes":[1,2]}' },
    { given: ['where={"x":1.50}'], want: '{"where":{"x":1.50}}' },
    { given: ["maybe=null"], want: '{"maybe":null}' },
    { given: ["either=5"], want: '{"either":"5"}' },
    { given: ["level=2"], want: '{"level":2}' },
    { given: ["mixed=1"], want: '{"mixed":1}' },
    { given: ["mixed=x"], want: '{"mixed":"x"}' },
    { given: ['mixed="x"'], want: '{"mixed":"x"}' },
    { given: ["mixed=3"], want: '{"mixed":"3"}' },
    { given: ["mixed=true"], want: '{"mixed":true}' },
    { given: ['mixed="true"'], want: '{"mixed":"true"}' },
    { given: ["titled=1"], want: '{"titled":1}' },
    { given: ["titled=x"], want: '{"titled":"x"}' },
    { given: ["any=5"], want: '{"any":5}' },
    { given: ["any=five"], want: '{"any":"five"}' },
    { given: ["loop=x"], want: '{"loop":"x"}' },
    { given: ["knot=x"], want: '{"knot":"x"}' },
  ])("$given", ({ given, want }) => {
    expect(typedArguments(given, SCHEMA, "the tool t")).toBe(want);
  });

  test.each([
    { given: ["count=1.5"], text: "the argument count must be an integer", hint: "mcpgen inspect" },
    { given: ["count=hunter2"], text: "the argument count must be an integer", hint: "mcpgen inspect" },
    { given: ["on=1"], text: "the argument on must be a boolean", hint: "mcpgen inspect" },
    { given: ["tags=a"], text: "the argument tags must be an array", hint: "several times" },
    { given: ["where=x"], text: "the argument where must be an object", hint: '{"key":"value"}' },
    { given: ["maybe=x"], text: "the argument maybe must be an integer or null", hint: "mcpgen inspect" },
    { given: ["text=a", "text=b"], text: "the argument text is given 2 times", hint: "once" },
    { given: ["cuont=1"], text: "the tool t has no argument cuont", hint: "did you mean count?" },
    { given: ["hunter2"], text: "arguments need the form NAME=VALUE", hint: "message=hello" },
    { given: ["=5"], text: "arguments need the form NAME=VALUE", hint: "message=hello" },
  ])("refuses $given", ({ given, text, hint }) => {
    const refused = (): unknown => typedArguments(given, SCHEMA, "the tool t");
    expect(refused).toThrow(
      expect.objectContaining({ code: "usage", text, hint: expect.stringContaining(hint) as string }) as Error,
    );
    // What was typed may be a secret.
    expect(refused).not.toThrow("hunter2");
  });

  test("what must be given, and what may be given besides", () => {
    const open = { type: "object", properties: { a: {} }, required: ["a", "b"], additionalProperties: true };
    expect(() => typedArguments(["a=1", "c=2"], open, "the tool t")).toThrow("the tool t needs b");
    expect(typedArguments(["a=1", "b=x", "c=2"], open, "the tool t")).toBe('{"a":1,"b":"x","c":2}');
    expect(typedArguments([], undefined, "the tool t")).toBe("{}");
    expect(() => typedArguments(["a=1"], undefined, "the tool t")).toThrow("has no argument a");
  });

  test("a name of every object is no argument", () => {
    expect(() => typedArguments(["constructor=1"], SCHEMA, "the tool t")).toThrow("has no argument constructor");
  });
});
