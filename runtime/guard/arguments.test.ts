import { describe, expect, it } from "vitest";
import { argumentValidators, type CheckTable } from "./arguments.js";

const problems = (table: CheckTable, value: unknown) => argumentValidators(table, [["tool", 0]])["tool"]?.(value);

describe("what is wrong, and where", () => {
  const cases: readonly { name: string; given: { table: CheckTable; value: unknown }; want: readonly [string, string][] }[] = [
    { name: "nothing", given: { table: [{ type: ["object"] }], value: {} }, want: [] },
    {
      name: "the type, and nothing beside it",
      given: { table: [{ type: ["object", "null"], required: ["a"] }], value: 1 },
      want: [["", "must be object or null"]],
    },
    { name: "no arguments at all", given: { table: [{ type: ["object"] }], value: undefined }, want: [["", "must be object"]] },
    {
      name: "several things at once, each with its pointer",
      given: {
        table: [
          { type: ["object"], required: ["a", "c"], properties: [["a", 1], ["b/~", 2]], additionalProperties: 3 },
          { type: ["string"], maxLength: 2, minLength: 1 },
          { type: ["array"], items: 1, maxItems: 1 },
          { never: true },
        ],
        value: { a: "abc", "b/~": ["", "x"], d: 1 },
      },
      want: [
        ["", 'must have property "c"'],
        ["/a", "must be at most 2 characters long"],
        ["/b~1~0", "must have at most 1 items"],
        ["/b~1~0/0", "must be at least 1 characters long"],
        ["/d", "is not allowed"],
      ],
    },
    {
      name: "values that are listed, scalars and others",
      given: { table: [{ properties: [["a", 1], ["b", 1]] }, { enum: ["x", 1], values: ['{"k":1}'] }], value: { a: { k: 2 }, b: { k: 1 } } },
      want: [["/a", 'must be one of "x", 1, {"k":1}']],
    },
    {
      name: "the one branch of a union that has the value's type",
      given: {
        table: [{ anyOf: [1, 2] }, { type: ["null"] }, { type: ["object"], required: ["a"] }],
        value: {},
      },
      want: [["", 'must have property "a"']],
    },
    {
      name: "a union without a branch of the value's type",
      given: { table: [{ oneOf: [1, 2] }, { type: ["null"] }, { type: ["string"] }], value: 1 },
      want: [["", "must be null or string"]],
    },
    {
      name: "of several branches, the one with least wrong",
      given: {
        table: [
          { oneOf: [1, 2] },
          { type: ["object"], required: ["a", "b"] },
          { type: ["object"], required: ["c"] },
        ],
        value: {},
      },
      want: [
        ["", "must have one of the 2 allowed shapes"],
        ["", 'must have property "c"'],
      ],
    },
    {
      name: "more than one branch of oneOf",
      given: { table: [{ oneOf: [1, 1] }, { type: ["string"] }], value: "x" },
      want: [["", "must have exactly one of the allowed shapes, but has several"]],
    },
    {
      name: "the name of a member",
      given: { table: [{ propertyNames: 1 }, { maxLength: 1 }], value: { ab: 1 } },
      want: [["/ab", "has a name that must be at most 1 characters long"]],
    },
    {
      name: "a pattern",
      given: { table: [{ pattern: ["^a$", ["^", "a", "$"]] }], value: "b" },
      want: [["", "must match ^a$"]],
    },
  ]; // prettier-ignore
  it.each(cases)("$name", ({ given, want }) => {
    expect(problems(given.table, given.value)).toEqual(want.map(([pointer, message]) => ({ pointer, message })));
  });

  it.each([
    { value: 0.07, of: 0.01, want: true },
    { value: 1.1, of: 0.1, want: true },
    { value: 0.075, of: 0.01, want: false },
    { value: 1e-10, of: 1, want: false },
    { value: 1e308, of: 0.123456789, want: false },
    { value: -4, of: 2, want: true },
  ])("$value is a multiple of $of: $want", ({ value, of, want }) => {
    expect(problems([{ multipleOf: of }], value)).toHaveLength(want ? 0 : 1);
  });

  it("tells at most 20 things", () => {
    expect(problems([{ items: 1 }, { never: true }], Array(1000).fill(0))).toHaveLength(20);
  });

  it("sees no members that all objects have", () => {
    const table: CheckTable = [{ required: ["constructor"], properties: [["toString", 1]] }, { type: ["string"] }];
    expect(problems(table, {})).toEqual([{ pointer: "", message: 'must have property "constructor"' }]);
    expect(problems(table, JSON.parse('{"constructor": 1, "__proto__": 2}'))).toEqual([]);
    expect(
      problems([{ properties: [["__proto__", 1]] }, { never: true }], JSON.parse('{"__proto__": 1}')),
    ).toHaveLength(1);
  });
});

