import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "../generator/testing/http-peer.js";
import { INITIALIZED, scripted, type Script } from "../generator/testing/scripted.js";
import type { Backend } from "./core/backend.js";
import { pipe, type Channel } from "./core/channel.js";
import { RuntimeError } from "./core/errors.js";
import type { Frontend, Host, Listening } from "./core/frontend.js";
import { messageFromRpc } from "./core/message.js";
import { ANONYMOUS } from "./core/session.js";
import { httpFrontend } from "./frontends/http.js";
import { serve, type Running } from "./serve.js";

let running: Running | undefined;
afterEach(() => running?.close());

const SCRIPT: Script = { initialize: INITIALIZED, echo: (rpc) => ({ result: rpc.params }), wait: "silence" };
const never = new AbortController().signal;

/** A frontend that hands its host to the test. */
function stub(overrides: Partial<Listening> = {}): Frontend & { host(): Host; readonly events: string[] } {
  let host: Host | undefined;
  const events: string[] = [];
  return {
    kind: "tcp",
    events,
    host() {
      if (!host) throw new Error("not listening");
      return host;
    },
    listen(given) {
      host = given;
      const close = (): Promise<void> => Promise.resolve(void events.push("closed"));
      return Promise.resolve({
        addresses: ["stub"],
        done: new Promise<never>(() => undefined),
        drain: close,
        close,
        ...overrides,
      });
    },
  };
}

describe("serve", () => {
  it("joins a client and a server, and ends both", async () => {
    const [backend, frontend] = [scripted(SCRIPT), stub()];
    running = await serve({ backend, frontends: [frontend] });
    expect(running.addresses).toEqual(["stub"]);
    const [front, client] = pipe();
    const session = await frontend.host().open(front, ANONYMOUS, never, { era: "legacy" });
    await client.send(messageFromRpc({ jsonrpc: "2.0", id: 1, method: "echo", params: { a: 1 } }));
    const incoming = client.incoming[Symbol.asyncIterator]();
    expect(((await incoming.next()).value as { rpc: unknown }).rpc).toEqual({
      jsonrpc: "2.0",
      id: 1,
      result: { a: 1 },
    });
    await running.close();
    await running.done;
    await session.closed;
    expect([backend.stillOpen(), (await incoming.next()).done, frontend.events]).toEqual([0, true, ["closed"]]);
  });

  describe("drain", () => {
    afterEach(() => vi.useRealTimers());

    it("turns nobody away while a balancer that asks for readiness looks elsewhere", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const frontend = stub();
      running = await serve({ backend: scripted({ initialize: INITIALIZED }), frontends: [frontend] });
      expect(frontend.host().ready()).toEqual({ ready: true });
      const drained = running.drain();
      expect(frontend.host().ready()).toEqual({ ready: false, why: "draining" });
      const session = await frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" });
      await session.close();
      await vi.advanceTimersByTimeAsync(3_000);
      await expect(frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" })).rejects.toMatchObject({
        code: "overloaded",
      });
      await drained;
      expect(frontend.events).toContain("closed");
    });

    it("begins at once where nobody has asked", async () => {
      const frontend = stub();
      running = await serve({ backend: scripted({ initialize: INITIALIZED }), frontends: [frontend] });
      void running.drain();
      await expect(frontend.host().open(pipe()[0], ANONYMOUS, never)).rejects.toMatchObject({ code: "overloaded" });
    });
  });

  it("counts sessions that are being opened, and frees what failed or ended", async () => {
    const waiting: ((error: Error) => void)[] = [];
    const slow: Backend = { kind: "tcp", open: () => new Promise((_, reject) => waiting.push(reject)) };
    const frontend = stub();
    running = await serve({ backend: slow, frontends: [frontend], limits: { maxSessions: 1 } });
    const first = frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" });
    await expect(frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" })).rejects.toMatchObject({
      code: "overloaded",
    });
    waiting.pop()?.(new RuntimeError("unreachable", "no"));
    await expect(first).rejects.toMatchObject({ code: "unreachable" });
    const third = frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting.pop()?.(new Error("odd"));
    await expect(third).rejects.toMatchObject({ code: "unreachable" });
  });

  it("gives up on a server that does not open in time, and closes it when it comes late", async () => {
    let arrive: ((channel: Channel) => void) | undefined;
    const backend: Backend = { kind: "tcp", open: () => new Promise((resolve) => (arrive = resolve)) };
    const frontend = stub();
    running = await serve({ backend, frontends: [frontend], limits: { connectTimeoutMs: 20 } });
    await expect(frontend.host().open(pipe()[0], ANONYMOUS, never, { era: "legacy" })).rejects.toMatchObject({
      code: "timeout",
      text: "the tcp server did not answer within 20 ms",
    });
    const closed = new Promise<void>((resolve) => {
      const [near] = pipe();
      const close = (): Promise<void> => {
        resolve();
        return near.close();
      };
      arrive?.({ ...near, close });
    });
    await closed;
  });

  it("closes what is bound when a later frontend cannot be", async () => {
    const [first, backend] = [stub(), scripted(SCRIPT)];
    const taken: Frontend = { kind: "tcp", listen: () => Promise.reject(new RuntimeError("config", "in use")) };
    await expect(serve({ backend, frontends: [first, taken] })).rejects.toMatchObject({ code: "config" });
    expect(first.events).toEqual(["closed"]);
  });

  it.each([
    { name: "no frontend", given: { frontends: [] } },
    { name: "an impossible limit", given: { frontends: [stub()], limits: { maxSessions: 0 } } },
  ])("refuses $name", async ({ given }) => {
    await expect(serve({ backend: scripted(SCRIPT), ...given })).rejects.toMatchObject({ code: "config" });
  });

  it("is done when all its frontends are", async () => {
    let finish: (() => void) | undefined;
    const [over, open] = [
      stub({ done: Promise.resolve() }),
      stub({ done: new Promise<void>((resolve) => (finish = resolve)) }),
    ];
    running = await serve({ backend: scripted(SCRIPT), frontends: [over, open] });
    expect(over.events).toEqual([]);
    finish?.();
    await running.done;
    expect([over.events, open.events]).toEqual([["closed"], ["closed"]]);
  });

  it("fails when a frontend does, and closes the others", async () => {
    const failed = new RuntimeError("closed", "the server closed the connection");
    const [broken, other] = [stub({ done: Promise.reject(failed) }), stub()];
    running = await serve({ backend: scripted(SCRIPT), frontends: [broken, other] });
    await expect(running.done).rejects.toBe(failed);
    expect(other.events).toEqual(["closed"]);
  });

  it("is closed by its signal, and does not start once it has fired", async () => {
    const stop = new AbortController();
    const frontend = stub();
    running = await serve({ backend: scripted(SCRIPT), frontends: [frontend] }, stop.signal);
    stop.abort();
    await running.done;
    expect(frontend.events).toEqual(["closed"]);
    await expect(serve({ backend: scripted(SCRIPT), frontends: [stub()] }, stop.signal)).rejects.toMatchObject({
      code: "canceled",
    });
  });
});

