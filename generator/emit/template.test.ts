import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../package-root.js";
import { compileTemplate } from "./template.js";

const HOSTILE = 'a*/b`c` </script>\n\u2028"x" ${y} {{z}} <!-- | [l](javascript:x) \u202e \\';

const render = (source: string, view: object): string => compileTemplate(source, "test")(view);

describe("compileTemplate", () => {
  const escaped: readonly { name: string; given: string; want: (text: string) => boolean }[] = [
    {
      name: "json",
      given: "{{json x}}",
      want: (text) => JSON.parse(text) === HOSTILE && !/<\/|[\n\u2028\u202e]/.test(text),
    },
    {
      name: "jsonBlock",
      given: "{{jsonBlock x}}",
      want: (text) => JSON.parse(text) === HOSTILE && !text.includes("</"),
    },
    {
      name: "comment",
      given: "/* {{comment x}} */",
      want: (text) => text.indexOf("*/") === text.length - 2 && !/[\n\u2028\u202e]/.test(text),
    },
    { name: "md", given: "{{md x}}", want: (text) => !/(^|[^\\])[<[`|]/.test(text) && !/[\n\u2028\u202e]/.test(text) },
    {
      name: "code",
      given: "{{code x}}",
      want: (text) => text.startsWith("`` ") && text.endsWith(" ``") && !text.includes("\n"),
    },
  ];
  it.each(escaped)("$name makes hostile text harmless", ({ given, want }) => {
    const text = render(given, { x: HOSTILE });
    expect(want(text), text).toBe(true);
  });

  it("gives a literal that TypeScript reads back", () => {
    const file = ts.createSourceFile(
      "a.ts",
      `const x = ${render("{{json x}}", { x: HOSTILE })};`,
      ts.ScriptTarget.ES2022,
    );
    expect(file.statements).toHaveLength(1);
  });

  const refused = [
    { name: "a bare hole", given: "{{x}}" },
    { name: "a bare path", given: "{{x.y}}" },
    { name: "a triple hole", given: "{{{json x}}}" },
    { name: "a raw hole", given: "{{&json x}}" },
    { name: "an unknown escaper", given: "{{raw x}}" },
    { name: "an escaper without a value", given: "{{json}}" },
    { name: "an escaper with two values", given: "{{json x y}}" },
    { name: "a bare hole in a block", given: "{{#each list}}{{this}}{{/each}}" },
    { name: "a bare hole after else", given: "{{#if x}}{{else}}{{x}}{{/if}}" },
    { name: "an unknown block", given: "{{#with x}}{{/with}}" },
    { name: "a partial", given: "{{> other}}" },
  ];
  it.each(refused)("refuses $name", ({ given }) => {
    expect(() => compileTemplate(given, "test")).toThrow(/^\[template\] test\.hbs:1: /);
  });

  const missing = ["json", "jsonBlock", "comment", "header", "md", "code", "plain"];
  it.each(missing)("refuses a missing value for %s", (escaper) => {
    expect(() => render(`{{${escaper} gone}}`, {})).toThrow();
  });
  it("refuses what is not plain, and a header that is code", () => {
    expect(() => render("{{plain x}}", { x: "a b" })).toThrow();
    expect(() => render("{{header x}}", { x: "// fine\nprocess.exit()" })).toThrow();
  });
});

describe("templates", () => {
  const root = join(packageRoot(), "templates");
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".hbs"));
  it("are there", () => {
    expect(names.length).toBeGreaterThan(10);
  });
  it.each(names)("%s names an escaper for every hole", (name) => {
    expect(() => compileTemplate(readFileSync(join(root, name), "utf8"), name)).not.toThrow();
  });
});
