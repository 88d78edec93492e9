import * as fc from "fast-check";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { commentText, jsDoc, jsString, literalType, memberName } from "./escape.js";

const HIDDEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe]|[\u{e0000}-\u{e007f}]|\p{Cs}/u;
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "*/ f() /*",
    "\n@ts-ignore",
    "${f()}",
    "`",
    '"; f(); "',
    "\u2028f()",
    "\u202e\u200b\ufffe\u{e0041}",
    "</script>",
    "\\",
    "//",
    "\r",
  ),
);

const parsed = (source: string): ts.SourceFile => {
  const file = ts.createSourceFile("x.ts", source, ts.ScriptTarget.ES2022, true);
  const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true });
  expect(diagnostics.map(({ messageText }) => messageText)).toEqual([]);
  return file;
};

describe("jsString", () => {
  it("is one literal of the same text, and hides nothing", () => {
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const given = parts.join("");
        const literal = jsString(given);
        const [statement, ...others] = parsed(`(${literal})`).statements;
        expect(others).toEqual([]);
        const expression = statement && ts.isExpressionStatement(statement) ? statement.expression : undefined;
        const inner = expression && ts.isParenthesizedExpression(expression) ? expression.expression : undefined;
        expect(inner && ts.isStringLiteral(inner) ? inner.text : undefined).toBe(given);
        expect(literal).not.toMatch(HIDDEN);
        expect(literal).not.toContain("</");
      }),
      { seed: 1 },
    );
  });
});

describe("jsDoc", () => {
  it("is one comment whatever the text, and says no tag but ours", () => {
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const doc = jsDoc(parts.join(""), ["@deprecated"]);
        const file = parsed(`${doc}export interface A {}\n`);
        expect(file.statements).toHaveLength(1);
        const [declaration] = file.statements;
        const tags = declaration ? ts.getJSDocTags(declaration).map(({ tagName }) => tagName.text) : [];
        expect(tags).toEqual(["deprecated"]);
        expect(doc).not.toMatch(HIDDEN);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([
    { name: "nothing to say", given: "  \n ", want: "" },
    { name: "one line", given: "Adds\u200b two\u202e numbers ", want: "/** Adds two numbers */\n" },
    { name: "lines of all systems", given: "a\r\nb\rc\u2028d", want: "/**\n * a\n * b\n * c\n * d\n */\n" },
    { name: "an end of comment", given: "every */5 minutes", want: "/** every *\\/5 minutes */\n" },
    { name: "tags and links", given: "@a b @c {@link d} e@f.g", want: "/** \\@a b \\@c {\\@link d} e@f.g */\n" },
    { name: "emoji", given: "⚠️ 🦀", want: "/** ⚠️ 🦀 */\n" },
  ])("$name", ({ given, want }) => {
    expect(jsDoc(given)).toBe(want);
  });

  it("cuts what no reader reads", () => {
    expect(jsDoc("x".repeat(100_000)).length).toBeLessThan(4100);
  });
});

it("commentText is one line, of bounded length", () => {
  expect(commentText("a\nb\u2029 */ @c")).toBe("a b *\\/ \\@c");
  expect(commentText("x".repeat(500), 10)).toBe("xxxxxxxxxx…");
});

it.each([
  ["a", "a"],
  ["$x_1", "$x_1"],
  ["__proto__", "__proto__"],
  ["a-b", '"a-b"'],
  ["1", '"1"'],
  ["", '""'],
  ["é", '"é"'],
])("memberName of %s is %s", (given, want) => {
  expect(memberName(given)).toBe(want);
});

it.each([
  [null, "null"],
  [-1e21, "-1e+21"],
  [[], "[]"],
  [{}, "{ [k: string]: never }"],
  [{ a: [1, "b"], "c-d": { e: null } }, '{ a: [1, "b"]; "c-d": { e: null } }'],
])("literalType of %j is %s", (given, want) => {
  expect(literalType(given)).toBe(want);
});
