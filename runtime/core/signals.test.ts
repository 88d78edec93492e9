import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { RuntimeError } from "./errors.js";
import { abortReason, deadline, orAborted, sleep } from "./signals.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;
const never = new Promise<never>(() => undefined);

describe("deadline", () => {
  it("names the step when time is up", async () => {
    const limit = deadline("initialize", 5);
    await expect(orAborted(never, limit.signal)).rejects.toMatchObject({
      code: "timeout",
      text: "initialize did not answer within 5 ms",
    });
    limit.done();
  });

  it("passes a parent's reason on, and lets go of it", () => {
    const parent = new AbortController();
    const limit = deadline("x", 1e6, undefined, parent.signal);
    expect(listeners(parent.signal)).toBe(1);
    const reason = new RuntimeError("canceled", "enough");
    parent.abort(reason);
    expect(limit.signal.reason).toBe(reason);
    limit.done();
    const other = new AbortController();
    deadline("x", 1e6, other.signal).done();
    expect(listeners(other.signal)).toBe(0);
  });

  it("fires at once for a parent that has fired", () => {
    const limit = deadline("x", 1e6, AbortSignal.abort());
    expect(limit.signal.aborted).toBe(true);
    limit.done();
  });
});

describe("orAborted", () => {
  it("gives what the promise gives, and leaves no listener", async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(orAborted(Promise.reject(new Error("x")), signal)).rejects.toThrow("x");
    expect(listeners(signal)).toBe(0);
  });

  it("does not leave a rejection behind that nobody handles", async () => {
    let reject: (error: Error) => void = () => undefined;
    const late = new Promise<never>((_, no) => (reject = no));
    const control = new AbortController();
    const waiting = orAborted(late, control.signal);
    control.abort("enough");
    await expect(waiting).rejects.toMatchObject({ code: "canceled" });
    await expect(orAborted(Promise.reject(new Error("x")), control.signal)).rejects.toMatchObject({ code: "canceled" });
    reject(new Error("late")); // vitest fails on an unhandled rejection
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("abortReason", () => {
  it("keeps a reason of ours, and wraps any other", () => {
    const reason = new RuntimeError("timeout", "x");
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
    expect(abortReason(AbortSignal.abort("x"))).toMatchObject({ code: "canceled", cause: "x" });
  });
});

describe("sleep", () => {
  it("ends early, without an error, and leaves no listener", async () => {
    const control = new AbortController();
    const long = sleep(1e6, control.signal);
    expect(listeners(control.signal)).toBe(1);
    control.abort();
    await long;
    await sleep(1e6, control.signal);
    const other = new AbortController();
    await sleep(1, other.signal);
    expect(listeners(other.signal)).toBe(0);
  });
});
