import { afterEach, describe, expect, it } from "vitest";
import { scripted, type Peer, type Script, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { UNWRITTEN } from "../wire/streams.js";
import { recovering } from "./recover.js";

const limits = limitsOf();
const channels: Channel[] = [];
afterEach(async () => {
  for (const one of channels.splice(0)) await one.close();
});

interface Client {
  readonly channel: Channel;
  readonly inbox: Message[];
  readonly ended: Promise<unknown>;
  readonly send: (rpc: Rpc) => Promise<void>;
  /** Resolves when so many messages of the server have come that match: `1 ok`, `1 closed`, a method. */
  readonly until: (what: string, times?: number) => Promise<void>;
}

const shortOf = ({ id, method, rpc, failure }: Message): string =>
  method ?? `${String(id)} ${failure?.code ?? (rpc.error ? "error" : "ok")}`;

async function connect(backend: Backend): Promise<Client> {
  const channel = await recovering(backend, { limits, log: silent }).open(new AbortController().signal);
  channels.push(channel);
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
  return {
    channel,
    inbox,
    ended,
    send: async (rpc) => channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc })),
    async until(what, times = 1) {
      while (inbox.filter((one) => shortOf(one) === what).length < times)
        await new Promise<void>((resolve) => (arrived = resolve));
    },
  };
}

const INITIALIZE = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: { roots: {} } },
};

/** A client whose session has begun. */
async function begun(backend: Backend): Promise<Client> {
  const client = await connect(backend);
  await client.send(INITIALIZE);
  await client.until("0 ok");
  await client.send({ method: "notifications/initialized" });
  return client;
}

const OK = { result: {} };
const CHANGING = {
  result: {
    protocolVersion: "2025-11-25",
    serverInfo: { name: "scripted", version: "1" },
    capabilities: { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true }, prompts: {} },
  },
};
const SERVER: Script = {
  initialize: CHANGING,
  ping: OK,
  "tools/call": OK,
  "logging/setLevel": OK,
  "resources/subscribe": OK,
  "resources/unsubscribe": OK,
};
const GONE = { failure: new RuntimeError("unknown_session", "forgotten") };

const heardBy = (server: ScriptedBackend, number: number): string[] =>
  server.heard.filter((one) => one.startsWith(`${number} `)).map((one) => one.slice(2));

