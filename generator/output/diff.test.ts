import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unifiedDiff } from "./diff.js";

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));
const text = (...lines: string[]): string => `${lines.join("\n")}\n`;

describe("unifiedDiff", () => {
  const cases = [
    {
      name: "one changed line with three of context",
      given: [text(...numbers(0, 10)), text(...numbers(0, 5), "five", ...numbers(6, 10))],
      want: ["@@ -3,7 +3,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
    },
    { name: "from nothing", given: ["", "a\n"], want: ["@@ -1,0 +1,1 @@", "+a"] },
    { name: "equal", given: ["a", "a"], want: undefined },
    {
      name: "a lost line end",
      given: ["a\n", "a"],
      want: ["@@ -1,1 +1,1 @@", "-a", "+a", "\\ No newline at end of file"],
    },
  ];
  it.each(cases)("$name", ({ given: [before = "", after = ""], want }) => {
    const got = unifiedDiff(before, after, { path: "f", maxLines: 100 });
    expect(got).toBe(want ? ["--- f\t(on disk)", "+++ f\t(generated)", ...want].join("\n") : "");
  });

  it("counts what it does not show", () => {
    const got = unifiedDiff("", text(...numbers(0, 50)), { path: "f", maxLines: 10 }).split("\n");
    expect(got).toHaveLength(11);
    expect(got.at(-1)).toBe("… 43 more lines");
  });

  it("does not compare huge regions line by line", () => {
    const [before, after] = [text(...numbers(0, 5000)), text(...numbers(5000, 10_000))];
    expect(unifiedDiff(before, after, { path: "f", maxLines: 20_000 }).split("\n")).toHaveLength(10_003);
  });

  describe("as a patch", () => {
    let folder = "";
    beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "mcpgen-diff-"))));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const edits = [
      { name: "far apart", at: [5, 50, 95] },
      { name: "one line of quiet too many", at: [10, 18] },
      { name: "just joined", at: [10, 17] },
      { name: "side by side", at: [10, 11, 13] },
      { name: "first and last", at: [0, 99] },
    ];
    it.each(edits)("turns one text into the other: $name", ({ at }) => {
      const before = text(...numbers(0, 100));
      const after = text(
        ...numbers(0, 100).flatMap((line, i) => (at.includes(i) ? (i % 2 ? ["new", "lines"] : []) : [line])),
      );
      writeFileSync(join(folder, "f"), before);
      writeFileSync(join(folder, "p"), `${unifiedDiff(before, after, { path: "f", maxLines: 1000 })}\n`);
      execFileSync("git", ["apply", "--unidiff-zero", "p"], { cwd: folder, stdio: "pipe" });
      expect(execFileSync("cat", ["f"], { cwd: folder, encoding: "utf8" })).toBe(after);
    });
  });
});
