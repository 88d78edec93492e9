import { afterEach, describe, expect, it } from "vitest";
import { ask, type Answer, type PeerEvent } from "../../generator/testing/http-peer.js";
import { scripted, type Peer, type Script, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { Authenticator } from "../auth/authenticator.js";
import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { pipe } from "../core/channel.js";
import { messageFromRpc, type Rpc } from "../core/message.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

/** A server that does what the requests say, and whose side the test can speak for. */
interface Stage extends ScriptedBackend {
  /** The server's side of the newest channel. */
  peer(): Peer;
}

function stage(more: Script = {}): Stage {
  let peer: Peer | undefined;
  const backend = scripted({
    initialize: (rpc, its) => {
      peer = its;
      const { protocolVersion } = rpc.params as { protocolVersion: string };
      return { result: { protocolVersion, capabilities: {}, serverInfo: { name: "stage", version: "1" } } };
    },
    echo: (rpc) => ({ result: { params: rpc.params } }),
    wait: "silence",
    log: (rpc, its) => {
      its.send(LOGGED);
      return { result: { after: rpc.id } };
    },
    ...more,
  });
  return {
    ...backend,
    peer() {
      if (!peer) throw new Error("no session has been initialized");
      return peer;
    },
  };
}

const LOGGED = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } };
const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
const request = (id: string | number, method: string, params: unknown = {}): Rpc => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

const logged: string[] = [];

async function start(backend: Backend, limits: Partial<Limits> = {}, authenticate?: Authenticator): Promise<string> {
  logged.length = 0;
  const log: Log = (level, text) => void logged.push(`${level}: ${text}`);
  const frontends = [httpFrontend({ host: "127.0.0.1", port: 0, limits, log })];
  running = await serve({ backend, frontends, limits, ...(authenticate && { authenticate }) });
  return running.addresses[0] ?? "";
}

interface Visitor {
  readonly id: string;
  post(body: unknown): Promise<Answer>;
  get(lastEventId?: string): Promise<Answer>;
  remove(): Promise<Answer>;
}

async function visit(url: string, version = "2025-11-25", more: Record<string, string> = {}): Promise<Visitor> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const answer = await ask(url, { body: request("hello", "initialize", params), headers: more });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ id: "hello", result: { protocolVersion: version } });
  const id = String(answer.headers["mcp-session-id"]);
  expect(id).toMatch(/^[\x21-\x7e]{22,}$/);
  const headers = { "mcp-session-id": id, "mcp-protocol-version": version, ...more };
  const post = (body: unknown): Promise<Answer> => ask(url, { body, headers });
  expect((await post(INITIALIZED)).status).toBe(202);
  return {
    id,
    post,
    get: (lastEventId) =>
      ask(url, {
        method: "GET",
        headers: {
          ...headers,
          accept: "text/event-stream",
          ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
        },
      }),
    remove: () => ask(url, { method: "DELETE", headers }),
  };
}

/** The next events that carry data, skipping those that only carry an id. */
async function take(answer: Answer, count: number): Promise<PeerEvent[]> {
  const events: PeerEvent[] = [];
  while (events.length < count) {
    const event = await answer.event();
    if (!event) throw new Error(`the stream ended after ${events.length} of ${count} events`);
    if (event.rpc !== undefined) events.push(event);
  }
  return events;
}

const rpcs = (events: readonly PeerEvent[]): unknown[] => events.map((event) => event.rpc);

