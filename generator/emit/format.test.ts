import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { formatFiles } from "./format.js";

/** Statements with and without comments and empty lines between them. */
const PLAIN = [
  `/**\n * Doc\n */\nexport interface T# {a?:string\n  b: ("x"|'y')[] }\n`,
  "export type U#={[k:string]:unknown}\n\n\n",
  "/** one */\n/** two */\n\nexport declare const c#:T#\n",
].join("");
/** Lines that look like the beginning of a statement, and are inside one. */
const TRICKY = `${PLAIN}export const d# = \`\nexport const inside = 1;\n\n/** no statement */\n\`\n/* plain\n\nexport nothing\n*/\n`;

const statements = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => text.replaceAll("#", String(i))).join("");

describe("formatFiles", () => {
  const large = [
    { name: "that can be cut", text: PLAIN },
    { name: "with lines that only look like a place to cut", text: TRICKY },
  ];
  it.each(large)("gives the same text on threads as in one piece: a file $name", async ({ text }) => {
    const contents = statements(2000, text);
    expect(contents.length).toBeGreaterThan(200_000);
    const [got] = await formatFiles([{ path: "a.ts", contents }]);
    const want = await format(contents, { parser: "typescript", printWidth: 120 });
    expect(got?.contents === want).toBe(true);
  });

  const cases = [
    { name: "by extension", given: { path: "a/b.json", contents: '{"a":1}' }, want: '{ "a": 1 }\n' },
    { name: "verbatim", given: { path: "a.ts", contents: "const  a=1", verbatim: true }, want: "const  a=1" },
    { name: "kinds it does not know", given: { path: "Dockerfile", contents: "FROM  x" }, want: "FROM  x" },
    { name: "scripts", given: { path: "build.mjs", contents: "await  x" }, want: "await x;\n" },
  ];
  it.each(cases)("$name", async ({ given, want }) => {
    const [got] = await formatFiles([given]);
    expect(got).toEqual({ ...given, contents: want });
  });

  const broken = [
    { name: "small", contents: "export const = 1" },
    { name: "large", contents: `${statements(1500, PLAIN)}export const = 1` },
  ];
  it.each(broken)("names a file that cannot be parsed: $name", async ({ contents }) => {
    await expect(formatFiles([{ path: "src/a.ts", contents }])).rejects.toThrow(
      "[verify] generated src/a.ts has a syntax error",
    );
  });
});
