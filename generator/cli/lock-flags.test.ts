import { expect, test } from "vitest";
import { Flags } from "./flags.js";
import { checkLockFlags } from "./lock-flags.js";

test.each([
  ["update", "locked"],
  ["update", "offline"],
  ["update", "check"],
  ["offline", "spec"],
  ["offline", "run"],
  ["offline", "no-cache"],
  ["offline", "request-timeout"],
])("--%s and --%s contradict each other", (one, other) => {
  expect(() => checkLockFlags(new Flags({ [one]: true, [other]: "x" }))).toThrow(`--${one} and --${other} contradict`);
  expect(() => checkLockFlags(new Flags({ [one]: true }))).not.toThrow();
});
