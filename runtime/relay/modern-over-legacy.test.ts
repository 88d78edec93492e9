import { afterEach, describe, expect, it } from "vitest";
import { modernClient, type ModernClient } from "../../generator/testing/modern-client.js";
import {
  scripted,
  type Peer,
  type Reply,
  type Script,
  type ScriptedBackend,
} from "../../generator/testing/scripted.js";
import type { StatefulBackend } from "../core/backend.js";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type Rpc } from "../core/message.js";
import { modernOverLegacy } from "./modern-over-legacy.js";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const P = "io.modelcontextprotocol/";
const SERVER_INFO = { name: "s", version: "1" };
const CAPABILITIES = { tools: {}, logging: {}, tasks: { list: {} } };
const INITIALIZED: Reply = {
  result: {
    protocolVersion: "2025-06-18",
    capabilities: CAPABILITIES,
    serverInfo: SERVER_INFO,
    instructions: "hello",
    vendor: 1,
  },
};
const PLAIN: Script = {
  initialize: INITIALIZED,
  "logging/setLevel": { result: {} },
  "tools/list": { result: { tools: [] } },
  "tools/call": { result: { content: [] } },
};
const CALL = { name: "t" };

function engine(server: ScriptedBackend, limits: Partial<Limits> = {}): StatefulBackend {
  const backend = modernOverLegacy(server, { limits: { ...DEFAULT_LIMITS, ...limits }, log: silent });
  cleanUps.push(() => backend.close());
  return backend;
}

const notify = (client: ModernClient, method: string, params: object): unknown =>
  client.channel.send(messageFromRpc({ jsonrpc: "2.0", method, params }));

/** A server whose calls the test ends itself. */
function waitingServer(kind?: "http"): ScriptedBackend & { finish(call: number): void } {
  const calls: { rpc: Rpc; peer: Peer }[] = [];
  const script: Script = {
    ...PLAIN,
    "tools/call": (rpc, peer) => {
      calls.push({ rpc, peer });
      return "silence";
    },
  };
  return {
    ...scripted(script, kind),
    finish(call) {
      const { rpc, peer } = calls[call] ?? {};
      peer?.send({ jsonrpc: "2.0", id: rpc?.id ?? null, result: {} });
    },
  };
}

describe("what no server gets to see", () => {
  const ENVELOPE = { [`${P}protocolVersion`]: "2026-07-28", [`${P}clientCapabilities`]: {} };
  const cases: readonly { name: string; method?: string; meta: object; want: object }[] = [
    { name: "no capabilities", meta: { [`${P}protocolVersion`]: "2026-07-28" }, want: { code: -32602 } },
    {
      name: "a version that is not spoken",
      meta: { ...ENVELOPE, [`${P}protocolVersion`]: "2031-01-01" },
      want: { code: -32022, data: { supported: ["2026-07-28"], requested: "2031-01-01" } },
    },
    { name: "no log level", meta: { ...ENVELOPE, [`${P}logLevel`]: "loud" }, want: { code: -32602 } },
    {
      name: "capabilities without end",
      meta: { ...ENVELOPE, [`${P}clientCapabilities`]: { experimental: { x: "x".repeat(20_000) } } },
      want: { code: -32600 },
    },
    ...[
      ...["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"],
      ...["tasks/get", "tasks/list", "tasks/result", "tasks/cancel"],
    ].map((method) => ({ name: method, method, meta: ENVELOPE, want: { code: -32601 } })),
  ];
  it.each(cases)("$name", async ({ method = "tools/list", meta, want }) => {
    const server = scripted(PLAIN);
    const client = await modernClient(engine(server));
    await client.channel.send(messageFromRpc({ jsonrpc: "2.0", id: "x", method, params: { _meta: meta } }));
    expect((await client.answer("x")).error).toMatchObject(want);
    expect(server.heard).toEqual([]);
  });
});

