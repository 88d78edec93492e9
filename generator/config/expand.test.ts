import { expect, test } from "vitest";
import { expand } from "./expand.js";

const variables = { env: { TOKEN: "t0ken", EMPTY: "" }, workspace: "/work", where: "c.json: servers.demo.env.K" };

test.each([
  { text: "plain $HOME and $", want: "plain $HOME and $" },
  { text: "Bearer ${TOKEN}", want: "Bearer t0ken" },
  { text: "${env:TOKEN}", want: "t0ken" },
  { text: "${NOPE:-fallback}${EMPTY}", want: "fallback" },
  { text: "${workspaceFolder}/x", want: "/work/x" },
])("$text", ({ text, want }) => {
  expect(expand(text, variables)).toBe(want);
});

test.each([
  { text: "${NOPE}", want: "c.json: servers.demo.env.K: the variable NOPE is not set" },
  { text: "${input:key}", want: "c.json: servers.demo.env.K: ${input:key} cannot be filled in" },
])("refuses $text", ({ text, want }) => {
  expect(() => expand(text, variables)).toThrow(want);
});
