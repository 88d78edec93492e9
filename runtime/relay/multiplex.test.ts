import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scripted, type Script, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { Backend, StatefulBackend } from "../core/backend.js";
import { pipe, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { bytesOf, failureResponse, messageFromRpc, type Message, type RequestId, type Rpc } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { multiplexed } from "./multiplex.js";

const P = "io.modelcontextprotocol/";
const SUB = `${P}subscriptionId`;
const signal = new AbortController().signal;
const open: StatefulBackend[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one.close();
});

function over(server: Backend, limits: Partial<Limits> = {}, logged: string[] = []): StatefulBackend {
  const one = multiplexed(server, { limits: limitsOf(limits), log: (_, text) => logged.push(text) });
  open.push(one);
  return one;
}

const tell = async (channel: Channel, rpc: object): Promise<void> =>
  channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }));
const cancel = (channel: Channel, requestId: unknown): Promise<void> =>
  tell(channel, { method: "notifications/cancelled", params: { requestId } });

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}
/** Nothing else has come before the answer to this. */
async function quiet(channel: Channel): Promise<void> {
  await tell(channel, { id: "quiet", method: "echo", params: {} });
  expect(await next(channel)).toMatchObject({ id: "quiet" });
}
const textOf = (message: Message): string =>
  Buffer.concat(bytesOf(message).map((part) => Buffer.from(part))).toString();

const ECHO: Script = { echo: ({ params }) => ({ result: params }) };
const acknowledged = ({ id, params }: Rpc): Rpc => ({
  method: "notifications/subscriptions/acknowledged",
  params: { notifications: (params as Rpc)["notifications"], _meta: { [SUB]: id } },
});
const LISTEN = { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } };

