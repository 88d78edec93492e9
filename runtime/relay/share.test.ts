import { afterEach, describe, expect, it, vi } from "vitest";
import {
  INITIALIZED,
  scripted,
  type Peer,
  type Script,
  type ScriptedBackend,
} from "../../generator/testing/scripted.js";
import type { StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { shared } from "./share.js";

const backends: StatefulBackend[] = [];
afterEach(async () => {
  for (const one of backends.splice(0)) await one.close();
});

interface Setup {
  readonly server: ScriptedBackend;
  readonly peer: () => Peer;
  readonly open: (capabilities?: object, version?: string) => Promise<Client>;
  readonly openFor: (principal: string) => Promise<Client>;
}

interface Client {
  readonly channel: Channel;
  readonly inbox: Message[];
  readonly ended: Promise<unknown>;
  send(rpc: Rpc): Promise<void>;
  /** The next message of the server that is `wanted`. */
  until(wanted: (rpc: Rpc) => boolean): Promise<Rpc>;
  call(id: number, method: string, params?: object): Promise<Rpc>;
}

const EMPTY = { result: {} };

function setup(script: Script = {}, limits: Partial<Limits> = {}): Setup {
  let latest: Peer | undefined;
  const server = scripted({
    initialize: INITIALIZED,
    "resources/subscribe": EMPTY,
    "resources/unsubscribe": EMPTY,
    "logging/setLevel": EMPTY,
    "notifications/initialized": (_, peer) => {
      latest = peer;
      return undefined;
    },
    ...script,
  });
  const backend = shared(server, { limits: limitsOf(limits), log: silent });
  backends.push(backend);
  const begin = async (channel: Channel, params: object): Promise<Client> => {
    const client = read(channel);
    await client.call(0, "initialize", params);
    await client.send({ method: "notifications/initialized" });
    return client;
  };
  return {
    server,
    peer: () => {
      if (!latest) throw new Error("the session has not begun");
      return latest;
    },
    async open(capabilities = {}, protocolVersion = "2025-11-25") {
      return begin(await backend.open(new AbortController().signal), { protocolVersion, capabilities });
    },
    async openFor(id) {
      return begin(await backend.open(new AbortController().signal, { principal: { id } }), {});
    },
  };
}

function read(channel: Channel): Client {
  const inbox: Message[] = [];
  let arrived: () => void = () => undefined;
  const ended = (async () => {
    try {
      for await (const message of channel.incoming) {
        inbox.push(message);
        arrived();
      }
      return undefined;
    } catch (error) {
      return error;
    }
  })();
  const client: Client = {
    channel,
    inbox,
    ended,
    send: async (rpc) => channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc })),
    async until(wanted) {
      for (let at = 0; ;) {
        for (; at < inbox.length; at++) {
          const message = inbox[at];
          if (message && wanted(message.rpc)) return message.rpc;
        }
        await new Promise<void>((resolve) => (arrived = resolve));
      }
    },
    async call(id, method, params = {}) {
      await client.send({ id, method, params });
      return client.until((rpc) => rpc.id === id && rpc.method === undefined);
    },
  };
  return client;
}

const methods = ({ inbox }: Client): unknown[] => inbox.map(({ method, id }) => method ?? id);

