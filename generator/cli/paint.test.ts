import { describe, expect, test } from "vitest";
import { columns, paint, shorten, wantsColor } from "./paint.js";

describe("wantsColor", () => {
  test.each([
    { name: "a terminal", choice: "auto", tty: true, env: {}, want: true },
    { name: "a pipe", choice: "auto", tty: false, env: {}, want: false },
    { name: "NO_COLOR", choice: "auto", tty: true, env: { NO_COLOR: "1" }, want: false },
    { name: "NO_COLOR, but empty", choice: "auto", tty: true, env: { NO_COLOR: "" }, want: true },
    {
      name: "NO_COLOR before FORCE_COLOR",
      choice: "auto",
      tty: true,
      env: { NO_COLOR: "1", FORCE_COLOR: "1" },
      want: false,
    },
    { name: "FORCE_COLOR", choice: "auto", tty: false, env: { FORCE_COLOR: "1" }, want: true },
    { name: "FORCE_COLOR=0", choice: "auto", tty: true, env: { FORCE_COLOR: "0" }, want: false },
    { name: "a dumb terminal", choice: "auto", tty: true, env: { TERM: "dumb" }, want: false },
    { name: "always", choice: "always", tty: false, env: { NO_COLOR: "1" }, want: true },
    { name: "never", choice: "never", tty: true, env: { FORCE_COLOR: "1" }, want: false },
  ] as const)("$name", ({ choice, tty, env, want }) => {
    expect(wantsColor(choice, tty, env)).toBe(want);
  });
});

test.each([
  { text: "abc", want: 3 },
  { text: "日本", want: 4 },
  { text: "e\u0301", want: 1 },
  { text: "😀", want: 2 },
])("columns of $text", ({ text, want }) => {
  expect(columns(text)).toBe(want);
});

test.each([
  { text: "short", width: 10, want: "short" },
  { text: "exactly ten", width: 11, want: "exactly ten" },
  { text: "one two three", width: 8, want: "one two…" },
  { text: "日本語です", width: 6, want: "日本…" },
])("shorten $text to $width", ({ text, width, want }) => {
  expect(shorten(text, width)).toBe(want);
});

test("no colour, no sequences", () => {
  expect(paint(false).red("x")).toBe("x");
  expect(paint(true).red("x")).toBe("\u001b[31mx\u001b[39m");
});