describe("requests", () => {
  it("discover", async () => {
    const server = scripted(PLAIN);
    const client = await modernClient(engine(server));
    expect((await client.ask("server/discover")).result).toEqual({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: {}, logging: {} },
      instructions: "hello",
      vendor: 1,
      ttlMs: 0,
      cacheScope: "private",
      _meta: { [`${P}serverInfo`]: SERVER_INFO },
    });
    expect(server.heard).toEqual(["1 initialize", "1 notifications/initialized"]);
  });

  it("reach the server without the envelope, and the answer comes back with the stamps", async () => {
    const server = scripted({ ...PLAIN, "vendor/x": { result: { y: 1 } } });
    const client = await modernClient(engine(server));
    const answer = await client.ask("vendor/x", { z: 2 }, { traceparent: "00-1" });
    expect(answer.result).toEqual({ y: 1, resultType: "complete", _meta: { [`${P}serverInfo`]: SERVER_INFO } });
    expect(server.messages.at(-1)?.params).toEqual({ z: 2, _meta: { traceparent: "00-1" } });
    expect((await client.ask("vendor/unknown")).error).toEqual({ code: -32601, message: "Method not found" });
  });

  it("wait with lists until the server has settled", async () => {
    let tools: object[] = [];
    const server = scripted({
      ...PLAIN,
      "notifications/initialized": (_, peer) => {
        setTimeout(() => {
          tools = [{ name: "late" }];
          peer.send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
        }, 10);
        return undefined;
      },
      "tools/list": () => ({ result: { tools } }),
    });
    const client = await modernClient(engine(server));
    expect((await client.ask("tools/list")).result).toMatchObject({ tools: [{ name: "late" }] });
  });

  it("of one id at a time", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server));
    const id = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    await client.channel.send(messageFromRpc({ jsonrpc: "2.0", id, method: "tools/list" }));
    expect((await client.answer(id)).error).toMatchObject({ code: -32600 });
  });

  it("notifications that the era does not know are handed on, those of sessions are not", async () => {
    const server = scripted(PLAIN);
    const client = await modernClient(engine(server));
    const _meta = { [`${P}protocolVersion`]: "2026-07-28", [`${P}clientCapabilities`]: {} };
    await notify(client, "notifications/initialized", { _meta });
    await notify(client, "notifications/roots/list_changed", { _meta });
    await notify(client, "notifications/vendor", { n: 1 });
    await notify(client, "notifications/vendor", { n: 2, _meta });
    await client.ask("tools/call", CALL);
    const heard = ["1 initialize", "1 notifications/initialized", "1 notifications/vendor", "1 tools/call"];
    expect(server.heard).toEqual(heard);
    expect(server.messages[2]?.params).toEqual({ n: 2 });
  });
});

