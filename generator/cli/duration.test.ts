import { describe, expect, test } from "vitest";
import { parseDuration } from "./duration.js";

describe("parseDuration", () => {
  test.each([
    { text: "500ms", want: 500 },
    { text: "30s", want: 30_000 },
    { text: "5m", want: 300_000 },
    { text: "1.5s", want: 1_500 },
    { text: "1h", want: 3_600_000 },
    { text: "250", want: 250 },
    { text: "2147483647", want: 2_147_483_647 },
  ])("$text", ({ text, want }) => {
    expect(parseDuration(text, "--x")).toBe(want);
  });

  test.each(["", "0", "0.1ms", "-5s", "5 s", "5d", "1e3", "2147483648", "600h"])("refuses %j", (text) => {
    expect(() => parseDuration(text, "--connect-timeout")).toThrow("--connect-timeout must be a duration");
  });
});