describe("a server that ends", () => {
  it("another one is told what it knew; the client sees its lists change, and goes on", async () => {
    const server = scripted([{ ...SERVER, "tools/call": "hang up" }, SERVER]);
    const client = await begun(server);
    await client.send({ id: 1, method: "logging/setLevel", params: { level: "error" } });
    await client.send({ id: 2, method: "logging/setLevel", params: { level: "debug" } });
    for (const [n, uri] of ["x:/a", "x:/b", "x:/c"].entries())
      await client.send({ id: 10 + n, method: "resources/subscribe", params: { uri } });
    await client.send({ id: 20, method: "resources/unsubscribe", params: { uri: "x:/b" } });
    await client.until("20 ok");
    await client.send({ id: 30, method: "tools/call" });
    await client.until("notifications/resources/list_changed");
    await client.send({ id: 31, method: "tools/call" });
    await client.until("31 ok");

    expect(heardBy(server, 2)).toEqual([
      ...["initialize", "notifications/initialized", "logging/setLevel"],
      ...["resources/subscribe", "resources/subscribe", "tools/call"],
    ]);
    const replayed = server.messages.slice(-6).map(({ params }) => params);
    expect(replayed).toEqual([
      ...[INITIALIZE.params, undefined, { level: "debug" }, { uri: "x:/a" }, { uri: "x:/c" }],
      undefined,
    ]);
    expect(client.inbox.slice(-4).map(shortOf)).toEqual([
      ...["30 closed", "notifications/tools/list_changed", "notifications/resources/list_changed"],
      "31 ok",
    ]);
  });

  it("what it may have begun fails and is not sent again", async () => {
    const calls = { one: 0 };
    const counted = (): Script => ({
      ...SERVER,
      "tools/call": () => {
        calls.one++;
        return "silence";
      },
      ping: "hang up",
    });
    const server = scripted([counted(), counted()]);
    const client = await begun(server);
    for (let id = 1; id <= 20; id++) await client.send({ id, method: "tools/call" });
    await client.send({ id: 21, method: "ping" });
    await client.until("notifications/tools/list_changed");
    expect(client.inbox.filter(({ failure }) => failure?.code === "closed").map(({ id }) => id)).toEqual(
      Array.from({ length: 21 }, (_, n) => n + 1),
    );
    expect(client.inbox.find(({ id }) => id === 1)?.rpc.error).toMatchObject({ code: -32603 });
    expect(calls.one).toBe(20);
  });

  it("before initialize has succeeded the channel ends as the server does", async () => {
    const server = scripted([{ initialize: "hang up" }, SERVER]);
    const client = await connect(server);
    await client.send(INITIALIZE);
    expect(await client.ended).toMatchObject({ code: "closed" });
    expect(server.heard).toEqual(["1 initialize"]);
  });

  it("requests that come while it is away wait for the next one, which is opened once", async () => {
    const server = scripted([{ ...SERVER, ping: "hang up" }, SERVER]);
    const client = await begun(server);
    await client.send({ id: 1, method: "ping" });
    await client.until("1 closed");
    await Promise.all([2, 3, 4].map((id) => client.send({ id, method: "tools/call" })));
    for (const id of [2, 3, 4]) await client.until(`${id} ok`);
    expect(server.heard.filter((one) => one.endsWith("initialize"))).toHaveLength(2);
  });

  it("its own requests are withdrawn; late answers reach nobody, whatever ids the next one uses", async () => {
    const asks = (_: Rpc, peer: Peer): undefined => {
      peer.send({ jsonrpc: "2.0", id: 1, method: "roots/list" });
    };
    const server = scripted([
      { ...SERVER, "notifications/initialized": asks, ping: "hang up" },
      { ...SERVER, "notifications/initialized": asks },
    ]);
    const client = await begun(server);
    await client.until("roots/list");
    await client.send({ id: 1, method: "ping" });
    await client.until("notifications/cancelled");
    await client.until("roots/list", 2);
    const [first, second] = client.inbox.filter(({ method }) => method === "roots/list");
    await client.send({ id: first?.id ?? null, result: { roots: ["old"] } });
    await client.send({ id: second?.id ?? null, result: { roots: ["new"] } });
    await server.untilHeard("2 (result)");
    expect(server.messages.filter(({ result }) => result !== undefined)).toEqual([
      { jsonrpc: "2.0", id: 1, result: { roots: ["new"] } },
    ]);
  });

  it("one that ends each time it is opened is given up, with the reason", async () => {
    const server = scripted([{ ...SERVER, ping: "hang up" }, { initialize: "hang up" }]);
    const client = await begun(server);
    await client.send({ id: 1, method: "ping" });
    expect(await client.ended).toMatchObject({ code: "closed" });
    expect(server.heard.filter((one) => one.endsWith("initialize"))).toHaveLength(6);
    await expect(client.send({ id: 2, method: "ping" })).rejects.toMatchObject({ code: "closed" });
    expect(server.stillOpen()).toBe(0);
  });

  it.each(["overloaded", "unauthenticated", "forbidden", "config"] as const)(
    "a server that may not be opened (%s) is not tried again",
    async (code) => {
      const server = scripted({ ...SERVER, ping: "hang up" });
      let opened = 0;
      const client = await begun({
        kind: "stdio",
        open: (signal) => (opened++ === 0 ? server.open(signal) : Promise.reject(new RuntimeError(code, "no"))),
      });
      await client.send({ id: 1, method: "ping" });
      expect(await client.ended).toMatchObject({ code });
      expect(opened).toBe(2);
    },
  );

  it("closing while another one is opened ends everything", async () => {
    const server = scripted([{ ...SERVER, ping: "hang up" }, { initialize: "silence" }]);
    const client = await begun(server);
    await client.send({ id: 1, method: "ping" });
    await server.untilHeard("2 initialize");
    await client.channel.close();
    expect(await client.ended).toBeUndefined();
    expect(server.stillOpen()).toBe(0);
  });
});