describe("server sessions", () => {
  it("one for clients that agree, another for other capabilities and versions; initialize and initialized go once", async () => {
    const { server, open } = setup();
    await Promise.all([open({ roots: {}, sampling: {} }), open({ sampling: {}, roots: {} })]);
    const third = await open({ sampling: {} });
    await open({ sampling: {} }, "2025-06-18");
    await third.call(7, "ping");
    expect(server.heard.filter((one) => / initialize$/.test(one))).toHaveLength(3);
    expect(server.heard.filter((one) => / notifications\/initialized$/.test(one))).toHaveLength(3);
  });

  it("the answer to initialize is the server's, but for a list of everybody's tasks", async () => {
    const capabilities = { tools: { listChanged: true }, tasks: { list: {}, cancel: {} } };
    const { open } = setup({ initialize: { result: { capabilities, extra: 1.0 } } });
    const one = await open();
    expect(one.inbox[0]?.rpc).toEqual({
      jsonrpc: "2.0",
      id: 0,
      result: { capabilities: { tools: { listChanged: true }, tasks: { cancel: {} } }, extra: 1 },
    });
    expect(await one.call(1, "tasks/list")).toMatchObject({ error: { code: -32601 } });
  });

  it("a refused initialize is each client's own, and the next one is asked again", async () => {
    const { server, open } = setup({ initialize: { error: { code: -32602, message: "no" } } });
    const [one, two] = await Promise.all([open(), open()]);
    expect(one.inbox[0]?.rpc).toMatchObject({ id: 0, error: { code: -32602 } });
    expect(two.inbox[0]?.rpc).toMatchObject({ id: 0, error: { code: -32602 } });
    await open();
    expect(server.heard).toEqual(["1 initialize", "2 initialize"]);
    expect(server.stillOpen()).toBe(0);
  });

  it("a server that cannot be opened ends the client with the reason", async () => {
    const failure = new RuntimeError("unreachable", "no server");
    const backend = shared({ kind: "stdio", open: () => Promise.reject(failure) }, { limits: limitsOf(), log: silent });
    backends.push(backend);
    const one = read(await backend.open(new AbortController().signal));
    await one.send({ id: 1, method: "initialize", params: {} });
    expect(await one.ended).toBe(failure);
  });

  it("before initialize only ping is answered", async () => {
    const backend = setup();
    const one = read(await (backends[0] as StatefulBackend).open(new AbortController().signal));
    expect(await one.call(1, "ping")).toMatchObject({ result: {} });
    expect(await one.call(2, "tools/list")).toMatchObject({ error: { code: -32600 } });
    expect(backend.server.heard).toEqual([]);
  });

  it("ends when the last client has been gone for long enough, not while one is there", async () => {
    const { server, open } = setup({}, { sessionIdleMs: 20 });
    const [one, two] = [await open(), await open()];
    await one.channel.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(server.stillOpen()).toBe(1);
    await two.channel.close();
    while (server.stillOpen() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await open();
    expect(server.heard.filter((heard) => / initialize$/.test(heard))).toHaveLength(2);
  });

  it("has no more of them than there may be sessions: one that nobody uses makes room, else there is none", async () => {
    const { server, open } = setup({}, { maxSessions: 2 });
    const first = await open({ a: {} });
    await open({ b: {} });
    await first.channel.close();
    await open({ c: {} });
    const last = read(await (backends[0] as StatefulBackend).open(new AbortController().signal));
    await last.send({ id: 1, method: "initialize", params: { capabilities: { d: {} } } });
    expect(await last.ended).toMatchObject({ code: "overloaded" });
    expect(server.stillOpen()).toBe(2);
  });
});

describe("subscriptions", () => {
  it("updates reach those who have subscribed, and the server is unsubscribed with the last of them", async () => {
    const { server, peer, open } = setup();
    const [one, two, three] = [await open(), await open(), await open()];
    await one.call(1, "resources/subscribe", { uri: "x:/a" });
    await two.call(1, "resources/subscribe", { uri: "x:/a" });
    await three.call(1, "resources/unsubscribe", { uri: "x:/a" });
    for (const uri of ["x:/a", "x:/a/below", "x:/ab"])
      peer().send({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
    await one.call(2, "ping"); // what was sent before it has arrived
    await one.call(3, "resources/unsubscribe", { uri: "x:/a" });
    expect(server.heard.filter((heard) => heard.endsWith("unsubscribe"))).toHaveLength(0);
    await two.channel.close();
    await server.untilHeard("1 resources/unsubscribe");
    const updates = (client: Client) =>
      client.inbox.flatMap(({ method, rpc }) =>
        method === "notifications/resources/updated" ? [(rpc.params as { uri: string }).uri] : [],
      );
    expect([updates(one), updates(two), updates(three)]).toEqual([["x:/a", "x:/a/below"], ["x:/a", "x:/a/below"], []]);
  });

  it("changes of lists reach everybody", async () => {
    const { peer, open } = setup();
    const [one, two] = [await open(), await open()];
    peer().send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    for (const client of [one, two]) await client.until((rpc) => rpc.method === "notifications/tools/list_changed");
  });
});

describe("logs", () => {
  it("the server is told the most verbose level that anybody wants; each gets its own", async () => {
    const { server, peer, open } = setup();
    const [one, two, three] = [await open(), await open(), await open()];
    const log = (level: string): void =>
      peer().send({ jsonrpc: "2.0", method: "notifications/message", params: { level, data: "x" } });
    log("debug"); // nobody has said anything yet
    await one.call(3, "ping");
    await one.call(1, "logging/setLevel", { level: "error" });
    await two.call(1, "logging/setLevel", { level: "debug" });
    for (const level of ["debug", "info", "error"]) log(level);
    await three.call(2, "ping");
    await one.call(2, "ping");
    await two.channel.close();
    await server.untilHeard("1 logging/setLevel", 3);
    const levels = (client: Client) =>
      client.inbox.flatMap(({ method, rpc }) =>
        method === "notifications/message" ? [(rpc.params as { level: string }).level] : [],
      );
    expect([levels(one), levels(two), levels(three)]).toEqual([
      ["debug", "error"],
      ["debug", "debug", "info", "error"],
      ["debug", "info", "error"],
    ]);
    const told = server.messages.filter(({ method }) => method === "logging/setLevel").map(({ params }) => params);
    expect(told).toEqual([{ level: "info" }, { level: "debug" }, { level: "info" }]);
  });
});

describe("requests of the server", () => {
  it("a ping is answered here", async () => {
    const { server, peer, open } = setup();
    const [one, two] = [await open(), await open()];
    peer().send({ jsonrpc: "2.0", id: 1, method: "ping" });
    await server.untilHeard("1 (result)");
    expect([...methods(one), ...methods(two)]).toEqual([0, 0]);
  });

  it("one that could be anybody's is refused, and says why", async () => {
    const { server, peer, open } = setup();
    await Promise.all([open(), open()]);
    peer().send({ jsonrpc: "2.0", id: 1, method: "roots/list" });
    await server.untilHeard("1 (error)");
    expect(server.messages.at(-1)).toMatchObject({
      id: 1,
      error: { code: -32603, message: expect.stringContaining("2 clients share this server") as unknown },
    });
  });

  it("withdrawn: the client that works on it is told, and no other", async () => {
    const { peer, open } = setup({ "tools/call": "silence" });
    const [one, two] = [await open(), await open()];
    await one.send({ id: 1, method: "tools/call" });
    peer().send({ jsonrpc: "2.0", id: "s", method: "elicitation/create", params: {} });
    await one.until((rpc) => rpc.id === "s");
    peer().send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "s" } });
    await one.until((rpc) => rpc.method === "notifications/cancelled");
    expect(methods(two)).toEqual([0]);
  });

  it("progress of one goes to the server only from the client that was asked", async () => {
    const { server, peer, open } = setup({ "tools/call": "silence" });
    const [one, two] = [await open(), await open()];
    await one.send({ id: 1, method: "tools/call" });
    const params = { _meta: { progressToken: "t" } };
    peer().send({ jsonrpc: "2.0", id: "s", method: "sampling/createMessage", params });
    await one.until((rpc) => rpc.id === "s");
    const progress = { method: "notifications/progress", params: { progressToken: "t", progress: 1 } };
    await two.send(progress);
    await two.call(2, "ping");
    expect(server.heard).not.toContain("1 notifications/progress");
    await one.send(progress);
    await server.untilHeard("1 notifications/progress");
  });
});