describe("requests", () => {
  it("of 500 clients that all use id 1 get their own answers", async () => {
    const server = scripted(ECHO);
    const backend = over(server);
    const clients = await Promise.all(Array.from({ length: 500 }, () => backend.open(signal)));
    expect(server.stillOpen()).toBe(0);
    const answers = await Promise.all(
      clients.map(async (client, nonce) => {
        await tell(client, { id: 1, method: "echo", params: { nonce } });
        return next(client);
      }),
    );
    expect(answers.map(({ rpc, relatedTo }) => [rpc.id, relatedTo, rpc.result])).toEqual(
      clients.map((_, nonce) => [1, 1, { nonce }]),
    );
    expect(server.stillOpen()).toBe(1);
    expect(new Set(server.messages.map(({ id }) => id)).size).toBe(500);
  });

  it("keep their bytes, discover says what we serve", async () => {
    const [near, far] = pipe();
    void (async () => {
      for await (const { rpc } of far.incoming) {
        const text = `{"jsonrpc":"2.0", "id":${String(rpc.id)},"result":{"n":1.0e2, "supportedVersions":["x"],"requestState":"\\u00e9"}}`;
        await far.send(messageOf([Buffer.from(text)]));
      }
    })();
    const client = await over({ kind: "stdio", open: () => Promise.resolve(near) }).open(signal);
    await tell(client, { id: "a", method: "x" });
    expect(textOf(await next(client))).toBe(
      '{"jsonrpc":"2.0", "id":"a","result":{"n":1.0e2, "supportedVersions":["x"],"requestState":"\\u00e9"}}',
    );
    await tell(client, { id: "b", method: "server/discover" });
    expect(textOf(await next(client))).toBe(
      '{"jsonrpc":"2.0", "id":"b","result":{"n":1.0e2, "supportedVersions":["2026-07-28"],"requestState":"\\u00e9"}}',
    );
  });

  it("have their own progress", async () => {
    const script: Script = {
      ...ECHO,
      work({ params }, peer) {
        const { progressToken } = (params as { _meta: { progressToken: unknown } })._meta;
        peer.send({ method: "notifications/progress", params: { progressToken, progress: 1 } });
        peer.send({ method: "notifications/progress", params: { progressToken: "t", progress: 2 } });
        return { result: {} };
      },
    };
    const backend = over(scripted(script));
    const clients = [await backend.open(signal), await backend.open(signal)];
    for (const client of clients)
      await tell(client, { id: 1, method: "work", params: { _meta: { progressToken: "t" } } });
    for (const client of clients) {
      expect(await next(client)).toMatchObject({ relatedTo: 1, rpc: { params: { progressToken: "t", progress: 1 } } });
      expect(await next(client)).toMatchObject({ id: 1 });
      await quiet(client);
    }
  });

  it("under an id in use are refused", async () => {
    const client = await over(scripted({ wait: "silence" })).open(signal);
    await tell(client, { id: 1, method: "wait" });
    await tell(client, { id: 1, method: "wait" });
    expect((await next(client)).rpc).toMatchObject({ id: 1, error: { code: -32600 } });
  });

  it("open the server once, again after it has ended, and say why they cannot", async () => {
    const server = scripted([{ die: "hang up", wait: "silence" }, ECHO]);
    const backend = over(server);
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    await tell(a, { id: 1, method: "wait" });
    await tell(b, { id: 1, method: "die" });
    for (const client of [a, b]) expect((await next(client)).rpc).toMatchObject({ id: 1, error: { code: -32603 } });
    await tell(a, { id: 2, method: "echo" });
    expect((await next(a)).rpc).toMatchObject({ id: 2 });
    expect(server.heard).toEqual(["1 wait", "1 die", "2 echo"]);

    const dead = over({
      kind: "stdio",
      open: () => Promise.reject(new RuntimeError("unreachable", "no such program")),
    });
    const client = await dead.open(signal);
    await tell(client, { id: 1, method: "x" });
    expect(await next(client)).toMatchObject({
      failure: { code: "unreachable" },
      rpc: { error: { message: "no such program" } },
    });
  });

  it("wait no longer for a server than they may", async () => {
    const late = pipe();
    let opened: (channel: Channel) => void = () => undefined;
    const backend = over(
      { kind: "stdio", open: () => new Promise((resolve) => (opened = resolve)) },
      { connectTimeoutMs: 20 },
    );
    const client = await backend.open(signal);
    await tell(client, { id: 1, method: "x" });
    expect(await next(client)).toMatchObject({ failure: { code: "timeout" } });
    opened(late[0]);
    expect(await late[1].incoming[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });
});

describe("cancel", () => {
  it("reaches the server under its id; nothing comes after it", async () => {
    const script: Script = { ...ECHO, wait: "silence" };
    const server = scripted(script);
    const backend = over(server);
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    await tell(b, { id: 1, method: "wait" });
    await tell(a, { id: 1, method: "wait" });
    for (const id of ["1", 1, 1, 2, null]) await cancel(a, id);
    await quiet(a);
    const waits = server.messages.filter(({ method }) => method === "wait");
    expect(server.messages.filter(({ method }) => method === "notifications/cancelled")).toMatchObject([
      { params: { requestId: waits[1]?.id } },
    ]);
    await b.close();
    await server.untilHeard("1 notifications/cancelled", 2);
    expect(server.messages.at(-1)).toMatchObject({ params: { requestId: waits[0]?.id } });
  });

  it("and answers may race in any order", async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("ask", "cancel", "answer"), fc.nat(2), fc.nat(2)), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const [near, far] = pipe(1_000);
        const asked: (RequestId | undefined)[] = [];
        const heardAll = (async () => {
          for await (const { kind, id } of far.incoming) if (kind === "request") asked.push(id);
        })();
        const backend = multiplexed(
          { kind: "stdio", open: () => Promise.resolve(near) },
          { limits: limitsOf(), log: () => undefined },
        );
        const clients = [await backend.open(signal), await backend.open(signal), await backend.open(signal)];
        /** What each client still waits for, and what it may not hear of any more. */
        const waiting = clients.map(() => new Map<number, number>());
        const answered: number[] = [];
        const want: [number, number, number][] = [];
        let serial = 0;
        for (const [step, who, id] of given) {
          const client = clients[who] as Channel;
          const mine = waiting[who] as Map<number, number>;
          if (step === "ask" && !mine.has(id)) {
            mine.set(id, serial++);
            await tell(client, { id, method: "x" });
          } else if (step === "cancel") {
            mine.delete(id);
            await cancel(client, id);
          } else if (step === "answer") {
            const index = (who * 3 + id) % Math.max(1, serial);
            const askedId = asked[index];
            if (askedId === undefined) continue;
            const owner = waiting.findIndex((one) => [...one.values()].includes(index));
            if (owner >= 0 && !answered.includes(index)) {
              const [key] = [...(waiting[owner] as Map<number, number>)].find(([, at]) => at === index) ?? [-1];
              waiting[owner]?.delete(key);
              want.push([owner, key, index]);
            }
            answered.push(index);
            await far.send(messageFromRpc({ id: askedId, result: index }));
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        const got: [number, number, number][] = [];
        for (const client of clients) await client.close();
        for (const [who, client] of clients.entries())
          for await (const { rpc } of client.incoming) got.push([who, rpc.id as number, rpc.result as number]);
        await backend.close();
        await far.close();
        await heardAll;
        const order = (list: typeof got): string[] => list.map((one) => one.join()).sort();
        expect(order(got)).toEqual(order(want));
      }),
      { numRuns: 100 },
    );
  });
});

