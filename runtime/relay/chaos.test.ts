import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { stdioBackend } from "../backends/stdio.js";
import type { Backend } from "../core/backend.js";
import { bridge } from "../core/bridge.js";
import { caller, type Caller } from "../core/caller.js";
import { pipe } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { breaking } from "./breaker.js";
import { recovering } from "./recover.js";
import { shared } from "./share.js";
import { warmed } from "./spare.js";
import { timed } from "./timed.js";

const CHAOS = fileURLToPath(new URL("../../fixtures/chaos/server.js", import.meta.url));
const signal = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];
const logged: string[] = [];
const log = (_: string, text: string): void => void logged.push(text);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  logged.length = 0;
});

interface House {
  /** A client whose session has begun. */
  readonly open: () => Promise<Client>;
  readonly backend: Backend;
  readonly ready: () => boolean;
}

interface Client extends Caller {
  /** The text that the tool answers with. */
  readonly tool: (name: string, args?: object) => Promise<string>;
  /** Notifications, by method. */
  readonly heard: string[];
}

interface HouseOptions {
  readonly sharing?: boolean;
  readonly limits?: Partial<Limits>;
  readonly env?: Record<string, string>;
}

/** All decorators over real children, as the relay composes them. */
function house({ sharing = false, limits: given = {}, env = {} }: HouseOptions = {}): House {
  const limits = limitsOf({ killAfterMs: 300, ...given });
  const spare = warmed(stdioBackend({ argv: [process.execPath, CHAOS], env, limits, log }), { count: 0, limits, log });
  const breaker = breaking(spare, { log });
  const recovered = recovering(breaker, { limits, log });
  const together = sharing ? shared(recovered, { limits, log }) : undefined;
  const backend = timed(together ?? recovered, { limits, log });
  cleanups.push(() => spare.close());
  if (together) cleanups.push(() => together.close());
  return { open: () => connect(backend), backend, ready: () => breaker.ready().ready };
}

async function connect(backend: Backend): Promise<Client> {
  const [near, front] = pipe();
  const bridged = bridge(front, await backend.open(signal));
  const heard: string[] = [];
  const one = caller(near, {
    onNotification: ({ method = "" }) => void heard.push(method),
    onRequest: () => Promise.resolve({ roots: [] }),
  });
  cleanups.push(async () => {
    await one.close();
    await bridged;
  });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  await one.request("initialize", params, { timeoutMs: 20_000 });
  await one.notify("notifications/initialized");
  return {
    ...one,
    heard,
    async tool(name, args = {}) {
      const result = await one.request("tools/call", { name, arguments: args }, { timeoutMs: 20_000 });
      return (result as { content: [{ text: string }] }).content[0].text;
    },
  };
}

async function failureOf(work: Promise<unknown>): Promise<RuntimeError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RuntimeError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe.each([false, true])("real children, shared: %s", (sharing) => {
  it.each(["crash", "exit0"])("%s: the call fails, the session goes on with another process", async (fault) => {
    const client = await house({ sharing }).open();
    const before = await client.tool("pid");
    const under = client.tool("hang");
    under.catch(() => undefined);
    expect(await failureOf(client.tool(fault))).toMatchObject({ code: "closed" });
    expect(await failureOf(under)).toMatchObject({ code: "closed" });
    // Neither call was sent again.
    expect(await client.tool("count")).toBe("1");
    expect(await client.tool("pid")).not.toBe(before);
    await until(() => client.heard.includes("notifications/tools/list_changed"));
  });

  it("hang: the time is limited, the session goes on", async () => {
    const client = await house({ sharing, limits: { requestTimeoutMs: 300 } }).open();
    const failure = await failureOf(client.tool("hang"));
    expect(failure.code).toBe("timeout");
    expect(await client.tool("count")).toBe("2");
  });

  it.each([
    { fault: "garbage", args: { count: 200 }, want: "clean again" },
    { fault: "flood", args: { count: 2_000 }, want: "flooded" },
    { fault: "stderrflood", args: { count: 5_000 }, want: "still here" },
    { fault: "dupreply", args: {}, want: "first" },
    { fault: "wrongid", args: {}, want: "for you" },
  ])("$fault: the answer comes, and the next one", async ({ fault, args, want }) => {
    const client = await house({ sharing }).open();
    expect(await client.tool(fault, args)).toBe(want);
    expect(await client.tool("count")).toBe("2");
    const unhealthy = logged.filter((text) => text.includes("is unhealthy"));
    expect(unhealthy).toHaveLength(fault === "garbage" ? 1 : 0);
  });

  it.each(["bigline", "badutf8"])("%s: only that call fails", async (fault) => {
    const client = await house({ sharing, limits: { maxMessageBytes: 1_000_000 } }).open();
    const { code } = await failureOf(client.tool(fault, { bytes: 1_200_000 }));
    expect(code).toBe(fault === "bigline" ? "too_large" : "bad_message");
    expect(await client.tool("count")).toBe("2");
  });

  it("noread: what waits fails, and another process takes over", async () => {
    const client = await house({ sharing, limits: { requestTimeoutMs: 400 } }).open();
    const pid = Number(await client.tool("pid"));
    await client.tool("noread");
    const failure = await failureOf(client.tool("count", { padding: "x".repeat(3_000_000) }));
    expect(failure.code).toMatch(/^(timeout|closed)$/);
    expect(await client.tool("count")).toBe("1");
    await until(() => !alive(pid));
  });

  it("ignoreTERM and forkchild: nothing is left when the client has gone", async () => {
    const made = house({ sharing, limits: { sessionIdleMs: 10 } });
    const client = await made.open();
    await client.tool("ignoreTERM");
    const pids = [Number(await client.tool("pid")), Number(await client.tool("forkchild"))];
    expect(pids.every(alive)).toBe(true);
    await client.close();
    await until(() => !pids.some(alive));
  });

  it("the server asks back", async () => {
    const client = await house({ sharing }).open();
    expect(await client.tool("ask")).toBe('{"roots":[]}');
  });
});

describe("supervision", () => {
  it("a command that always ends: few starts, not ready, and back once it is mended", async () => {
    const env = { CHAOS_EXIT: "1" };
    const { backend, ready } = house({ env });
    for (let n = 0; n < 5; n++) expect(await failureOf(connect(backend))).toBeInstanceOf(RuntimeError);
    expect(await failureOf(connect(backend))).toMatchObject({ code: "overloaded" });
    expect(ready()).toBe(false);
    Reflect.deleteProperty(env, "CHAOS_EXIT");
    let client: Client | undefined;
    while (!client) {
      await until(ready);
      client = await connect(backend).catch(() => undefined);
    }
    expect(await client.tool("count")).toBe("1");
  });

  it("many clients of a slow server: one process, and everybody gets its own answers", async () => {
    const made = house({ sharing: true, env: { CHAOS_START_MS: "300" } });
    const clients = await Promise.all(Array.from({ length: 50 }, () => made.open()));
    const pids = await Promise.all(clients.map((client) => client.tool("pid")));
    expect(new Set(pids).size).toBe(1);
    const sizes = await Promise.all(clients.map(async (one, n) => (await one.tool("bigline", { bytes: n })).length));
    expect(sizes).toEqual(clients.map((_, n) => n));
  });
});
