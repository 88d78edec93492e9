import { describe, expect, it } from "vitest";
import { caller, type CallerOptions } from "./caller.js";
import { pipe, type Channel } from "./channel.js";
import { RuntimeError } from "./errors.js";
import { failureResponse, messageFromBytes, messageFromRpc, type Message, type Rpc } from "./message.js";

const LIMIT = { timeoutMs: 10_000 };

interface Server {
  /** Reads the next message of the caller. */
  next(): Promise<Message>;
  send(rpc: Rpc): Promise<void>;
  readonly channel: Channel;
}

function start(options?: CallerOptions): [ReturnType<typeof caller>, Server] {
  const [near, far] = pipe();
  const reader = far.incoming[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const result = await reader.next();
    if (result.done === true) throw new Error("the caller has closed");
    return result.value;
  };
  return [caller(near, options), { next, send: async (rpc) => far.send(messageFromRpc(rpc)), channel: far }];
}

const answerTo = ({ id }: Message, result: unknown): Rpc => ({ jsonrpc: "2.0", id: id ?? null, result });

describe("request", () => {
  it("gives each its own answer, whatever the order", async () => {
    const [one, server] = start({ idPrefix: "p-" });
    const answers = [one.request("a", { x: 1 }, LIMIT), one.request("b", undefined, LIMIT)];
    const [a, b] = [await server.next(), await server.next()];
    expect(a.rpc).toEqual({ jsonrpc: "2.0", id: "p-1", method: "a", params: { x: 1 } });
    expect(b.rpc).toEqual({ jsonrpc: "2.0", id: "p-2", method: "b" });
    await server.send(answerTo(b, "B"));
    await server.send({ jsonrpc: "2.0", id: "foreign", result: 0 });
    await server.send(answerTo(a, "A"));
    await server.send(answerTo(a, "again"));
    expect(await Promise.all(answers)).toEqual(["A", "B"]);
  });

  const errors: { name: string; given: unknown; want: object }[] = [
    {
      name: "an error object",
      given: { code: -1, message: "no", data: 1 },
      want: { text: "no", rpcError: { code: -1, message: "no", data: 1 } },
    },
    { name: "an error without a message", given: { code: -1 }, want: { text: "error without a message" } },
    { name: "null as an error", given: null, want: { text: "error without a message" } },
    { name: "a text as an error", given: "no", want: { text: "error without a message" } },
  ];
  it.each(errors)("fails with $name", async ({ given, want }) => {
    const [one, server] = start();
    const answer = one.request("a", {}, LIMIT);
    const { id } = await server.next();
    await server.send({ id: id ?? null, error: given } as Rpc);
    await expect(answer).rejects.toMatchObject({ code: "remote", ...want });
  });

  it("takes an error without id, when it can be meant for one alone", async () => {
    const [one, server] = start();
    const answer = one.request("a", {}, LIMIT);
    await server.next();
    await server.send({ id: null, error: { code: -32700, message: "what?" } });
    await expect(answer).rejects.toMatchObject({ code: "remote", text: "what?" });
  });

  it("fails with what this side says in the server's place, and with what cannot be parsed", async () => {
    const [one, server] = start();
    const failure = new RuntimeError("unauthenticated", "who?");
    const first = one.request("a", {}, LIMIT);
    await server.channel.send(failureResponse((await server.next()).id ?? "", failure));
    await expect(first).rejects.toBe(failure);
    const second = one.request("a", {}, LIMIT);
    const { id } = await server.next();
    await server.channel.send(messageFromBytes({ kind: "response", id: id ?? "" }, [Buffer.from("{")]));
    await expect(second).rejects.toMatchObject({ code: "bad_message" });
  });

  it.each([
    { method: "tools/list", want: ["tools/list", "notifications/cancelled"] },
    { method: "initialize", want: ["initialize", "next"] },
  ])("gives up in time, and cancels $method only where that is allowed", async ({ method, want }) => {
    const [one, server] = start();
    const answer = one.request(method, {}, { timeoutMs: 5, step: "the step" });
    const { id } = await server.next();
    await expect(answer).rejects.toMatchObject({ code: "timeout", text: "the step did not answer within 5 ms" });
    await one.notify("next");
    const second = await server.next();
    expect([method, second.method]).toEqual(want);
    if (second.method === "notifications/cancelled") expect(second.rpc.params).toEqual({ requestId: id });
    await server.send({ id: id ?? null, result: "late" });
  });

  it("is canceled by its signal", async () => {
    const [one, server] = start();
    const control = new AbortController();
    const answer = one.request("a", {}, { ...LIMIT, signal: control.signal });
    await server.next();
    control.abort();
    await expect(answer).rejects.toMatchObject({ code: "canceled" });
    expect((await server.next()).method).toBe("notifications/cancelled");
  });

  it("gives up in time also on a channel that takes nothing", async () => {
    const stuck: Channel = { ...pipe()[0], send: () => new Promise(() => undefined) };
    await expect(caller(stuck).request("a", {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: "timeout" });
  });

  it("keeps the time-out's reason where even the cancellation cannot be sent", async () => {
    const [near] = pipe();
    const channel: Channel = {
      ...near,
      send(message) {
        if (message.method === "notifications/cancelled") throw new RuntimeError("closed", "gone");
      },
    };
    await expect(caller(channel).request("a", {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: "timeout" });
  });
});

describe("the end", () => {
  it("fails all that wait, and all that come", async () => {
    const [one, server] = start();
    const answer = one.request("a", {}, LIMIT);
    await server.next();
    await server.channel.close();
    await expect(answer).rejects.toMatchObject({ code: "closed" });
    await one.ended;
    await expect(one.request("b", {}, LIMIT)).rejects.toMatchObject({ code: "closed" });
  });

  it("carries its reason, and is never unhandled", async () => {
    const failure = new RuntimeError("closed", "exited with code 3");
    const [near] = pipe();
    async function* incoming(): AsyncGenerator<Message> {
      await new Promise((resolve) => setImmediate(resolve));
      yield messageFromRpc({ method: "n" });
      throw failure;
    }
    const one = caller({ ...near, incoming: incoming() });
    await expect(one.request("a", {}, LIMIT)).rejects.toBe(failure);
    await expect(one.ended).rejects.toBe(failure);
  });
});

describe("the server's own messages", () => {
  it("reach the listener", async () => {
    const methods: unknown[] = [];
    const [one, server] = start({ onNotification: ({ method }) => void methods.push(method) });
    await server.send({ method: "n1" });
    await server.send({ method: "n2" });
    await server.channel.close();
    await one.ended;
    expect(methods).toEqual(["n1", "n2"]);
  });

  const replies: { name: string; given: CallerOptions; want: object }[] = [
    {
      name: "with what the handler gives",
      given: { onRequest: () => Promise.resolve({ roots: [] }) },
      want: { id: 9, result: { roots: [] } },
    },
    { name: "with -32601 without a handler", given: {}, want: { id: 9, error: { code: -32601 } } },
    {
      name: "with -32603 when the handler breaks",
      given: { onRequest: () => Promise.reject(new Error("boom")) },
      want: { id: 9, error: { code: -32603, message: "boom" } },
    },
    {
      name: "with the handler's own refusal",
      given: {
        onRequest: () => Promise.reject(new RuntimeError("remote", "no", { rpcError: { code: -1, message: "no" } })),
      },
      want: { id: 9, error: { code: -1, message: "no" } },
    },
  ];
  it.each(replies)("are answered $name", async ({ given, want }) => {
    const [, server] = start(given);
    await server.send({ id: 9, method: "roots/list" });
    expect((await server.next()).rpc).toMatchObject(want);
  });

  it("do no harm when the channel is gone before the answer", async () => {
    let finish: (result: unknown) => void = () => undefined;
    const [one, server] = start({ onRequest: () => new Promise((resolve) => (finish = resolve)) });
    await server.send({ id: 9, method: "roots/list" });
    await new Promise((resolve) => setImmediate(resolve));
    await one.close();
    finish({}); // vitest fails on an unhandled rejection
    await new Promise((resolve) => setImmediate(resolve));
  });
});
