import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bridge, type BridgeOptions } from "./bridge.js";
import { MessageQueue, pipe, type Channel } from "./channel.js";
import { RuntimeError } from "./errors.js";
import { messageFromBytes, messageFromRpc, type Message, type Rpc } from "./message.js";

interface Bridged {
  readonly client: Channel;
  readonly server: Channel;
  readonly over: Promise<unknown>;
}

function start(options?: BridgeOptions): Bridged {
  const [client, front] = pipe();
  const [back, server] = pipe();
  return { client, server, over: bridge(front, back, options) };
}

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

async function rest(channel: Channel): Promise<Rpc[]> {
  const all: Rpc[] = [];
  for await (const message of channel.incoming) all.push(message.rpc);
  return all;
}

const request = (id: number | string, method = "m"): Message => messageFromRpc({ id, method });
const answer = (id: number | string): Message => messageFromRpc({ id, result: {} });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

describe("bridge", () => {
  it("does not wait for a request that its client has given up, and counts what it waits for", async () => {
    const gauge = { underWay: 0 };
    const { client, server, over } = start({ drainMs: 60_000, gauge });
    await client.send(request(1));
    await client.send(request(2));
    await client.send(messageFromRpc({ method: "notifications/cancelled", params: { requestId: 1 } }));
    for (let message = await next(server); message.kind !== "notification";) message = await next(server);
    expect(gauge).toEqual({ underWay: 1 });
    await server.send(answer(2));
    await server.close();
    await over;
    expect((await rest(client)).map(({ id }) => id)).toEqual([2]);
    expect(gauge).toEqual({ underWay: 0 });
  });

  it("moves every kind of message both ways as it is, in order", async () => {
    const given = [
      request(1, "no/such/method"),
      messageFromRpc({ method: "n", extra: { x: 1 } }),
      messageFromBytes({ kind: "request", id: 2, method: "m" }, [Buffer.from('{"id":2, "method":"m"}')]),
      answer("s"),
      messageFromRpc({ id: null, error: { code: 1, message: "x" } }),
    ];
    const { client, server } = start();
    for (const message of given) await client.send(message);
    for (const message of given) expect(await next(server)).toBe(message);
    for (const message of given) await server.send(message);
    for (const message of given) expect(await next(client)).toBe(message);
    await client.close();
  });

  it("refuses an id that is in use, and takes it again after the answer", async () => {
    const { client, server } = start();
    await client.send(request(1));
    await client.send(request(1));
    await client.send(request("1"));
    expect((await next(client)).rpc).toMatchObject({ id: 1, error: { code: -32600 } });
    expect([(await next(server)).id, (await next(server)).id]).toEqual([1, "1"]);
    await server.send(answer(1));
    expect(await next(client)).toMatchObject({ id: 1 });
    await client.send(request(1));
    expect(await next(server)).toMatchObject({ id: 1 });
    await client.close();
  });

  it("answers what is open when the server goes, then closes, and tells why", async () => {
    const { client, server, over } = start();
    for (const id of [1, 2, 3]) await client.send(request(id));
    for (let n = 0; n < 3; n++) await next(server);
    await server.send(answer(2));
    await turn();
    await server.close();
    expect(await over).toMatchObject({ code: "closed" });
    expect(await rest(client)).toMatchObject([
      { id: 2, result: {} },
      { id: 1, error: { code: -32603, data: { mcpgen: { code: "closed" } } } },
      { id: 3, error: { code: -32603 } },
    ]);
  });

  it("passes on what ended the server", async () => {
    const failure = new RuntimeError("closed", "exited with code 3");
    const [client, front] = pipe();
    const incoming = new MessageQueue();
    const reasons: unknown[] = [];
    const back: Channel = {
      incoming,
      send: () => undefined,
      close: (reason) => (reasons.push(reason), Promise.resolve()),
    };
    const over = bridge(front, back);
    await client.send(request(1));
    await turn();
    incoming.end(failure);
    expect(await over).toBe(failure);
    expect(reasons).toEqual([failure]);
    expect(await rest(client)).toMatchObject([{ id: 1, error: { message: "exited with code 3" } }]);
  });

  it("answers open requests also when a notification is what finds the server gone", async () => {
    const failure = new RuntimeError("closed", "no longer reads");
    const [client, front] = pipe();
    const [back, server] = pipe();
    const over = bridge(front, {
      ...back,
      send: (message) => (message.kind === "notification" ? Promise.reject(failure) : back.send(message)),
    });
    await client.send(request(1));
    await next(server);
    await client.send(messageFromRpc({ method: "n" }));
    expect(await over).toBe(failure);
    expect(await rest(client)).toMatchObject([{ id: 1, error: { message: "no longer reads" } }]);
  });

  it("answers a request that cannot be sent, and goes on", async () => {
    const [client, front] = pipe();
    const [back] = pipe();
    let broken = true;
    const sent: Message[] = [];
    void bridge(front, {
      ...back,
      send(message) {
        if (broken) throw new RuntimeError("too_large", "no");
        sent.push(message);
      },
    });
    await client.send(request(1));
    expect((await next(client)).rpc).toMatchObject({ id: 1, error: { message: "no" } });
    broken = false;
    await client.send(request(1));
    await turn();
    expect(sent).toHaveLength(1);
    await client.close();
  });

  it("ends in order with the client, and closes the server's side", async () => {
    const { client, server, over } = start();
    await client.close();
    expect(await over).toBeUndefined();
    expect(await rest(server)).toEqual([]);
  });
});