describe("sessions", () => {
  it("are told what the client can do, less what it cannot in this era", async () => {
    const server = scripted(PLAIN);
    const tasks = { [`${P}tasks`]: {}, "x/y": {} };
    const capabilities = { tasks: {}, sampling: {}, roots: { listChanged: true, a: 1 }, extensions: tasks };
    const client = await modernClient(engine(server), { capabilities });
    await client.ask("tools/list");
    expect(server.messages[0]?.params).toEqual({
      protocolVersion: "2025-11-25",
      capabilities: { sampling: {}, roots: { a: 1 }, extensions: { "x/y": {} } },
      clientInfo: { name: "modern", version: "1" },
    });
  });

  it("are one for each set of capabilities, however it is spelt", async () => {
    const server = scripted(PLAIN);
    const backend = engine(server);
    const sets = [
      { a: { b: 1, c: [] }, d: {} },
      { d: {}, a: { c: [], b: 1 } },
      { a: { b: 2 }, d: {} },
    ];
    for (const capabilities of sets) await (await modernClient(backend, { capabilities })).ask("tools/list");
    expect(server.heard.filter((said) => said.endsWith("tools/list"))).toEqual([
      "1 tools/list",
      "1 tools/list",
      "2 tools/list",
    ]);
  });

  it.each([{}, { elicitation: {} }])(
    "are opened once for all who come at the same time, declaring %o",
    async (capabilities) => {
      const server = scripted(PLAIN);
      const backend = engine(server, { maxSessions: 1 });
      const clients = await Promise.all(Array.from({ length: 50 }, () => modernClient(backend, { capabilities })));
      const answers = await Promise.all(clients.map((client) => client.ask("tools/call", CALL)));
      expect(answers.every(({ result }) => result)).toBe(true);
      expect(server.heard.filter((said) => said.endsWith(" initialize"))).toEqual(["1 initialize"]);
    },
  );

  const refusals: readonly { name: string; reply: Reply; want: object }[] = [
    {
      name: "a refusal",
      reply: { error: { code: -32602, message: "no" } },
      want: { code: -32603, message: "the server refused initialize: no" },
    },
    {
      name: "a modern server",
      reply: { error: { code: -32022, message: "m", data: { supported: ["2026-07-28"] } } },
      want: { code: -32603 },
    },
    { name: "no object", reply: { result: [] }, want: { code: -32603 } },
    {
      name: "a version that is not spoken",
      reply: { result: { protocolVersion: "1999-01-01" } },
      want: { code: -32603 },
    },
    { name: "an end", reply: "hang up", want: { code: -32603, data: { mcpgen: { code: "closed" } } } },
    { name: "silence", reply: "silence", want: { code: -32603, data: { mcpgen: { code: "timeout" } } } },
  ];
  it.each(refusals)(
    "that cannot be opened fail those who wait, and nobody after them: $name",
    async ({ reply, want }) => {
      const server = scripted([{ initialize: reply }, PLAIN]);
      const client = await modernClient(engine(server, { connectTimeoutMs: 200 }));
      const all = await Promise.all([client.ask("tools/call", CALL), client.ask("server/discover")]);
      for (const { error } of all) expect(error).toMatchObject(want);
      expect((await client.ask("tools/call", CALL)).result).toMatchObject({ resultType: "complete" });
      expect(server.stillOpen()).toBe(1);
      expect(server.heard).not.toContain("1 notifications/cancelled");
    },
  );

  it("that end fail what is under way on them, and another is opened for the next", async () => {
    const server = scripted([{ ...PLAIN, "tools/call": "hang up" }, PLAIN]);
    const client = await modernClient(engine(server));
    expect((await client.ask("tools/call", CALL)).error).toMatchObject({ code: -32603 });
    expect((await client.ask("tools/call", CALL)).result).toMatchObject({ resultType: "complete" });
    expect(server.heard.filter((said) => said.endsWith("tools/call"))).toEqual(["1 tools/call", "2 tools/call"]);
  });

  it("that nobody uses are closed", async () => {
    const server = scripted(PLAIN);
    const client = await modernClient(engine(server, { sessionIdleMs: 20 }));
    await client.ask("tools/call", CALL);
    await expect.poll(() => server.stillOpen()).toBe(0);
    expect((await client.ask("tools/call", CALL)).result).toMatchObject({ resultType: "complete" });
  });

  it("make room for clients that need another", async () => {
    const server = scripted(PLAIN);
    const backend = engine(server, { maxSessions: 1 });
    for (const capabilities of [{ a: {} }, { b: {} }]) {
      const client = await modernClient(backend, { capabilities });
      expect((await client.ask("tools/call", CALL)).result).toBeDefined();
    }
    expect(server.stillOpen()).toBe(1);
  });
});

