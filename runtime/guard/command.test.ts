import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitCommand } from "./command.js";

describe("splitCommand", () => {
  const cases: { given: string; want: string[] }[] = [
    { given: "python my-server.py", want: ["python", "my-server.py"] },
    { given: "  npx   -y\t@scope/server  ", want: ["npx", "-y", "@scope/server"] },
    { given: `node -e "console.log('a; b')"`, want: ["node", "-e", "console.log('a; b')"] },
    { given: `a 'b "c" $d \`e\`' f`, want: ["a", 'b "c" $d `e`', "f"] },
    { given: `a "b\\"c\\\\d\\e"`, want: ["a", 'b"c\\d\\e'] },
    { given: `a b\\ c \\"d`, want: ["a", "b c", '"d'] },
    { given: `a"b"'c'd`, want: ["abcd"] },
    { given: `a '' ""`, want: ["a", "", ""] },
    { given: "a b\\\nc\n", want: ["a", "bc"] },
    { given: "a $ 5$ %PATH% ~ *", want: ["a", "$", "5$", "%PATH%", "~", "*"] },
  ];
  it.each(cases)("$given", ({ given, want }) => expect(splitCommand(given)).toEqual(want));

  const refused: { given: string; want: RegExp }[] = [
    { given: "server; id", want: /separator/ },
    { given: "a && b", want: /AND operator/ },
    { given: "a | b", want: /pipe/ },
    { given: "a > b", want: /redirection/ },
    { given: "a `id`", want: /substitution/ },
    { given: "a $(id)", want: /expansion/ },
    { given: "a $HOME", want: /expansion/ },
    { given: "a ${HOME}", want: /expansion/ },
    { given: "a\nb", want: /separator/ },
    { given: "(a)", want: /subshell/ },
    { given: `a "b`, want: /double quote/ },
    { given: `a 'b`, want: /single quote/ },
    { given: "a \\", want: /backslash/ },
    { given: " ", want: /empty/ },
    { given: "'' a", want: /empty/ },
  ];
  it.each(refused)("refuses $given", ({ given, want }) => {
    const error: unknown = expect.objectContaining({
      code: "config",
      text: expect.stringMatching(want) as unknown,
      hint: expect.any(String) as unknown,
    });
    expect(() => splitCommand(given)).toThrow(error);
  });

  it.skipIf(process.platform === "win32")("splits as sh does", () => {
    const piece = fc.constantFrom(
      "a",
      "é",
      " ",
      "\t",
      "'x y'",
      "'\\'",
      '"x \\" y"',
      '"\\\\ \\z"',
      "\\ ",
      "\\'",
      '""',
      "''",
      "-",
      "=",
      "\\$x",
    );
    const given = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => `a${pieces.join("")}`);
    fc.assert(
      fc.property(given, (text) => {
        const script = `for w in ${text}; do printf '%s\\0' "$w"; done`;
        const words = execFileSync("/bin/sh", ["-c", script], { env: {} }).toString("utf8").split("\0").slice(0, -1);
        expect(splitCommand(text)).toEqual(words);
      }),
      { numRuns: 100 },
    );
  });
});
