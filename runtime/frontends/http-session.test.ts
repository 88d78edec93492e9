import { afterEach, describe, expect, it } from "vitest";
import { ask } from "../../generator/testing/http-peer.js";
import { INITIALIZED, LOGGED, request, rpcs, stage, take, visit } from "../../generator/testing/http-visitor.js";
import type { Authenticator } from "../auth/authenticator.js";
import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

async function start(backend: Backend, limits: Partial<Limits> = {}, authenticate?: Authenticator): Promise<string> {
  const frontends = [httpFrontend({ host: "127.0.0.1", port: 0, limits })];
  running = await serve({ backend, frontends, limits, ...(authenticate && { authenticate }) });
  return running.addresses[0] ?? "";
}

describe("sessions", () => {
  it("have an id of visible ASCII that nobody guesses", async () => {
    const url = await start(stage());
    const ids = [(await visit(url)).id, (await visit(url)).id];
    expect(ids).toEqual([1, 2].map(() => expect.stringMatching(/^[\x21-\x7e]{22,}$/) as unknown));
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("answers with JSON when nothing must stream first", async () => {
    const visitor = await visit(await start(stage()));
    const answer = await visitor.post(request(1, "echo", { n: 1 }));
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: { params: { n: 1 } } });
  });

  it("carries 100 clients that all use id 1, each with its own answer", async () => {
    const url = await start(stage());
    const visitors = await Promise.all(Array.from({ length: 100 }, () => visit(url)));
    const answers = await Promise.all(
      visitors.map(async (one) => (await one.post(request(1, "echo", { own: one.id }))).json()),
    );
    expect(answers).toEqual(visitors.map((one) => ({ jsonrpc: "2.0", id: 1, result: { params: { own: one.id } } })));
    expect((await ask(url, { body: request(1, "initialize") })).status).toBe(503);
  });

  it('tells the ids 1 and "1" apart, and refuses one that waits for its answer', async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const waiting = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard).toContain("1 wait");
    expect(await (await visitor.post(request("1", "echo"))).json()).toMatchObject({ id: "1", result: {} });
    const doubled = await visitor.post(request(1, "echo"));
    expect(doubled.status).toBe(400);
    expect(await doubled.json()).toMatchObject({ id: 1, error: { code: -32600 } });
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "late" });
    expect(await (await waiting).json()).toMatchObject({ id: 1, result: "late" });
  });

  it("takes an error under the id that initialize had for an error like any other", async () => {
    const visitor = await visit(await start(stage()));
    const refused = await visitor.post(request("hello", "no/such"));
    expect(await refused.json()).toMatchObject({ id: "hello", error: { code: -32601 } });
    expect((await visitor.post(request(2, "echo"))).status).toBe(200);
  });

  it("ends with DELETE, its server too", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const stream = await visitor.get();
    expect((await visitor.remove()).status).toBe(204);
    expect(server.stillOpen()).toBe(0);
    expect((await stream.event())?.rpc).toBeUndefined();
    expect(await stream.event()).toBeUndefined();
    expect((await visitor.post(request(1, "echo"))).status).toBe(404);
    expect((await visitor.remove()).status).toBe(404);
  });

  it("answers what is under way when it is ended", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const waiting = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard).toContain("1 wait");
    await visitor.remove();
    const answer = await waiting;
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32603, data: { mcpgen: { code: "closed" } } } });
  });

  it("is unknown to everybody but its principal", async () => {
    const authenticate: Authenticator = ({ headers }) => Promise.resolve({ id: String(headers["x-user"]) });
    const server = stage();
    const url = await start(server, {}, authenticate);
    const alice = await visit(url, "2025-11-25", { "x-user": "alice" });
    const headers = { "mcp-session-id": alice.id, "x-user": "bob" };
    for (const method of ["POST", "GET", "DELETE"]) {
      const foreign = await ask(url, { method, headers, ...(method === "POST" && { body: request(1, "echo") }) });
      const unknown = await ask(url, {
        method,
        headers: { ...headers, "mcp-session-id": "none" },
        ...(method === "POST" && { body: request(1, "echo") }),
      });
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(await foreign.text()).toBe(await unknown.text());
    }
    expect((await alice.post(request(1, "echo"))).status).toBe(200);
  });

  it("cannot be initialized twice", async () => {
    const visitor = await visit(await start(stage()));
    expect((await visitor.post(request(2, "initialize"))).status).toBe(400);
  });

  it("ends when it is too old, used or not", async () => {
    const server = stage();
    const visitor = await visit(await start(server, { sessionMaxMs: 100 }));
    const stream = await visitor.get();
    expect(await stream.event()).toEqual(expect.objectContaining({ rpc: undefined })); // the priming event
    expect(await stream.event()).toBeUndefined();
    await expect.poll(() => server.stillOpen()).toBe(0);
    expect((await visitor.post(request(1, "echo"))).status).toBe(404);
  });

  it("is drained: what is under way is answered, also with the client's help, and nothing new is taken", async () => {
    const server = stage();
    const url = await start(server);
    const visitor = await visit(url);
    const stream = await visitor.get();
    const waiting = visitor.post(request(5, "wait"));
    await server.untilHeard("1 wait");
    const drained = running?.drain();
    const refused = await Promise.all([visitor.post(request(6, "echo")), ask(url, { body: request(1, "initialize") })]);
    expect(refused.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([
      [503, "5"],
      [503, "5"],
    ]);
    expect((await visitor.post(LOGGED)).status).toBe(202);
    server.peer().send({ jsonrpc: "2.0", id: 5, result: "done" });
    expect(await (await waiting).json()).toMatchObject({ id: 5, result: "done" });
    await stream.text();
    await drained;
    expect(server.stillOpen()).toBe(0);
  });

  it("ends when nobody has been there for a while, but not under an open stream", async () => {
    const server = stage();
    const url = await start(server, { sessionIdleMs: 100, keepAliveMs: 20 });
    const [idle, watching] = [await visit(url), await visit(url)];
    const stream = await watching.get();
    await expect.poll(() => server.stillOpen()).toBe(1);
    expect((await idle.post(request(1, "echo"))).status).toBe(404);
    expect((await watching.post(request(1, "echo"))).status).toBe(200);
    await stream.drop();
    await expect.poll(() => server.stillOpen()).toBe(0);
  });

  it("leaves none behind when its server refuses to initialize", async () => {
    const server = stage({ initialize: { error: { code: -32602, message: "no" } } });
    const url = await start(server);
    const answer = await ask(url, { body: request(1, "initialize") });
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32602, message: "no" } });
    await expect.poll(() => server.stillOpen()).toBe(0);
  });

  it("tells why when its server cannot be reached, in the answer to initialize", async () => {
    const refused = new RuntimeError("unreachable", "cannot start no-such-program");
    const url = await start({ kind: "stdio", open: () => Promise.reject(refused) });
    for (const method of ["initialize", "echo"]) {
      const answer = await ask(url, { body: request(1, method) });
      expect(answer.status).toBe(502);
      expect(answer.headers["mcp-session-id"]).toBeUndefined();
      expect(await answer.json()).toMatchObject({
        id: 1,
        error: { code: -32603, message: "cannot start no-such-program" },
      });
    }
  });

  it("answers 503 with a time to wait when all sessions are in use", async () => {
    const url = await start(stage(), { maxSessions: 1 });
    const visitor = await visit(url);
    for (const method of ["initialize", "echo"]) {
      const refused = await ask(url, { body: request(1, method) });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    }
    await visitor.remove();
    expect((await ask(url, { body: request(1, "echo") })).status).toBe(200);
  });

  it("answers what waits when its server goes away, and goes on with another", async () => {
    const server = stage({ crash: "hang up" });
    const visitor = await visit(await start(server));
    const answer = await visitor.post(request(1, "crash"));
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32603 } });
    expect((await visitor.post(request(2, "echo"))).status).toBe(200);
    expect(server.heard).toContain("2 echo");
  });

  it("gives an error without an id to the one request that waits", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const waiting = visitor.post(request(5, "wait"));
    await expect.poll(() => server.heard).toContain("1 wait");
    server.peer().send({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "what?" } });
    expect(await (await waiting).json()).toMatchObject({ id: 5, error: { code: -32700, message: "what?" } });
  });
});