describe("sessions", () => {
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

  it("ends when its server goes away, and answers what waits", async () => {
    const server = stage({ crash: "hang up" });
    const visitor = await visit(await start(server));
    const answer = await visitor.post(request(1, "crash"));
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32603 } });
    await expect.poll(async () => (await visitor.post(request(2, "echo"))).status).toBe(404);
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

describe("one request without a session", () => {
  it("is answered on a session of its own, which ends with it", async () => {
    const server = stage();
    const url = await start(server);
    const answer = await ask(url, { body: request(1, "echo", { a: 1 }) });
    expect(answer.status).toBe(200);
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: { params: { a: 1 } } });
    expect(server.heard).toEqual(["1 initialize", "1 notifications/initialized", "1 echo"]);
    expect(server.messages[0]?.params).toMatchObject({ protocolVersion: "2025-06-18", clientInfo: { name: "mcpgen" } });
    await expect.poll(() => server.stillOpen()).toBe(0);
  });

  it("offers the version of its header", async () => {
    const server = stage();
    await ask(await start(server), { body: request(1, "echo"), headers: { "mcp-protocol-version": "2025-03-26" } });
    expect(server.messages[0]?.params).toMatchObject({ protocolVersion: "2025-03-26" });
  });

  it("stays JSON through what is not meant for it, and answers the server's own requests", async () => {
    const server = stage({
      ask: (_, its) => {
        its.send(LOGGED);
        its.send(request("s1", "ping"));
        its.send(request("s2", "sampling/createMessage"));
        return { result: {} };
      },
    });
    const answer = await ask(await start(server), { body: request(1, "ask") });
    expect(answer.headers["content-type"]).toBe("application/json");
    await answer.text();
    expect(server.messages.slice(3)).toMatchObject([
      { id: "s1", result: {} },
      { id: "s2", error: { code: -32601 } },
    ]);
  });

  it("streams the progress that it asks for", async () => {
    const progress = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "t", progress: 1 } };
    const server = stage({
      work: (_, its) => {
        its.send(progress);
        return { result: "done" };
      },
    });
    const answer = await ask(await start(server), { body: request(1, "work", { _meta: { progressToken: "t" } }) });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    expect(rpcs(await take(answer, 2))).toMatchObject([progress, { id: 1, result: "done" }]);
    expect(await answer.event()).toBeUndefined();
  });

  it("passes on why the server refused to initialize", async () => {
    const server = stage({ initialize: { error: { code: -32000, message: "not today" } } });
    const answer = await ask(await start(server), { body: request(9, "echo") });
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 9, error: { code: -32000, message: "not today" } });
  });

  it("tells when the server goes away", async () => {
    const answer = await ask(await start(stage({ crash: "hang up" })), { body: request(9, "crash") });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 9, error: { code: -32603 } });
  });
});

