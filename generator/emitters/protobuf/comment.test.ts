import { expect, it } from "vitest";
import { comment, notesOf } from "./comment.js";

const NASTY =
  "a\r\nmessage X {}\u2028rpc\u0085 x\u0000 */ /* \u202e\u200b ok \ud800 \nbuf:lint:ignore FIELD_LOWER_SNAKE_CASE";

it("has nothing but comment lines, whatever the text", () => {
  const text = comment(NASTY, ['JSON: "x"'], "  ");
  expect(text.split("\n").filter((line) => !/^ {2}\/\/(?: .*\S)?$/.test(line))).toEqual([""]);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u0085\u2028\u202e\u200b\ud800-\udfff]|buf:lint/);
});

it.each([
  { name: "nothing to say", given: "  ", notes: [], want: "" },
  { name: "one line", given: "a b", notes: [], want: "// a b\n" },
  { name: "notes alone", given: undefined, notes: ["Required.", "May be null."], want: "// Required. May be null.\n" },
  { name: "both", given: "a\n  - b", notes: ["n"], want: "// a\n//   - b\n//\n// n\n" },
])("$name", ({ given, notes, want }) => {
  expect(comment(given, notes, "")).toBe(want);
});

it("folds long lines at blanks and shortens long texts", () => {
  const lines = comment("word ".repeat(1000), [], "").split("\n");
  expect(lines.every((line) => line.length <= 104)).toBe(true);
  expect(lines.join("").length).toBeLessThan(2_200);
});

it("notes nothing that ends its line", () => {
  const use = {
    ...{ shape: { kind: "string" as const, only: "a\n*/", format: "x\ny" }, isNullable: true, schema: {}, name: "a" },
    ...{ isRequired: true, isDeprecated: false, default: "\n" },
  } as const;
  expect(notesOf(use)).toEqual(["Required.", "May be null.", 'Always "a\\n*/".', "Format: x y.", 'Default: "\\n".']);
});

it("notes what bounds a value, also from allOf", () => {
  const use = {
    ...{ shape: { kind: "string" as const }, isNullable: false },
    schema: { minLength: 2, allOf: [{ pattern: "^a\n" }], not: { const: "a" } },
  };
  expect(notesOf(use)).toEqual(['JSON Schema: {"minLength":2,"pattern":"^a\\n"}.']);
});
