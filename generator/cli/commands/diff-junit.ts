import { itemText, plain, tallyOf, valueText, type Report } from "./diff-report.js";
import type { JudgedChange } from "./diff-policy.js";

/** JUnit XML: a suite for each server, a case for each change; one that fails the command fails, one that is ignored is skipped. */
export function junitDiff({ servers, changes, before, after }: Report): string {
  const suites = servers.map((name) => {
    const those = changes.filter(({ server = "" }) => server === name);
    const { failing, ignored } = tallyOf(those);
    // No case at all reads as a test run that found no tests.
    const cases = those.length === 0 ? [`    <testcase classname="contract" name="no change"/>`] : those.map(testCase);
    const counts = `tests="${cases.length}" failures="${failing}" errors="0" skipped="${ignored}"`;
    return [
      `  <testsuite name="${text(name === "" ? `${before} → ${after}` : name)}" ${counts}>`,
      ...cases,
      "  </testsuite>",
    ].join("\n");
  });
  const { failing } = tallyOf(changes);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="mcpgen diff" failures="${failing}">`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(change: JudgedChange): string {
  const { rule, message, hint, ignored, failing, pointer } = change;
  const head = `    <testcase classname="${text(itemText(change))}" name="${text(`${rule}: ${message}`)}"`;
  if (ignored) return `${head}><skipped message="${text(ignored.reason)}"/></testcase>`;
  if (!failing) return `${head}/>`;
  const lines = [message, ...(hint === undefined ? [] : [hint]), `at ${pointer}`];
  for (const [word, value] of [
    ["before", change.before],
    ["after", change.after],
  ] as const) {
    const shown = valueText(value, 1_000);
    if (shown !== undefined) lines.push(`${word}: ${shown}`);
  }
  return `${head}><failure type="${change.class}" message="${text(message)}">${lines.map((line) => text(line, 2_000)).join("\n")}</failure></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** What XML cannot carry at all, `plain` has made visible. */
const text = (foreign: string, max = 500): string =>
  plain(foreign, max).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