describe("subscriptions", () => {
  it("have the client's id in all that is said of them, and in their end", async () => {
    const script: Script = {
      ...ECHO,
      "subscriptions/listen": (rpc, peer) => {
        const _meta = { [SUB]: rpc.id };
        peer.send({ method: "notifications/tools/list_changed", params: { _meta } }); // too early
        peer.send(acknowledged(rpc));
        peer.send({ method: "notifications/tools/list_changed", params: { _meta } });
        peer.send({ method: "notifications/tools/list_changed", params: { _meta: { [SUB]: 99 } } });
        peer.send({ method: "notifications/tools/list_changed" });
        return { result: { resultType: "complete", _meta } };
      },
    };
    const backend = over(scripted(script));
    for (const id of ["x", 7]) {
      const client = await backend.open(signal);
      await tell(client, { id, ...LISTEN });
      const _meta = { [SUB]: id };
      expect(await next(client)).toMatchObject({ relatedTo: id, rpc: { params: { _meta, notifications: {} } } });
      expect(await next(client)).toMatchObject({
        relatedTo: id,
        method: "notifications/tools/list_changed",
        rpc: { params: { _meta } },
      });
      expect(await next(client)).toMatchObject({ relatedTo: id, rpc: { id, result: { _meta } } });
      await quiet(client);
    }
  });

  it("end in order where the server says so on stdio, and where we end", async () => {
    const script: Script = {
      ...ECHO,
      "subscriptions/listen": (rpc, peer) => (peer.send(acknowledged(rpc)), "silence"),
      "notifications/stop": (_, peer) => (
        peer.send({ method: "notifications/cancelled", params: { requestId: 1 } }),
        "silence"
      ),
    };
    const server = scripted(script);
    const backend = over(server);
    const client = await backend.open(signal);
    const graceful = (id: number): object => ({
      id,
      relatedTo: id,
      rpc: { result: { resultType: "complete", _meta: { [SUB]: id } } },
    });
    await tell(client, { id: 5, ...LISTEN });
    await next(client);
    await tell(client, { method: "notifications/stop" });
    expect(await next(client)).toMatchObject(graceful(5));
    await tell(client, { id: 6, ...LISTEN });
    await next(client);
    await tell(client, { id: 7, method: "subscriptions/wait" });
    await next(client);
    await tell(client, { id: 8, method: "echo" });
    await next(client);
    const closed = backend.close();
    expect(await next(client)).toMatchObject(graceful(6));
    await expect(next(client)).rejects.toThrow("ended");
    await closed;
    await expect(backend.open(signal)).rejects.toMatchObject({ code: "closed" });
    expect(server.stillOpen()).toBe(0);
  });

  const listening: Script = {
    ...ECHO,
    "subscriptions/listen": (rpc, peer) => (peer.send(acknowledged(rpc)), "silence"),
    die: "hang up",
  };
  const telling: Script = {
    ...ECHO,
    "subscriptions/listen": (rpc, peer) => {
      peer.send(acknowledged(rpc));
      peer.send({ method: "notifications/tools/list_changed", params: { _meta: { [SUB]: rpc.id } } });
      return "silence";
    },
  };

  it("survive the server, and are acknowledged once", async () => {
    const server = scripted([listening, telling]);
    const backend = over(server);
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    await tell(a, { id: "s", ...LISTEN });
    expect(await next(a)).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
    await tell(b, { id: 1, method: "die" });
    await next(b);
    expect(await next(a)).toMatchObject({
      method: "notifications/tools/list_changed",
      rpc: { params: { _meta: { [SUB]: "s" } } },
    });
    await cancel(a, "s");
    await quiet(a);
    expect(server.heard.filter((one) => one.includes("listen"))).toEqual([
      "1 subscriptions/listen",
      "2 subscriptions/listen",
    ]);
  });

  it("are given up with a server that does not come back", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const server = scripted([listening, { "subscriptions/listen": "hang up" }]);
    const backend = over(server);
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    await tell(a, { id: "s", ...LISTEN });
    await next(a);
    await tell(b, { id: 1, method: "die" });
    const answer = next(a);
    const given = { up: false };
    void answer.then(() => (given.up = true));
    for (let n = 0; n < 50 && !given.up; n++) await vi.advanceTimersByTimeAsync(1_000);
    expect((await answer).rpc).toMatchObject({ id: "s", error: { code: -32603 } });
    expect(server.heard.filter((one) => one.includes("listen"))).toHaveLength(6);
  });

  it("that end with their stream alone are opened again", async () => {
    let times = 0;
    const backend = over(
      streams((request, say) => {
        say({ ...acknowledged(request) });
        if (times++ === 0)
          return failureResponse(request.id as number, new RuntimeError("closed", "the stream broke off"));
        say({ method: "notifications/tools/list_changed", params: { _meta: { [SUB]: request.id } } });
        say({ method: "notifications/tools/list_changed", params: { _meta: { [SUB]: "other" } } });
        return messageFromRpc({ id: request.id as number, result: {} });
      }),
    );
    const client = await backend.open(signal);
    await tell(client, { id: "s", ...LISTEN });
    const seen = [await next(client), await next(client), await next(client)];
    expect(seen.map(({ kind, method }) => method ?? kind)).toEqual([
      ...["notifications/subscriptions/acknowledged", "notifications/tools/list_changed", "response"],
    ]);
  });
});

