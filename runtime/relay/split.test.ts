import { afterEach, describe, expect, it } from "vitest";
import { bridge } from "../core/bridge.js";
import { pipe, type Channel } from "../core/channel.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import type { Era, Session } from "../core/session.js";
import { META } from "../era/envelope.js";
import { splitEras } from "./split.js";

const ENVELOPE = { [META.protocolVersion]: "2026-07-28", [META.clientCapabilities]: {} };
const modern = (id: number, method: string, params: object = {}): Rpc => ({
  ...{ jsonrpc: "2.0", id, method },
  params: { ...params, _meta: ENVELOPE },
});
const legacy = (id: number, method: string): Rpc => ({ jsonrpc: "2.0", id, method, params: {} });
const cancel = (requestId: number, meta?: object): Rpc => ({
  ...{ jsonrpc: "2.0", method: "notifications/cancelled" },
  params: { requestId, ...(meta && { _meta: meta }) },
});

interface Split {
  readonly session: Session;
  /** Sends, and resolves once all of it has been looked at. */
  send(...messages: readonly Rpc[]): Promise<void>;
  /** What the client got. */
  readonly got: Message[];
  /** Halves that were opened, in order, with what each server side got. */
  readonly opened: { readonly era: Era; readonly server: Channel; readonly asked: Message[] }[];
}

const sessions: Session[] = [];
afterEach(() => Promise.all(sessions.splice(0).map((one) => one.close())));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function split(): Split {
  const [client, front] = pipe();
  const got: Message[] = [];
  const opened: Split["opened"] = [];
  const collect = async (channel: Channel, into: Message[]): Promise<void> => {
    for await (const message of channel.incoming) into.push(message);
  };
  void collect(client, got);
  const session = splitEras(front, (era, half) => {
    const [back, server] = pipe();
    const asked: Message[] = [];
    opened.push({ era, server, asked });
    void collect(server, asked);
    const closed = bridge(half, back);
    const close = (): Promise<void> => back.close().then(() => void closed);
    return Promise.resolve({ closed, close });
  });
  sessions.push(session);
  return {
    session,
    got,
    opened,
    async send(...messages) {
      for (const message of messages) await client.send(messageFromRpc(message));
      for (let i = 0; i < 5; i++) await turn();
    },
  };
}

const methods = ({ opened }: Split): unknown[] => opened.map(({ era, asked }) => [era, asked.map((one) => one.method)]);

describe("splitEras", () => {
  it("tells the era of each message, and opens a half with its first request", async () => {
    const one = split();
    await one.send(modern(1, "tools/list"), legacy(2, "initialize"), legacy(3, "tools/list"));
    await one.send({ jsonrpc: "2.0", method: "notifications/initialized" }, legacy(4, "server/discover"));
    expect(methods(one)).toEqual([
      ["modern", ["tools/list"]],
      ["legacy", ["initialize", "tools/list", "notifications/initialized"]],
    ]);
    // What is meant to be modern and has no envelope is told so.
    expect(one.got.map(({ rpc }) => rpc)).toMatchObject([{ id: 4, error: { code: -32602 } }]);
  });

  it.each([
    { name: "a cancellation of nothing", message: cancel(9) },
    { name: "a cancellation of nothing, with the envelope", message: cancel(9, ENVELOPE) },
    { name: "an answer to nothing", message: { jsonrpc: "2.0", id: 9, result: {} } },
    { name: "a notification before anything else", message: { jsonrpc: "2.0", method: "notifications/initialized" } },
  ])("starts nothing for $name", async ({ message }) => {
    const one = split();
    await one.send(message);
    expect([one.opened, one.got]).toEqual([[], []]);
    await one.send(modern(1, "tools/list"));
    await one.send(message);
    expect(methods(one)).toEqual([["modern", ["tools/list"]]]);
  });

  it("refuses an id that is in use, in either era, and still cancels the request that has it", async () => {
    const one = split();
    await one.send(modern(20, "subscriptions/listen"), modern(20, "tools/list"), legacy(20, "initialize"));
    expect(one.got.map(({ rpc }) => rpc)).toMatchObject([
      { id: 20, error: { code: -32600 } },
      { id: 20, error: { code: -32600 } },
    ]);
    await one.send(cancel(20));
    expect(methods(one)).toEqual([["modern", ["subscriptions/listen", "notifications/cancelled"]]]);
    await one.send(modern(20, "tools/list"));
    expect(one.opened[0]?.asked.at(-1)).toMatchObject({ id: 20, method: "tools/list" });
  });

  it("ends with its legacy half, and opens a modern one again", async () => {
    const one = split();
    await one.send(modern(1, "tools/list"));
    await one.opened[0]?.server.close();
    await one.send();
    await one.send(modern(2, "tools/list"));
    expect(one.opened.map(({ era }) => era)).toEqual(["modern", "modern"]);
    await one.send(legacy(3, "initialize"));
    await one.opened[2]?.server.close();
    expect(await one.session.closed).toMatchObject({ code: "closed" });
    const codes = one.got.map(({ id, failure }) => `${String(id)} ${String(failure?.code)}`);
    expect(codes.sort()).toEqual(["1 closed", "2 closed", "3 closed"]);
  });
});
