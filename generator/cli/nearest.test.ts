import { expect, test } from "vitest";
import { nearest } from "./nearest.js";

const COMMANDS = ["inspect", "generate", "emitters", "completion"];

test.each([
  { name: "swapped letters", typed: "inpsect", want: "inspect" },
  { name: "a letter missing", typed: "genrate", want: "generate" },
  { name: "a beginning", typed: "gen", want: "generate" },
  { name: "nothing like it", typed: "serve", want: undefined },
  { name: "one letter says nothing", typed: "g", want: undefined },
])("$name: $typed", ({ typed, want }) => {
  expect(nearest(typed, COMMANDS)).toBe(want);
});