describe("names of tools", () => {
  it("may be those of Object's own members, and are those only", () => {
    const validators = argumentValidators(
      [{ never: true }],
      [
        ["__proto__", 0],
        ["constructor", 0],
      ],
    );
    expect(Object.keys(validators)).toEqual(["__proto__", "constructor"]);
    expect(validators["__proto__"]?.({})).toHaveLength(1);
    expect("toString" in validators).toBe(false);
  });
});

describe("bounds", () => {
  /** A list of lists of lists…, made without recursion. */
  const nested = (levels: number): unknown => {
    let value: unknown = [];
    for (let i = 0; i < levels; i++) value = [value];
    return value;
  };
  const tooDeep = [{ pointer: "", message: "is too deeply nested: more than 500 levels to check" }];
  const tooMuch = [{ pointer: "", message: "takes more than 2000000 steps to check" }];
  const doubling = Array.from({ length: 40 }, (_, i) => ({ allOf: [i + 1, i + 1] }));

  it.each([
    { name: "400 levels", table: [{ items: 0 }], value: nested(400), want: [] },
    { name: "100,000 levels", table: [{ items: 0 }], value: nested(100_000), want: tooDeep },
    {
      name: "a schema that is itself by way of all that takes stack",
      table: [{ oneOf: [1], unevaluatedItems: 0 }, { allOf: [2] }, { if: 0, then: 0 }],
      value: [],
      want: tooDeep,
    },
    { name: "a schema that is itself, always", table: [{ $ref: 0 }], value: 1, want: tooDeep },
    {
      name: "deep values to compare",
      table: [{ uniqueItems: true as const }],
      value: [nested(100_000), 1],
      want: tooDeep,
    },
    { name: "deep values that might be listed", table: [{ values: ["[]"] }], value: nested(100_000), want: tooDeep },
    { name: "a schema that doubles 40 times", table: [...doubling, {}], value: 1, want: tooMuch },
    {
      name: "patterns on thousands of strings",
      table: [{ items: 1 }, { pattern: ["(a*)*b", [[1, 6], [2, 4], "a", [1], [0], "x", "b"]] as const }],
      value: Array<string>(2_000).fill(`${"a".repeat(4_000)}b`),
      want: tooMuch,
    },
  ])("$name", ({ table, value, want }) => {
    expect(problems(table, value)).toEqual(want);
  });

  it("takes one step for each value: a list of a million numbers", () => {
    expect(problems([{ items: 1 }, { type: ["integer"] }], Array(1_000_000).fill(7))).toEqual([]);
  });

  it("compares a hundred thousand objects with each other without comparing each with each", () => {
    const value = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    expect(problems([{ uniqueItems: true }], value)).toEqual([]);
    expect(problems([{ uniqueItems: true }], [...value, { i: 5 }])).toEqual([
      { pointer: "", message: "must not have equal items" },
    ]);
  });

  it("applies no pattern to a text of more than 4,096 characters, and takes that for no answer", () => {
    const pattern = ["^a$", ["^", "a", "$"]] as const;
    const long = "b".repeat(4_097);
    expect(problems([{ pattern }], "b".repeat(4_096))).toHaveLength(1);
    expect(problems([{ pattern }], long)).toEqual([]);
    expect(problems([{ not: 1 }, { pattern }], long)).toEqual([]);
    expect(
      problems([{ patternProperties: [[pattern, 1]], additionalProperties: 1 }, { never: true }], { [long]: 1 }),
    ).toEqual([]);
  });
});
