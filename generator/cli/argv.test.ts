import { expect, test } from "vitest";
import { arrange, DASH } from "./argv.js";
import type { Option } from "./option/option.js";

const options = new Map<string, Option>([
  ["cmd", { type: "text", describe: "", dashed: true }],
  ["args", { type: "list", describe: "", dashed: true }],
  ["format", { type: "text", describe: "" }],
  ["f", { type: "text", describe: "" }],
  ["json", { type: "flag", describe: "" }],
]);

test.each([
  { name: "as it stands", given: "inspect stdio --cmd x", want: "inspect stdio --cmd x" },
  { name: "options first", given: "--cmd inspect --json inspect stdio", want: "inspect --cmd inspect --json stdio" },
  { name: "a flag takes no value", given: "--json inspect", want: "inspect --json" },
  { name: "a value with a dash", given: "inspect --args -y --args z", want: "inspect --args=-y --args z" },
  { name: "an option where a value is missing", given: "inspect --format --json", want: "inspect --format --json" },
  { name: "a lone dash is a value", given: "-f - inspect", want: "inspect -f -" },
  { name: "a lone dash as a word", given: "inspect - --json", want: `inspect ${DASH} --json` },
  { name: "unknown option before the command", given: "--foo bar inspect", want: "inspect --foo bar" },
  { name: "unknown command", given: "--json inspekt", want: "inspekt --json" },
  { name: "no command", given: "--json", want: "--json" },
  { name: "nothing behind -- is touched", given: "--json -- inspect --args -y", want: "--json -- inspect --args -y" },
])("$name", ({ given, want }) => {
  expect(arrange(given.split(" "), { options, commands: ["inspect", "generate"] }).join(" ")).toBe(want);
});
