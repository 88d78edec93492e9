import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { diffContracts } from "../../ir/diff.js";
import { readSpec } from "../../ir/read.js";
import type { ServerSpec } from "../../ir/spec.js";
import { paint } from "../paint.js";
import { FORMATS } from "./diff-format.js";
import { failOnOf, judge } from "./diff-policy.js";
import type { Report } from "./diff-report.js";

const NASTY = [
  "::error file=x::gone\n::stop-commands::x",
  "##[add-mask]x",
  "a | b ` <img src=x onerror=alert(1)> ](http://e.example) @octocat #1 **b** </details>",
  '"><failure>]]>&amp;<!--',
  "\u001b[31mred\u0007\u009b31m\u202e\u200b\u2028\u0000\ufffe",
  "[link](1) {0} %0A::error::",
];

const EMPTY = readSpec({ tools: [] }, "empty");
const nasty = (mark: string): ServerSpec =>
  readSpec(
    {
      serverInfo: { name: `s${mark}`, version: NASTY.join(mark) },
      instructions: NASTY.join(mark),
      tools: NASTY.map((name) => ({
        name,
        description: name + mark,
        inputSchema: { type: "object", properties: { [name]: { enum: [name, mark], description: name + mark } } },
      })),
    },
    "nasty",
  );
const kept = readSpec(
  JSON.parse(readFileSync(new URL("../../../snapshots/hostile/spec.json", import.meta.url), "utf8")),
  "hostile",
);

const reportOf = (before: ServerSpec, after: ServerSpec): Report => {
  const changes = diffContracts(before, after).map((change) => ({ ...change, server: NASTY[3] ?? "" }));
  const ignore = [{ rule: "INSTRUCTIONS_CHANGED", reason: NASTY.join() }];
  const failOn = failOnOf([]);
  const { changes: judged, notices } = judge(changes, { ignore }, { failOn, today: "2026-01-01", label: "c" });
  return {
    ...{ before: "a.json", after: NASTY[0] ?? "", servers: [NASTY[3] ?? ""], changes: judged, notices, failOn },
    ...{
      locations: judged.map(() => ({ path: "a,b:c%.json", line: 3 })),
      version: "0",
      paint: paint(false),
      width: 100,
    },
  };
};

const REPORTS = [
  { name: "what is added", report: reportOf(EMPTY, nasty("1")) },
  { name: "what is gone", report: reportOf(nasty("1"), EMPTY) },
  { name: "what changed", report: reportOf(nasty("1"), nasty("2")) },
  { name: "the hostile fixture, added", report: reportOf(EMPTY, kept) },
  { name: "the hostile fixture, gone", report: reportOf(kept, EMPTY) },
];

/** Controls, directions, invisible characters: what no format may pass on as it is. */
const UNSAFE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]|\p{Surrogate}/u;

test.each(REPORTS)("$name: no format passes on a character that is no text", ({ report }) => {
  expect(report.changes.length).toBeGreaterThan(3);
  for (const format of Object.values(FORMATS)) expect(format(report)).not.toMatch(UNSAFE);
});

test.each(REPORTS)("$name: no line is a workflow command but ours", ({ report }) => {
  for (const [name, format] of Object.entries(FORMATS)) {
    const lines = format(report)
      .split("\n")
      .map((line) => line.trim());
    const commands = lines.filter((line) => line.startsWith("::"));
    if (name !== "github") expect(commands).toEqual([]);
    else {
      expect(commands).toHaveLength(report.changes.filter(({ ignored }) => !ignored).length);
      const form = /^::(?:error|warning|notice) file=a%2Cb%3Ac%25\.json,line=3,title=[a-z]+%3A [A-Z_]+::[^\r\n]*$/;
      expect(commands.filter((line) => !form.test(line))).toEqual([]);
    }
    if (name === "human" || name === "github") expect(lines.filter((line) => line.includes("##["))).toEqual([]);
  }
});

test.each(REPORTS)("$name: JUnit is XML, an element for each change", ({ report }) => {
  const open: string[] = [];
  const seen: string[] = [];
  const xml = FORMATS.junit(report).replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, "");
  // Every `<` begins one of our tags, every `&` one of the five entities; nothing else is markup.
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?: [a-z]+="[^"<>]*")*)(\/?)>/g,
    (_, close: string, name: string, __, empty: string) => {
      if (close !== "") expect(open.pop()).toBe(name);
      else {
        seen.push(name);
        if (empty === "") open.push(name);
      }
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(xml).not.toMatch(/&(?!(?:amp|lt|gt|quot|apos);)/);
  expect(seen.filter((name) => name === "testcase")).toHaveLength(report.changes.length);
});

test.each(REPORTS)("$name: Markdown keeps to its tables", ({ report }) => {
  const text = FORMATS.markdown(report);
  for (const line of text.split("\n").filter((one) => one.startsWith("|")))
    expect(line.split("|"), line).toHaveLength(5);
  const bare = text.replace(/<\/?(?:code|details|summary)>|<br>|<!-- -->/g, "");
  expect(bare).not.toMatch(/[<>`[\]*]|@|https?:/);
  expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
});

test.each(REPORTS)("$name: SARIF and JSON hold every change", ({ report }) => {
  const sarif = JSON.parse(FORMATS.sarif(report)) as {
    version: string;
    runs: [
      {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; level: string; message: { text: string } }[];
      },
    ];
  };
  const [{ tool, results }] = sarif.runs;
  expect(sarif.version).toBe("2.1.0");
  expect(results).toHaveLength(report.changes.length);
  for (const { ruleId, ruleIndex, message } of results) {
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(message.text).not.toMatch(/(?<!\\)(?:\\\\)*[[\]]/);
  }
  expect((JSON.parse(FORMATS.json(report)) as { changes: unknown[] }).changes).toHaveLength(report.changes.length);
});

test("a pull request's comment has an end", () => {
  const tools = Array.from({ length: 2_000 }, (_, i) => ({ name: `${NASTY[2] ?? ""}${i}`, inputSchema: {} }));
  const text = FORMATS.markdown(reportOf(EMPTY, readSpec({ tools }, "many")));
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/\d+ more changes are left out here\.\n$/);
});