describe("what may belong to a call that was given up", () => {
  const ASK: Rpc = { jsonrpc: "2.0", id: "s", method: "elicitation/create", params: {} };
  const CALL: Rpc = { id: 1, method: "tools/call" };
  interface Case {
    readonly name: string;
    readonly limits?: Partial<Limits>;
    /** `one` has a call under way. */
    readonly given: (at: { readonly one: Client; readonly two: Client; readonly setup: Setup }) => Promise<unknown>;
    /** Who is asked and told; `undefined`: nobody. */
    readonly want: "one" | "two" | undefined;
  }
  const cancel = async ({ server }: Setup, client: Client): Promise<void> => {
    await client.send({ method: "notifications/cancelled", params: { requestId: 1 } });
    await server.untilHeard("1 notifications/cancelled");
  };
  const idOf = ({ server }: Setup): NonNullable<Rpc["id"]> =>
    server.messages.find(({ method }) => method === "tools/call")?.id ?? -1;
  const callSecond = async ({ server }: Setup, client: Client): Promise<void> => {
    await client.send(CALL);
    await server.untilHeard("1 tools/call", 2);
  };
  const cases: readonly Case[] = [
    {
      name: "canceled: not for another that is busy",
      given: async ({ one, two, setup }) => {
        await cancel(setup, one);
        await callSecond(setup, two);
      },
      want: undefined,
    },
    {
      name: "its client has gone: not for the only one left",
      given: async ({ one, setup: { server } }) => {
        await one.channel.close();
        await server.untilHeard("1 notifications/cancelled");
      },
      want: undefined,
    },
    {
      name: "canceled, and its client has gone then: not for the only one left",
      given: async ({ one, setup }) => {
        await cancel(setup, one);
        await one.channel.close();
      },
      want: undefined,
    },
    {
      name: "for its client when that is busy with another",
      given: async ({ one, setup }) => {
        await cancel(setup, one);
        await callSecond(setup, one);
      },
      want: "one",
    },
    {
      name: "answered late: for whoever is busy",
      given: async ({ one, two, setup }) => {
        await cancel(setup, one);
        await callSecond(setup, two);
        setup.peer().send({ jsonrpc: "2.0", id: idOf(setup), result: {} });
      },
      want: "two",
    },
    {
      name: "given up long ago: for whoever is busy",
      limits: { parkedMs: 1 },
      given: async ({ one, two, setup }) => {
        await cancel(setup, one);
        await callSecond(setup, two);
        const before = performance.now();
        await vi.waitUntil(() => performance.now() > before + 1);
      },
      want: "two",
    },
    {
      name: "more than can be remembered: for nobody",
      given: async ({ one, two, setup }) => {
        await cancel(setup, one);
        for (let n = 0; n < 1_001; n++) {
          await two.send(CALL);
          await two.send({ method: "notifications/cancelled", params: { requestId: 1 } });
        }
        await two.send(CALL);
        await setup.server.untilHeard("1 tools/call", 1_003);
      },
      want: undefined,
    },
  ];
  it.each(cases)("$name", async ({ limits, given, want }) => {
    const all = setup({ "tools/call": "silence" }, limits);
    const [one, two] = [await all.openFor("a"), await all.openFor("b")];
    await one.send(CALL);
    await all.server.untilHeard("1 tools/call");
    await given({ one, two, setup: all });
    all.peer().send({ jsonrpc: "2.0", method: "notifications/other" });
    all.peer().send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
    all.peer().send(ASK);
    const asked = want === "one" ? one : two;
    if (want) await asked.until(({ id }) => id === "s");
    else await all.server.untilHeard("1 (error)");
    await two.call(9, "ping"); // what was sent before it has arrived
    const got = (client: Client): unknown[] =>
      methods(client).filter((what) => /^(notifications.(other|message)|elicitation.create)$/.test(String(what)));
    const everything = ["notifications/other", "notifications/message", "elicitation/create"];
    expect([got(one), got(two)]).toEqual([want === "one" ? everything : [], want === "two" ? everything : []]);
    if (!want)
      expect(all.server.messages).toContainEqual(
        expect.objectContaining({ id: "s", error: expect.objectContaining({ code: -32603 }) as unknown }),
      );
  });
});

