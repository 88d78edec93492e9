import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../testing/cli.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-schema-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (inputSchema: object): Promise<void> =>
  writeFile(
    join(folder, "spec.json"),
    JSON.stringify({
      tools: [
        { name: "t", description: "d", inputSchema },
        { name: "zz", inputSchema: { type: "object" } },
      ],
    }),
  );
const object = (a: object, more: object = {}): object => ({ type: "object", properties: { a }, ...more });
const deep = (levels: number): object =>
  levels === 0 ? { type: "string" } : { type: "array", items: deep(levels - 1) };

interface Case {
  readonly name: string;
  readonly given: object;
  readonly pointer: string;
  readonly text: string;
}

const ERRORS: readonly Case[] = [
  {
    name: "a reference that leads nowhere",
    given: object({ $ref: "#/$defs/none" }),
    pointer: "/tools/0/inputSchema/properties/a",
    text: 'the inputSchema of tool "t": $ref "#/$defs/none" leads to no schema',
  },
  {
    name: "a reference to a file",
    given: object({ $ref: "file:///etc/passwd" }),
    pointer: "/tools/0/inputSchema/properties/a/$ref",
    text: 'refers to "file:///etc/passwd", outside of itself: never followed',
  },
  {
    name: "references in a circle",
    given: object({ $ref: "#/$defs/x" }, { $defs: { x: { anyOf: [{ $ref: "#/$defs/x" }] } } }),
    pointer: "/tools/0/inputSchema/$defs/x/anyOf/0",
    text: "leads back to itself",
  },
  {
    name: "beyond the bounds",
    given: object(deep(300)),
    pointer: "/tools/0/inputSchema",
    text: "is nested deeper than 200 levels",
  },
  {
    name: "parts that contradict",
    given: object({ allOf: [{ type: "string" }, { type: "object" }] }),
    pointer: "/tools/0/inputSchema/properties/a",
    text: "no value is possible here",
  },
];

describe("a broken schema", () => {
  test.each(ERRORS)(
    "$name: shown by inspect and generate, an error with --strict",
    async ({ given, pointer, text }) => {
      await put(given);
      const inspected = await runCli(["inspect", "--spec", "spec.json"], { cwd: folder });
      expect(inspected.code).toBe(0);
      expect(inspected.stdout).toContain(text);
      expect(inspected.stdout).toContain(pointer);

      const generate = ["generate", "--spec", "spec.json", "--emit", "client", "--out", "out"];
      const strict = await runCli([...generate, "--strict"], { cwd: folder });
      expect(strict.code).toBe(1);
      expect(strict.stderr).toContain("has 1 errors; nothing was written to out");
      expect(await readdir(folder)).toEqual(["spec.json"]);

      const lenient = await runCli(generate, { cwd: folder });
      expect(lenient.code).toBe(0);
      // By name: what is generated from is in another order than the file.
      const named = pointer.replace("/tools/0", "/tools/t");
      expect(lenient.stderr.split("\n").filter((line) => line.includes(text) && line.includes(named))).toHaveLength(1);
    },
  );

  test("an unknown dialect is told, and is no error", async () => {
    await put({ ...object({ type: "string" }), $schema: "https://example.com/mine" });
    const { code, stderr } = await runCli(
      ["generate", "--spec", "spec.json", "--emit", "client", "--out", "out", "--strict"],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect(stderr).toContain("/tools/t/inputSchema/$schema");
    expect(stderr).toContain("a dialect that is not known, read as 2020-12");
  });
});