describe("streams", () => {
  it("become one when something comes before the answer", async () => {
    const visitor = await visit(await start(stage()));
    const answer = await visitor.post(request(1, "log"));
    expect(answer.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(rpcs(await take(answer, 2))).toEqual([LOGGED, { jsonrpc: "2.0", id: 1, result: { after: 1 } }]);
    expect(await answer.event()).toBeUndefined();
  });

  const primings = [
    { version: "2025-11-25", want: true },
    { version: "2025-06-18", want: false },
    { version: "2025-03-26", want: false },
  ];
  it.each(primings)("begin with an event without data for $version: $want", async ({ version, want }) => {
    const server = stage();
    const visitor = await visit(await start(server), version);
    const get = await visitor.get();
    server.peer().send(LOGGED);
    const post = await visitor.post(request(1, "log"));
    for (const stream of [get, post]) {
      const first = await stream.event();
      if (want) expect(first).toMatchObject({ retryMs: 1000, id: expect.stringMatching(/^\d+-\d+$/) as unknown });
      expect(first?.rpc).toEqual(want ? undefined : LOGGED);
    }
  });

  it("keep a silent answer alive with comments", async () => {
    const server = stage();
    const visitor = await visit(await start(server, { keepAliveMs: 20 }));
    const answer = await visitor.post(request(1, "wait"));
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    let comments = 0;
    let text = "";
    for await (const chunk of answer.message as AsyncIterable<Buffer>) {
      text += chunk.toString();
      comments = text.split(":\n\n").length - 1;
      if (comments === 3) server.peer().send({ jsonrpc: "2.0", id: 1, result: "at last" });
    }
    expect(comments).toBeGreaterThanOrEqual(3);
    expect(text).toContain('"at last"');
  });

  it("carry what the server asks, and the client's answer goes back", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const answer = await Promise.all([
      visitor.post(request(1, "wait")),
      expect
        .poll(() => server.heard)
        .toContain("1 wait")
        .then(() => server.peer().send(request("ask-1", "elicitation/create", { message: "?" }))),
    ]);
    const [stream] = answer;
    expect(rpcs(await take(stream, 1))).toMatchObject([{ id: "ask-1", method: "elicitation/create" }]);
    expect((await visitor.post({ jsonrpc: "2.0", id: "ask-1", result: { action: "accept" } })).status).toBe(202);
    await expect.poll(() => server.messages.at(-1)).toMatchObject({ id: "ask-1", result: { action: "accept" } });
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "done" });
    expect(rpcs(await take(stream, 1))).toMatchObject([{ id: 1, result: "done" }]);
  });

  it("put what is related to a request with it", async () => {
    const [near, far] = pipe();
    const url = await start({ kind: "http", open: () => Promise.resolve(near) });
    const heard: Rpc[] = [];
    void (async () => {
      for await (const { rpc, id, method } of far.incoming) {
        heard.push(rpc);
        if (method !== "wait" && id !== undefined)
          await far.send(messageFromRpc({ jsonrpc: "2.0", id, result: rpc.params }));
      }
    })();
    const visitor = await visit(url);
    const posts = [1, 2].map((id) => visitor.post(request(id, "wait")));
    await expect.poll(() => heard.filter((rpc) => rpc.method === "wait").length).toBe(2);
    await far.send(messageFromRpc(LOGGED, { relatedTo: 1 }));
    for (const id of [1, 2]) await far.send(messageFromRpc({ jsonrpc: "2.0", id, result: id }));
    const [first, second] = await Promise.all(posts);
    expect(rpcs(await take(first as Answer, 2))).toMatchObject([LOGGED, { id: 1 }]);
    expect(second?.headers["content-type"]).toBe("application/json");
  });

  it("put progress with the request that asked for it, whatever else is under way", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const posts = [7, "7"].map((token, index) =>
      visitor.post(request(index, "wait", { _meta: { progressToken: token } })),
    );
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    const progress = (progressToken: unknown): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken, progress: 1 },
    });
    server.peer().send(progress("7"));
    server.peer().send(progress(7));
    for (const id of [0, 1]) server.peer().send({ jsonrpc: "2.0", id, result: {} });
    const [number, text] = await Promise.all(posts);
    expect(rpcs(await take(number as Answer, 2))).toEqual([progress(7), { jsonrpc: "2.0", id: 0, result: {} }]);
    expect(rpcs(await take(text as Answer, 2))).toEqual([progress("7"), { jsonrpc: "2.0", id: 1, result: {} }]);
  });

  it("put what belongs to no request on the GET stream, once, when several are under way", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const stream = await visitor.get();
    const posts = [1, 2].map((id) => visitor.post(request(id, "wait")));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    server.peer().send(LOGGED);
    expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
    for (const id of [1, 2]) server.peer().send({ jsonrpc: "2.0", id, result: id });
    for (const answer of await Promise.all(posts)) expect(answer.headers["content-type"]).toBe("application/json");
  });

  it("put it on the newest request where there is no GET stream", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const first = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(1);
    const second = visitor.post(request(2, "wait"));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    server.peer().send(LOGGED);
    expect(rpcs(await take(await second, 1))).toEqual([LOGGED]);
    for (const id of [1, 2]) server.peer().send({ jsonrpc: "2.0", id, result: id });
    expect((await first).headers["content-type"]).toBe("application/json");
  });

  it("hold it for the next GET where nothing is open, and drop the oldest past the bound", async () => {
    const server = stage();
    const visitor = await visit(await start(server, { replayBytes: 1000 }));
    const note = (n: number): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/n",
      params: { n, pad: "x".repeat(200) },
    });
    for (let n = 0; n < 5; n++) server.peer().send(note(n));
    await visitor.post(request(1, "echo")); // answered after them, so they have arrived
    const stream = await visitor.get();
    expect(rpcs(await take(stream, 3))).toEqual([note(2), note(3), note(4)]);
    server.peer().send(note(5));
    expect(rpcs(await take(stream, 1))).toEqual([note(5)]);
    expect(logged.filter((line) => line.includes("dropped")).map((line) => line.split(":")[0])).toEqual([
      "warn",
      "debug",
    ]);
  });

  it("allow one GET at a time, and another once the first is gone", async () => {
    const visitor = await visit(await start(stage()));
    const first = await visitor.get();
    expect((await visitor.get()).status).toBe(409);
    await first.drop();
    await expect.poll(async () => (await visitor.get()).status).toBe(200);
  });

  it("drop an answer that nobody waits for", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const stream = await visitor.get();
    server.peer().send({ jsonrpc: "2.0", id: 99, result: "stray" });
    server.peer().send(LOGGED);
    expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
  });
});