/** A server that floods its client as fast as it may, once told to. */
function flooding(count: number): { backend: Backend; readonly sent: () => number } {
  let sent = 0;
  const data = "x".repeat(256 * 1024);
  const backend: Backend = {
    kind: "tcp",
    open() {
      const [near, far] = pipe(1);
      void (async () => {
        for await (const { id, method } of far.incoming) {
          if (id !== undefined)
            await far.send(messageFromRpc({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-06-18" } }));
          if (method !== "notifications/flood") continue;
          for (; sent < count; sent++)
            await far.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/n", params: { sent, data } }));
        }
      })();
      return Promise.resolve(near);
    },
  };
  return { backend, sent: () => sent };
}

describe("serve over HTTP", () => {
  const initialize = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18" } };

  it("leaves no socket, timer or server when it is closed under load", async () => {
    const before = process.getActiveResourcesInfo().sort();
    const backend = scripted(SCRIPT);
    running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })] });
    const url = running.addresses[0] ?? "";
    const idle = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
    const session = String((await ask(url, { body: initialize })).headers["mcp-session-id"]);
    const headers = { "mcp-session-id": session };
    const stream = await ask(url, { method: "GET", headers });
    const waiting = ask(url, { headers, body: { jsonrpc: "2.0", id: 2, method: "wait" } });
    await expect.poll(() => backend.heard).toContain("1 wait");
    await running.close();
    await running.done;
    expect((await waiting).status).toBe(502);
    expect(await stream.event()).toBeUndefined();
    idle.destroy();
    expect(backend.stillOpen()).toBe(0);
    await expect(ask(url, { body: initialize })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect.poll(() => process.getActiveResourcesInfo().sort()).toEqual(before);
  });

  it("starts no server when the port is in use", async () => {
    const backend = scripted(SCRIPT);
    running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })] });
    const port = Number(new URL(running.addresses[0] ?? "").port);
    const second = serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port })] });
    await expect(second).rejects.toMatchObject({ code: "config", text: `127.0.0.1:${port} is in use` });
    expect(backend.heard).toEqual([]);
  });

  it("makes a flooding server wait for a client that does not read, but no other client", async () => {
    const count = 200;
    const { backend, sent } = flooding(count);
    running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })] });
    const url = running.addresses[0] ?? "";
    const headers = { "mcp-session-id": String((await ask(url, { body: initialize })).headers["mcp-session-id"]) };
    const stream = await ask(url, { method: "GET", headers });
    await ask(url, { headers, body: { jsonrpc: "2.0", method: "notifications/flood" } });
    await expect.poll(sent).toBeGreaterThan(5);
    for (let n = 0; n < 20; n++) expect((await ask(url, { body: { ...initialize, method: "echo" } })).status).toBe(200);
    expect(sent()).toBeLessThan(count / 2); // sockets buffer some MiB between us

    const got: number[] = [];
    while (got.length < count) got.push(((await stream.event())?.rpc as { params: { sent: number } }).params.sent);
    expect(got).toEqual(Array.from({ length: count }, (_, n) => n));
    await stream.drop();
  });

  it("cuts off a client that takes nothing for 30 s, and goes on without it", async () => {
    const count = 200;
    const { backend, sent } = flooding(count);
    running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })] });
    const url = running.addresses[0] ?? "";
    const headers = { "mcp-session-id": String((await ask(url, { body: initialize })).headers["mcp-session-id"]) };
    const stream = await ask(url, { method: "GET", headers });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await ask(url, { headers, body: { jsonrpc: "2.0", method: "notifications/flood" } });
      await expect.poll(sent).toBeGreaterThan(5);
      await expect
        .poll(() => {
          vi.advanceTimersByTime(31_000);
          return sent();
        })
        .toBe(count);
    } finally {
      vi.useRealTimers();
    }
    await expect(stream.text()).rejects.toThrow();
  });
});