describe("calls of clients that can be asked", () => {
  const capabilities = { elicitation: {} };
  const sessionsOf = (server: ScriptedBackend) => server.heard.filter((said) => said.endsWith("tools/call"));

  it("have a session each, and the rest goes to the first", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server), { capabilities });
    const first = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    const second = client.start("tools/call", CALL);
    await server.untilHeard("2 tools/call");
    await client.ask("tools/list");
    expect(server.heard.at(-1)).toBe("1 tools/list");
    server.finish(1);
    await client.answer(second);
    server.finish(0);
    await client.answer(first);
    client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call", 2);
  });

  it("share one where the transport tells what is asked for whom", async () => {
    const server = waitingServer("http");
    const client = await modernClient(engine(server), { capabilities });
    client.start("tools/call", CALL);
    client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call", 2);
  });

  it("wait for one another when there is no room, a while", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server, { maxSessions: 1, connectTimeoutMs: 300 }), { capabilities });
    const first = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    const second = client.start("tools/call", CALL);
    server.finish(0);
    await client.answer(first);
    await server.untilHeard("1 tools/call", 2);
    expect((await client.ask("tools/call", CALL)).error).toMatchObject({
      code: -32000,
      data: { mcpgen: { code: "overloaded" } },
    });
    server.finish(1);
    await client.answer(second);
  });

  it("that are given up while they wait are never made", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server, { maxSessions: 1 }), { capabilities });
    const first = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    client.cancel(client.start("tools/call", CALL));
    server.finish(0);
    await client.answer(first);
    await client.ask("tools/list");
    expect(sessionsOf(server)).toHaveLength(1);
  });

  it("leave the session of a call that was given up to its own client", async () => {
    const server = waitingServer();
    const backend = engine(server);
    const alice = await modernClient(backend, { capabilities, principal: "alice" });
    const bob = await modernClient(backend, { capabilities, principal: "bob" });
    const given = alice.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    alice.cancel(given);
    await server.untilHeard("1 notifications/cancelled");
    bob.start("tools/call", CALL);
    await server.untilHeard("2 tools/call");
    alice.start("tools/call", CALL);
    await server.untilHeard("1 tools/call", 2);
    expect(sessionsOf(server)).toEqual(["1 tools/call", "2 tools/call", "1 tools/call"]);
  });
});

describe("log messages", () => {
  /** Says one message at each of three levels, then answers. */
  const logging: Script = {
    ...PLAIN,
    "tools/call": (_, peer) => {
      for (const level of ["debug", "info", "error"])
        peer.send({ jsonrpc: "2.0", method: "notifications/message", params: { level, data: level } });
      return { result: {} };
    },
  };
  const level = (name: string) => ({ [`${P}logLevel`]: name });
  const loggedBy = ({ heard }: ModernClient) =>
    heard
      .filter(({ method }) => method === "notifications/message")
      .map(({ rpc }) => (rpc.params as { data: string }).data);
  const levels = ({ messages }: ScriptedBackend) =>
    messages
      .filter(({ method }) => method === "logging/setLevel")
      .map(({ params }) => (params as { level: string }).level);

  const cases: readonly { name: string; meta: object; want: readonly string[]; set: readonly string[] }[] = [
    { name: "none without a level", meta: {}, want: [], set: [] },
    { name: "from the level on", meta: level("info"), want: ["info", "error"], set: ["info"] },
    { name: "all", meta: level("debug"), want: ["debug", "info", "error"], set: ["debug"] },
    { name: "those that are never said", meta: level("emergency"), want: [], set: ["emergency"] },
  ];
  it.each(cases)("$name", async ({ meta, want, set }) => {
    const server = scripted(logging);
    const client = await modernClient(engine(server));
    await client.ask("tools/call", CALL, meta);
    await client.ask("tools/call", CALL, meta);
    expect(loggedBy(client)).toEqual([...want, ...want]);
    expect(levels(server)).toEqual(set);
    for (const message of client.heard.slice(0, want.length)) expect(message.relatedTo).toBe(1);
  });

  it("lowers the level, never raises it", async () => {
    const server = scripted(logging);
    const client = await modernClient(engine(server));
    for (const name of ["error", "info", "warning"]) await client.ask("tools/call", CALL, level(name));
    expect(levels(server)).toEqual(["error", "info"]);
    expect(loggedBy(client)).toEqual(["error", "info", "error", "error"]);
  });

  it("asks no server for a level that has none", async () => {
    const initialize: Reply = { result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: SERVER_INFO } };
    const server = scripted({ ...logging, initialize });
    const client = await modernClient(engine(server));
    await client.ask("tools/call", CALL, level("info"));
    expect(levels(server)).toEqual([]);
  });

  const shared: readonly { name: string; principal: string; meta: object; want: number }[] = [
    { name: "go to the one of several that wants them", principal: "anonymous", meta: {}, want: 2 },
    { name: "go to nobody where two want them", principal: "anonymous", meta: level("info"), want: 0 },
    { name: "go to nobody where they may be of somebody else", principal: "other", meta: {}, want: 0 },
  ];
  it.each(shared)("$name", async ({ principal, meta, want }) => {
    const server = scripted({ ...logging, "vendor/wait": "silence" });
    const backend = engine(server);
    const other = await modernClient(backend, { principal });
    other.start("vendor/wait", {}, meta);
    await server.untilHeard("1 vendor/wait");
    const client = await modernClient(backend);
    await client.ask("tools/call", CALL, level("info"));
    expect(loggedBy(client)).toHaveLength(want);
    expect(loggedBy(other)).toEqual([]);
  });
});

