import { afterEach, describe, expect, it, vi } from "vitest";
import type { Backend } from "../core/backend.js";
import { pipe, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf } from "../core/limits.js";
import { messageFromRpc } from "../core/message.js";
import { warmed, type Warmed } from "./spare.js";

const signal = new AbortController().signal;
const logged: string[] = [];
const backends: Warmed[] = [];

interface Servers extends Backend {
  /** The servers' sides, in the order in which they were opened. */
  readonly opened: Channel[];
  /** Whether each was closed. */
  readonly closed: boolean[];
  failure: RuntimeError | undefined;
}

function servers(): Servers {
  const all: Servers = {
    kind: "stdio",
    opened: [],
    closed: [],
    failure: undefined,
    open() {
      if (all.failure) return Promise.reject(all.failure);
      const [near, far] = pipe();
      const number = all.opened.push(far) - 1;
      all.closed.push(false);
      const close = (): Promise<void> => {
        all.closed[number] = true;
        return near.close();
      };
      return Promise.resolve({ ...near, close });
    },
  };
  return all;
}

function start(all: Servers, count: number): Warmed {
  const made = warmed(all, { count, limits: limitsOf(), log: (_, text) => void logged.push(text) });
  backends.push(made);
  return made;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const notice = (n: number) => messageFromRpc({ jsonrpc: "2.0", method: "n", params: { n } });

afterEach(async () => {
  vi.useRealTimers();
  logged.length = 0;
  for (const one of backends.splice(0)) await one.close();
});

describe("spare servers", () => {
  it.each([
    { count: 0, want: [1, 2, 3] },
    { count: 1, want: [2, 3, 4] },
    { count: 3, want: [4, 5, 6] },
  ])("$count of them: none before the first open, then always so many more", async ({ count, want }) => {
    const all = servers();
    const backend = start(all, count);
    await turn();
    expect(all.opened).toHaveLength(0);
    for (const opened of want) {
      await backend.open(signal);
      await turn();
      expect(all.opened).toHaveLength(opened);
    }
  });

  it("what a server says before it is taken, and after, arrives in order, however much it is", async () => {
    const all = servers();
    const backend = start(all, 1);
    await backend.warmUp(signal);
    const said = (async () => {
      for (let n = 0; n < 100; n++) await all.opened[0]?.send(notice(n));
      await all.opened[0]?.close();
    })();
    await turn();
    const got: unknown[] = [];
    for await (const { rpc } of (await backend.open(signal)).incoming) got.push((rpc.params as { n: number }).n);
    await said;
    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it("one that dies is thrown away, told, and not replaced for a while", async () => {
    const all = servers();
    const backend = start(all, 1);
    const { died } = await backend.warmUp(signal);
    await all.opened[0]?.close();
    expect(await died).toMatchObject({ code: "closed" });
    await turn();
    expect(all.closed).toEqual([true]);
    expect(logged).toEqual([expect.stringContaining("ended before it was needed")]);
    const channel = await backend.open(signal);
    await channel.send(notice(1));
    await turn();
    expect(all.opened).toHaveLength(2);
  });

  it("one that cannot be started is told; later opens try again after a pause that grows", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const all = servers();
    const backend = start(all, 1);
    let tried = 0;
    const open = all.open.bind(all);
    // Only what is opened for somebody succeeds.
    all.open = (one) => {
      if (one === signal) return open(one);
      tried++;
      return Promise.reject(new RuntimeError("unreachable", "no more"));
    };
    const triedAt: number[] = [];
    for (let second = 0; second < 100; second++) {
      const before = tried;
      await backend.open(signal);
      await vi.advanceTimersByTimeAsync(1_000);
      if (tried > before) triedAt.push(second);
    }
    expect(triedAt).toEqual([0, 10, 30, 70]);
    expect(logged).toHaveLength(4);
  });

  it("warmUp: many share one, which the next open takes; its death is told only until then", async () => {
    const all = servers();
    const backend = start(all, 0);
    const [one, two] = await Promise.all([backend.warmUp(signal), backend.warmUp(signal)]);
    expect(all.opened).toHaveLength(1);
    expect(one.died).toBe(two.died);
    const channel = await backend.open(signal);
    expect(all.opened).toHaveLength(1);
    await all.opened[0]?.close();
    expect(await channel.incoming[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    expect(await Promise.race([one.died, turn()])).toBeUndefined();
  });

  it("warmUp throws what opening throws", async () => {
    const all = servers();
    all.failure = new RuntimeError("unreachable", "no");
    await expect(start(all, 2).warmUp(signal)).rejects.toBe(all.failure);
  });

  it("close ends spares and what was given out; nothing can be opened then", async () => {
    const all = servers();
    const backend = start(all, 2);
    await backend.open(signal);
    await turn();
    await backend.close();
    expect(all.closed).toEqual([true, true, true]);
    await expect(backend.open(signal)).rejects.toMatchObject({ code: "closed" });
    await expect(backend.warmUp(signal)).rejects.toMatchObject({ code: "closed" });
    expect(all.opened).toHaveLength(3);
  });
});