describe("resuming", () => {
  it("gives each later event of the same stream exactly once, then goes on with it", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const post = visitor.post(request(1, "wait", { _meta: { progressToken: 1 } }));
    await expect.poll(() => server.heard).toContain("1 wait");
    const progress = (n: number): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken: 1, progress: n },
    });
    server.peer().send(progress(1));
    const answer = await post;
    const [first] = await take(answer, 1);
    await answer.drop();
    server.peer().send(progress(2)); // nobody is connected now
    const other = await visitor.get(); // another stream, which must not get them
    const resumed = await visitor.get(first?.id);
    expect(rpcs(await take(resumed, 1))).toEqual([progress(2)]);
    server.peer().send(progress(3));
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "done" });
    const rest = await take(resumed, 2);
    expect(rpcs(rest)).toEqual([progress(3), { jsonrpc: "2.0", id: 1, result: "done" }]);
    expect(await resumed.event()).toBeUndefined();
    const again = await visitor.get(first?.id);
    expect(rpcs(await take(again, 3))).toEqual([progress(2), progress(3), { jsonrpc: "2.0", id: 1, result: "done" }]);
    expect(await again.event()).toBeUndefined();
    server.peer().send(LOGGED);
    expect(rpcs(await take(other, 1))).toEqual([LOGGED]);
  });

  it("is not needed for the server to go on: a client that is gone has canceled nothing", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const post = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard).toContain("1 wait");
    server.peer().send(LOGGED);
    const answer = await post;
    const prime = await answer.event();
    await answer.drop();
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "kept" });
    await visitor.post(request(2, "echo"));
    expect(server.heard).not.toContain("1 notifications/cancelled");
    const resumed = await visitor.get(prime?.id);
    expect(rpcs(await take(resumed, 2))).toEqual([LOGGED, { jsonrpc: "2.0", id: 1, result: "kept" }]);
  });

  it("of the GET stream replaces the connection that was lost", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const lost = await visitor.get();
    server.peer().send(LOGGED);
    const [event] = await take(lost, 1);
    const resumed = await visitor.get(event?.id); // we still hold the old one
    server.peer().send({ ...LOGGED, params: 2 });
    expect(rpcs(await take(resumed, 1))).toEqual([{ ...LOGGED, params: 2 }]);
    await expect(lost.event()).rejects.toThrow();
  });

  it.each(["9-1", "nonsense", "0-99999999999"])(
    "from %j, which is no event of ours, opens a fresh stream",
    async (id) => {
      const server = stage();
      const visitor = await visit(await start(server));
      const stream = await visitor.get(id);
      expect(stream.status).toBe(200);
      server.peer().send(LOGGED);
      expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
    },
  );
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
