import { describe, expect, it } from "vitest";
import { formatFiles } from "./format.js";

describe("formatFiles", () => {
  const cases = [
    { name: "by extension", given: { path: "a/b.json", contents: '{"a":1}' }, want: '{ "a": 1 }\n' },
    { name: "verbatim", given: { path: "a.ts", contents: "const  a=1", verbatim: true }, want: "const  a=1" },
    { name: "kinds it does not know", given: { path: "Dockerfile", contents: "FROM  x" }, want: "FROM  x" },
    { name: "scripts", given: { path: "build.mjs", contents: "await  x" }, want: "await x;\n" },
    { name: "TypeScript", given: { path: "src/a.gen.ts", contents: "type A={a?:1}" }, want: "type A = { a?: 1 };\n" },
  ];
  it.each(cases)("$name", async ({ given, want }) => {
    expect(await formatFiles([given])).toEqual([{ ...given, contents: want }]);
  });

  it("names a file that cannot be parsed", async () => {
    await expect(formatFiles([{ path: "src/a.ts", contents: "export const = 1" }])).rejects.toThrow(
      "[verify] generated src/a.ts has a syntax error",
    );
  });
});