describe("log messages that name no request", () => {
  const cases: readonly {
    name: string;
    principals: readonly [string, string];
    busy: readonly number[];
    want: readonly number[];
  }[] = [
    { name: "one principal: to all", principals: ["a", "a"], busy: [0], want: [0, 1] },
    { name: "nobody busy: to all", principals: ["a", "b"], busy: [], want: [0, 1] },
    { name: "one busy: to that one", principals: ["a", "b"], busy: [1], want: [1] },
    { name: "several busy: to nobody", principals: ["a", "b"], busy: [0, 1], want: [] },
  ];
  it.each(cases)("$name", async ({ principals, busy, want }) => {
    const { server, peer, openFor } = setup({ "tools/call": "silence" });
    const clients = [await openFor(principals[0]), await openFor(principals[1])];
    for (const at of busy) await clients[at]?.send({ id: 1, method: "tools/call" });
    if (busy.length > 0) await server.untilHeard("1 tools/call", busy.length);
    peer().send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
    peer().send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    const readers: number[] = [];
    for (const [at, client] of clients.entries()) {
      await client.until(({ method }) => method === "notifications/tools/list_changed");
      if (methods(client).includes("notifications/message")) readers.push(at);
    }
    expect(readers).toEqual(want);
  });
});

describe("tasks and elicitations by URL", () => {
  it("belong to the client that has begun them", async () => {
    const { peer, open } = setup({
      "tools/call": { result: { task: { taskId: "t-1" } } },
      "tasks/get": { result: { taskId: "t-1" } },
    });
    const [one, two] = [await open(), await open()];
    await one.call(1, "tools/call", { name: "slow", task: {} });
    expect(await two.call(1, "tasks/get", { taskId: "t-1" })).toMatchObject({ error: { code: -32602 } });
    expect(await one.call(2, "tasks/get", { taskId: "t-1" })).toMatchObject({ result: { taskId: "t-1" } });
    peer().send({ jsonrpc: "2.0", method: "notifications/tasks/status", params: { taskId: "t-1" } });
    peer().send({ jsonrpc: "2.0", method: "notifications/tasks/status", params: { taskId: "t-2" } });
    await one.until((rpc) => rpc.method === "notifications/tasks/status");
    await one.call(3, "ping");
    expect(methods(one).filter((method) => method === "notifications/tasks/status")).toHaveLength(1);
    expect(methods(two)).not.toContain("notifications/tasks/status");
  });
});