describe("a client that ends its side first", () => {
  /** Its reading side stays open, as with `printf … | proxy`. */
  function halfClosed(drainMs: number): { server: Channel; got: Message[]; over: Promise<unknown> } {
    const [back, server] = pipe();
    const incoming = new MessageQueue();
    const got: Message[] = [];
    void incoming.push(request(1));
    void incoming.push(request(2));
    incoming.end();
    const front: Channel = { incoming, send: (message) => void got.push(message), close: () => Promise.resolve() };
    return { server, got, over: bridge(front, back, { drainMs }) };
  }

  it("still gets all answers, and no one waits longer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { server, got, over } = halfClosed(1e9);
    await next(server);
    await next(server);
    await turn();
    expect(vi.getTimerCount()).toBe(1);
    await server.send(answer(2));
    await turn();
    await server.send(answer(1));
    expect(await over).toBeUndefined();
    expect(got.map(({ id }) => id)).toEqual([2, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait for ever", async () => {
    const { got, over } = halfClosed(5);
    expect(await over).toBeUndefined();
    expect(got.map(({ id, failure }) => [id, failure?.code]).sort()).toEqual([
      [1, "closed"],
      [2, "closed"],
    ]);
  });

  it("learns that the server has gone", async () => {
    const { server, got, over } = halfClosed(1e9);
    await next(server);
    await server.close();
    await over;
    expect(got.map(({ id, failure }) => [id, failure?.code]).sort()).toEqual([
      [1, "closed"],
      [2, "closed"],
    ]);
  });
});

describe("back-pressure", () => {
  it("reaches the writer on either side", async () => {
    const { client, server } = start();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      let sent = 0;
      const writing = (async () => {
        for (; sent < 500; sent++) await from.send(messageFromRpc({ method: String(sent) }));
      })();
      for (let n = 0; n < 50; n++) await turn();
      expect(sent).toBeLessThan(100);
      for (let n = 0; n < 500; n++) expect((await next(to)).method).toBe(String(n));
      await writing;
    }
    await client.close();
  });
});

describe("whatever happens", () => {
  it("every request gets exactly one answer", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("ask" as const) }),
      fc.record({ kind: fc.constant("answer" as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant("notify" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { client, server, over } = start();
        const open: number[] = [];
        let asked = 0;
        let answered = 0;
        const answers = rest(client);
        const serving = rest(server);
        for (const one of steps) {
          if (one.kind === "ask") {
            open.push(++asked);
            await client.send(request(asked));
          } else if (one.kind === "notify") await server.send(messageFromRpc({ method: "n" }));
          else if (open.length > 0) {
            await turn(); // a server answers what it has seen
            const [id] = open.splice(one.pick % open.length, 1);
            answered++;
            await server.send(answer(id ?? 0));
          }
        }
        await turn();
        await server.close();
        await over;
        await serving;
        const responses = (await answers).filter((rpc) => rpc.method === undefined);
        expect(responses.map(({ id }) => id).sort()).toEqual(
          Array.from({ length: asked }, (_, index) => index + 1).sort(),
        );
        expect(responses.filter((rpc) => rpc.error === undefined)).toHaveLength(answered);
      }),
    );
  });
});