describe("a client that goes", () => {
  it("cancels without an echo: twice, too late, what never was", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server));
    await client.ask("tools/list");
    const id = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    for (const one of [id, id, 1, "never", 99]) client.cancel(one);
    await server.untilHeard("1 notifications/cancelled");
    server.finish(0); // too late
    await client.ask("tools/list");
    expect(client.heard.map((message) => message.id)).toEqual([1, 3]);
    expect(server.heard.filter((said) => said === "1 notifications/cancelled")).toHaveLength(1);
    const ids = server.messages.filter(({ method }) => method === "tools/call").map((rpc) => rpc.id);
    expect(server.messages.find(({ method }) => method === "notifications/cancelled")?.params).toMatchObject({
      requestId: ids[0],
    });
  });

  it("leaves nothing under way", async () => {
    const server = waitingServer();
    const client = await modernClient(engine(server));
    client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    await client.channel.close();
    await server.untilHeard("1 notifications/cancelled");
  });

  it("or stays and does not read is cut off; others are not", async () => {
    const server = scripted({
      ...PLAIN,
      "vendor/flood": ({ params }, peer) => {
        const { progressToken } = (params as { _meta: { progressToken: unknown } })._meta;
        for (let progress = 0; progress < 100; progress++)
          peer.send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress } });
        return "silence";
      },
    });
    const backend = engine(server, { clientBufferBytes: 5_000 });
    const other = await modernClient(backend);
    const deaf = await backend.open(new AbortController().signal);
    const _meta = { [`${P}protocolVersion`]: "2026-07-28", [`${P}clientCapabilities`]: {}, progressToken: 1 };
    void deaf.send(messageFromRpc({ jsonrpc: "2.0", id: 1, method: "vendor/flood", params: { _meta } }));
    await server.untilHeard("1 notifications/cancelled");
    const read = deaf.incoming[Symbol.asyncIterator]();
    await expect(read.next()).rejects.toMatchObject({ code: "overloaded" });
    expect((await other.ask("tools/call", CALL)).result).toBeDefined();
  });
});

describe("close", () => {
  it("answers what is under way and waits, ends the channels, and lets nobody in", async () => {
    const server = waitingServer();
    const backend = engine(server, { maxSessions: 1 });
    const client = await modernClient(backend, { capabilities: { roots: {} } });
    const first = client.start("tools/call", CALL);
    await server.untilHeard("1 tools/call");
    const second = client.start("tools/call", CALL);
    await Promise.all([backend.close(), backend.close()]);
    for (const id of [first, second]) expect((await client.answer(id)).error).toMatchObject({ code: -32603 });
    expect(server.stillOpen()).toBe(0);
    await expect(modernClient(backend)).rejects.toMatchObject({ code: "closed" });
    expect(() => client.start("tools/list")).toThrow();
  });
});