/** A server like those over HTTP: what belongs to a request comes on its stream. */
function streams(answer: (request: Rpc, say: (rpc: Rpc) => void) => Message): Backend {
  return {
    kind: "http",
    open() {
      const [near, far] = pipe(100);
      void (async () => {
        for await (const { rpc, id, kind } of far.incoming)
          if (kind === "request" && id !== undefined)
            await far.send(answer(rpc, (said) => void far.send(messageFromRpc(said, { relatedTo: id }))));
      })();
      return Promise.resolve(near);
    },
  };
}

describe("what belongs to no request", () => {
  const LOG = { method: "notifications/message", params: { level: "info", data: "x" } };
  const wanting = { _meta: { [`${P}logLevel`]: "info" } };
  const script: Script = {
    ...ECHO,
    wait: "silence",
    log: (_, peer) => (peer.send(LOG), { result: {} }),
    ask: (_, peer) => (peer.send({ id: 1, method: "sampling/createMessage" }), { result: {} }),
    say: (_, peer) => (peer.send({ method: "notifications/x" }), { result: {} }),
  };

  it("is a log for whoever alone wants logs", async () => {
    const backend = over(scripted(script));
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    await tell(b, { id: 1, method: "wait" });
    await tell(a, { id: 1, method: "log", params: wanting });
    expect(await next(a)).toMatchObject({ relatedTo: 1, rpc: LOG });
    expect(await next(a)).toMatchObject({ id: 1 });
    await tell(b, { id: 2, method: "wait", params: wanting });
    await tell(a, { id: 2, method: "log", params: wanting });
    expect(await next(a)).toMatchObject({ id: 2 });
    await cancel(b, 2);
    await tell(a, { id: 3, method: "log" });
    expect(await next(a)).toMatchObject({ id: 3 });
    await tell(a, { id: 4, method: "log", params: wanting });
    expect(await next(a)).toMatchObject({ relatedTo: 4, rpc: LOG });
    expect(await next(a)).toMatchObject({ id: 4 });
    await quiet(b);
  });

  it("is dropped and counted otherwise, what a modern server must not ask first of all", async () => {
    const logged: string[] = [];
    const client = await over(scripted(script), {}, logged).open(signal);
    for (const method of ["ask", "say"]) {
      await tell(client, { id: 1, method });
      expect(await next(client)).toMatchObject({ id: 1 });
    }
    expect(logged.filter((text) => text.startsWith("dropped"))).toHaveLength(2);
    const related = over(
      streams(({ id }, say) => {
        say({ id: 1, method: "sampling/createMessage" });
        say(LOG);
        return messageFromRpc({ id: id as number, result: {} });
      }),
    );
    const other = await related.open(signal);
    await tell(other, { id: 4, method: "x" });
    expect(await next(other)).toMatchObject({ relatedTo: 4, rpc: LOG });
    expect(await next(other)).toMatchObject({ id: 4 });
  });
});