describe("a server that has forgotten the session", () => {
  it("rejected requests are sent again once, and answered; nothing else is", async () => {
    const server = scripted([{ ...SERVER, "tools/call": GONE, ping: GONE }, SERVER]);
    const client = await begun(server);
    await Promise.all([
      client.send({ id: 1, method: "tools/call" }),
      client.send({ id: 2, method: "ping" }),
      client.send({ id: 3, method: "tools/call" }),
    ]);
    for (const id of [1, 2, 3]) await client.until(`${id} ok`);
    expect(heardBy(server, 2).sort()).toEqual([
      ...["initialize", "notifications/initialized", "ping", "tools/call", "tools/call"],
    ]);
    expect(server.stillOpen()).toBe(1);
  });

  it("that forgets at once again: the client is told", async () => {
    const server = scripted({ ...SERVER, "tools/call": GONE });
    const client = await begun(server);
    await client.send({ id: 1, method: "tools/call" });
    await client.until("1 unknown_session");
    expect(server.heard.filter((one) => one.endsWith("tools/call"))).toHaveLength(2);
  });

  it("what it still works on is awaited, then it is closed", async () => {
    let answer: () => void = () => undefined;
    const slow = (rpc: Rpc, peer: Peer): "silence" => {
      answer = () => peer.send({ jsonrpc: "2.0", id: rpc.id ?? null, result: {} });
      return "silence";
    };
    const server = scripted([{ ...SERVER, "tools/call": slow, ping: GONE }, SERVER]);
    const client = await begun(server);
    await client.send({ id: 1, method: "tools/call" });
    await client.send({ id: 2, method: "ping" });
    await client.until("2 ok");
    expect(server.stillOpen()).toBe(2);
    answer();
    await client.until("1 ok");
    expect(server.stillOpen()).toBe(1);
  });

  it("a cancellation that comes meanwhile counts", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const server = scripted([{ ...SERVER, "tools/call": GONE }, SERVER]);
    let opened = 0;
    const client = await begun({
      kind: "http",
      open: async (signal) => {
        if (opened++ > 0) await held;
        return server.open(signal);
      },
    });
    await client.send({ id: 1, method: "tools/call" });
    await new Promise((resolve) => setImmediate(resolve));
    await client.send({ method: "notifications/cancelled", params: { requestId: 1 } });
    release();
    await client.send({ id: 2, method: "ping" });
    await client.until("2 ok");
    expect(heardBy(server, 2)).not.toContain("tools/call");
  });
});

describe("a request that could not be handed on", () => {
  const refusing = (cause: unknown): { backend: Backend; second: ScriptedBackend } => {
    const first = scripted(SERVER);
    const second = scripted(SERVER);
    let opened = 0;
    const open = async (signal: AbortSignal): Promise<Channel> => {
      if (opened++ > 0) return second.open(signal);
      const channel = await first.open(signal);
      const incoming = new MessageQueue();
      void (async () => {
        for await (const message of channel.incoming) await incoming.push(message);
      })();
      return {
        ...channel,
        incoming,
        send: (message) =>
          message.method === "tools/call"
            ? Promise.reject(new RuntimeError("closed", "no more", { cause }))
            : channel.send(message),
      };
    };
    return { backend: { kind: "stdio", open }, second };
  };

  it("goes to the next server if the first one cannot have seen it", async () => {
    const { backend, second } = refusing(UNWRITTEN);
    const client = await begun(backend);
    await client.send({ id: 1, method: "tools/call" });
    await client.until("1 ok");
    expect(second.heard.at(-1)).toBe("1 tools/call");
  });

  it("fails if it may have", async () => {
    const { backend, second } = refusing(new Error("EPIPE"));
    const client = await begun(backend);
    await client.send({ id: 1, method: "tools/call" });
    await client.until("1 closed");
    await client.send({ id: 2, method: "ping" });
    await client.until("2 ok");
    expect(second.heard).not.toContain("1 tools/call");
  });
});
