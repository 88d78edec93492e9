import { afterEach, expect, it, vi } from "vitest";
import { stateSeal } from "./parked-state.js";

afterEach(() => {
  vi.useRealTimers();
});

const STATE = { call: "c", round: 1, binding: "b" };

it("opens what it sealed, and seals no two alike", () => {
  const states = stateSeal(1_000);
  const text = states.seal(STATE);
  expect(states.open(text)).toEqual(STATE);
  expect(states.open(states.seal({ round: 0, binding: "b" }))).toEqual({ round: 0, binding: "b" });
  expect(states.seal(STATE)).not.toBe(text);
  expect(Buffer.from(text, "base64url").toString("latin1")).not.toContain("binding");
});

it("opens nothing with a bit changed, wherever", () => {
  const states = stateSeal(1_000);
  const bytes = Buffer.from(states.seal(STATE), "base64url");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(states.open(changed.toString("base64url"))).toBeUndefined();
  }
});

it.each([
  ["nothing", undefined],
  ["no text", 5],
  ["too little", "AAAA"],
  ["somebody else's", stateSeal(1_000).seal(STATE)],
  ["too much", "A".repeat(5_000)],
])("opens not %s", (_, given) => {
  expect(stateSeal(1_000).open(given)).toBeUndefined();
});

it("accepts one spelling", () => {
  const states = stateSeal(1_000);
  const text = states.seal(STATE);
  expect(states.open(`${text}=`)).toBeUndefined();
  expect(states.open(` ${text}`)).toBeUndefined();
});

it("opens nothing that is too old", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const states = stateSeal(1_000);
  const text = states.seal(STATE);
  vi.advanceTimersByTime(999);
  expect(states.open(text)).toEqual(STATE);
  vi.advanceTimersByTime(2);
  expect(states.open(text)).toBeUndefined();
});