describe("batches", () => {
  it("are split for 2025-03-26, and answered as one array", async () => {
    const server = stage();
    const visitor = await visit(await start(server), "2025-03-26");
    const answer = await visitor.post([request(1, "echo", { n: 1 }), INITIALIZED, request("b", "echo", { n: 2 })]);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(await answer.json()).toEqual([
      { jsonrpc: "2.0", id: 1, result: { params: { n: 1 } } },
      { jsonrpc: "2.0", id: "b", result: { params: { n: 2 } } },
    ]);
    expect((await visitor.post([INITIALIZED, INITIALIZED])).status).toBe(202);
  });

  it("become a stream with one event for each answer when something comes between", async () => {
    const visitor = await visit(await start(stage()), "2025-03-26");
    const answer = await visitor.post([request(1, "echo"), request(2, "log")]);
    expect(rpcs(await take(answer, 3))).toMatchObject([{ id: 1 }, LOGGED, { id: 2 }]);
    expect(await answer.event()).toBeUndefined();
  });

  const refused: readonly { name: string; version: string; given: unknown }[] = [
    { name: "in a later revision", version: "2025-06-18", given: [request(1, "echo")] },
    { name: "with nothing in it", version: "2025-03-26", given: [] },
    { name: "with initialize in it", version: "2025-03-26", given: [request(1, "initialize")] },
    { name: "with one id twice", version: "2025-03-26", given: [request(1, "echo"), request(1, "echo")] },
    { name: "with something else in it", version: "2025-03-26", given: [request(1, "echo"), 5] },
    { name: "of 101", version: "2025-03-26", given: Array.from({ length: 101 }, (_, id) => request(id, "echo")) },
  ];
  it.each(refused)("are refused $name", async ({ version, given }) => {
    const server = stage();
    const visitor = await visit(await start(server), version);
    const answer = await visitor.post(given);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: -32600 } });
    expect(server.heard).toEqual(["1 initialize", "1 notifications/initialized"]);
  });
});