/** Whatever can happen in memory has happened. */
const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe("a client that does not read", () => {
  const big = "x".repeat(1_000);
  const flood: Script = {
    ...ECHO,
    flood: ({ params }, peer) => {
      const { progressToken } = (params as { _meta: { progressToken: unknown } })._meta;
      for (let n = 0; n < 50; n++)
        peer.send({ method: "notifications/progress", params: { progressToken, progress: n, message: big } });
      return "silence";
    },
  };
  const flooding = { id: 1, method: "flood", params: { _meta: { progressToken: 1 } } };

  it("is cut off; the others do not notice", async () => {
    const server: ScriptedBackend = scripted(flood);
    const backend = over(server, { clientBufferBytes: 10_000 });
    const [slow, other] = [await backend.open(signal), await backend.open(signal)];
    await tell(slow, flooding);
    await quiet(other);
    await expect(next(slow)).rejects.toMatchObject({ code: "overloaded" });
    await server.untilHeard("1 notifications/cancelled");
    await expect(tell(slow, { id: 2, method: "echo" })).rejects.toMatchObject({ code: "closed" });
    await quiet(other);
  });

  it("is another one than who reads much", async () => {
    const backend = over(scripted(flood), { clientBufferBytes: 100_000 });
    const [client] = [await backend.open(signal), await backend.open(signal)];
    for (let id = 1; id < 4; id++) {
      await tell(client, { ...flooding, id });
      await settled();
      for (let n = 0; n < 50; n++) expect((await next(client)).rpc.params).toMatchObject({ progress: n });
    }
  });

  it("makes the server wait where nobody else would", async () => {
    const backend = over(scripted(flood), { clientBufferBytes: 10_000 });
    const slow = await backend.open(signal);
    await tell(slow, flooding);
    await settled();
    for (let n = 0; n < 50; n++) expect((await next(slow)).rpc.params).toMatchObject({ progress: n });
    await tell(slow, { ...flooding, id: 2 });
    await settled();
    const other = await backend.open(signal);
    await quiet(other);
    await expect(
      (async () => {
        for (;;) await next(slow);
      })(),
    ).rejects.toMatchObject({ code: "overloaded" });
  });
});
