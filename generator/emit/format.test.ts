import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { formatFiles } from "./format.js";

/** Statements with and without empty lines, comments and templates between them. */
const statements = (count: number): string =>
  Array.from({ length: count }, (_, i) =>
    [
      `/**\n * Doc ${i}\n */\nexport interface T${i} {a?:string\n  b: ("x"|'y')[] }\n`,
      `export const c${i} = \`\nexport const inside = 1;\n\n/** no statement */\n\`\n\n\n`,
      `/* plain\n\nexport nothing\n*/\nexport type U${i}={[k:string]:unknown}\n\n`,
    ].join(""),
  ).join("");

describe("formatFiles", () => {
  it("gives the same text whether cut into parts on threads or in one piece", async () => {
    const contents = statements(2500);
    expect(contents.length).toBeGreaterThan(400_000);
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
    { name: "large", contents: `${statements(1500)}export const = 1` },
  ];
  it.each(broken)("names a file that cannot be parsed: $name", async ({ contents }) => {
    await expect(formatFiles([{ path: "src/a.ts", contents }])).rejects.toThrow(
      "[verify] generated src/a.ts has a syntax error",
    );
  });
});