describe("what the server asks for a task", () => {
  const _meta = { "io.modelcontextprotocol/related-task": { taskId: "t-1" } };
  const ASK: Rpc = { jsonrpc: "2.0", id: "s", method: "elicitation/create", params: { _meta } };
  it.each([true, false])("is for nobody but the client that has begun it; still there: %s", async (there) => {
    const { server, peer, open } = setup({
      "tools/call": ({ params }) =>
        "task" in (params as object) ? { result: { task: { taskId: "t-1" } } } : "silence",
    });
    const [one, two] = [await open(), await open()];
    await one.call(1, "tools/call", { name: "slow", task: {} });
    await two.send({ id: 1, method: "tools/call", params: {} });
    await server.untilHeard("1 tools/call", 2);
    if (!there) await one.channel.close();
    peer().send(ASK);
    const asked = [one, two].map((client) => client.until(({ id }) => id === "s"));
    await Promise.race([server.untilHeard("1 (error)"), ...asked]);
    expect([one, two].map((client) => methods(client).includes("elicitation/create"))).toEqual([there, false]);
  });
});

describe("a client that does not read", () => {
  it("is cut off at the limit, and the others go on", async () => {
    const { peer, open, server } = setup({ "tools/call": "silence" }, { clientBufferBytes: 10_000 });
    const backend = backends[0] as StatefulBackend;
    const stalled = await backend.open(new AbortController().signal);
    const one = await open();
    const params = { protocolVersion: "2025-11-25", capabilities: {} };
    await stalled.send(messageFromRpc({ jsonrpc: "2.0", id: 1, method: "initialize", params }));
    await stalled.send(messageFromRpc({ jsonrpc: "2.0", id: 2, method: "tools/call" }));
    const text = "x".repeat(2_000);
    for (let n = 0; n < 20; n++) {
      peer().send({ jsonrpc: "2.0", method: "notifications/tools/list_changed", params: { text, n } });
      await one.until((rpc) => (rpc.params as { n?: number } | undefined)?.n === n);
    }
    await server.untilHeard("1 notifications/cancelled");
    await expect(stalled.incoming[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "overloaded" });
    expect(await one.call(9, "resources/subscribe", { uri: "x:/a" })).toMatchObject({ result: {} });
  });
});
