import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { INITIALIZED, scripted, type Reply } from "../../generator/testing/scripted.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { declaredBy } from "./modern-over-legacy-capability.js";
import { sessionPool, type Lease, type SessionPool } from "./modern-over-legacy-pool.js";

const pools: SessionPool[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
  vi.useRealTimers();
});

/** The first server answers `initialize`, those after it as `later` says. */
function setup({ maxSessions, later }: { readonly maxSessions: number; readonly later: Reply }): () => Promise<Lease> {
  const legacy = scripted([{ initialize: INITIALIZED }, { initialize: later }]);
  const limits = limitsOf({ maxSessions, connectTimeoutMs: 12_000 });
  const pool = sessionPool({ legacy, limits, log: silent, onChange: () => undefined });
  pools.push(pool);
  const declared = declaredBy({});
  const { signal } = new AbortController();
  return async () => pool.take({ declared, principal: "a", interactive: true, signal });
}

/** Milliseconds, in steps of 1 s, until the promise is rejected, and the code. */
async function failureOf(promise: Promise<unknown>): Promise<readonly [number, unknown]> {
  let failure: unknown;
  promise.catch((error: unknown) => (failure = (error as { code: unknown }).code));
  for (let ms = 0; ; ms += 1_000) {
    await vi.advanceTimersByTimeAsync(0);
    if (failure !== undefined) return [ms, failure];
    if (ms > 60_000) throw new Error("nothing has failed");
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

describe("how long a request waits for a session", () => {
  it("5 s where all are in use and none is being opened", async () => {
    const take = setup({ maxSessions: 1, later: "silence" });
    await take();
    expect(await failureOf(take())).toEqual([5_000, "overloaded"]);
  });

  it("longer while one is being opened: each 5 s that is looked at again", async () => {
    const take = setup({ maxSessions: 2, later: "silence" });
    await take();
    expect(await failureOf(take())).toEqual([15_000, "timeout"]);
  });
});
