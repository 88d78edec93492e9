import { githubDiff } from "./diff-github.js";
import { humanDiff } from "./diff-human.js";
import { jsonDiff } from "./diff-json.js";
import { junitDiff } from "./diff-junit.js";
import { markdownDiff } from "./diff-markdown.js";
import type { Report } from "./diff-report.js";
import { sarifDiff } from "./diff-sarif.js";

/** What `--format` may name. */
export const FORMATS = {
  ...{ human: humanDiff, json: jsonDiff, markdown: markdownDiff },
  ...{ sarif: sarifDiff, github: githubDiff, junit: junitDiff },
} as const satisfies Readonly<Record<string, (report: Report) => string>>;
