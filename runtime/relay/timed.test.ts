import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pipe, type Channel } from "../core/channel.js";
import type { RuntimeError } from "../core/errors.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { timed } from "./timed.js";

const LIMITS = limitsOf({ requestTimeoutMs: 1_000, requestMaxMs: 5_000, connectTimeoutMs: 2_000 });

interface Timed {
  readonly client: Channel;
  readonly server: Channel;
  /** What the client has been told, as `id` with `ok`, `timeout` or `method`. */
  readonly told: string[];
  /** The same for the server. */
  readonly heard: string[];
}

const shortOf = ({ id, method, rpc, failure }: Message): string => {
  const { requestId } = (rpc.params ?? {}) as { requestId?: string | number };
  const what =
    failure?.code ?? (rpc.error ? "error" : method === undefined ? "ok" : method.replace("notifications/", ""));
  return [id, what, requestId].filter((one) => one !== undefined).join(" ");
};

async function listen(channel: Channel, into: string[]): Promise<void> {
  try {
    for await (const message of channel.incoming) into.push(shortOf(message));
    into.push("ended");
  } catch (error) {
    into.push(`ended by ${(error as RuntimeError).code}`);
  }
}

const opened: Timed[] = [];
async function open(): Promise<Timed> {
  const [near, server] = pipe();
  const client = await timed(
    { kind: "stdio", open: () => Promise.resolve(near) },
    { limits: LIMITS, log: silent },
  ).open(new AbortController().signal);
  const one: Timed = { client, server, told: [], heard: [] };
  void listen(client, one.told);
  void listen(server, one.heard);
  opened.push(one);
  return one;
}

const say = async (channel: Channel, rpc: Rpc): Promise<void> => {
  await channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }));
  await vi.advanceTimersByTimeAsync(0);
};
const call = (id: number, more: Rpc = {}): Rpc => ({ id, method: "tools/call", ...more });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(async () => {
  for (const { client } of opened.splice(0)) await client.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Case {
  readonly name: string;
  readonly given: (one: Timed) => Promise<void>;
  readonly want: { readonly told: readonly string[]; readonly heard?: readonly string[] };
}

const cases: readonly Case[] = [
  {
    name: "an answer in time passes, and nothing comes after it",
    given: async ({ client, server }) => {
      await say(client, call(1));
      await pass(900);
      await say(server, { id: 1, result: {} });
      await pass(9_000);
    },
    want: { told: ["1 ok"], heard: ["1 tools/call"] },
  },
  {
    name: "no answer: the client is told, the server too, and the late answer is dropped",
    given: async ({ client, server }) => {
      await say(client, call(1));
      await pass(940);
      await say(server, { method: "notifications/other" });
      await pass(110);
      await say(server, { id: 1, result: {} });
      await say(server, { id: 2, result: {} });
    },
    want: { told: ["other", "1 timeout", "2 ok"], heard: ["1 tools/call", "cancelled 1"] },
  },
  {
    name: "progress of its token starts the time anew, of another does not",
    given: async ({ client, server }) => {
      await say(client, call(1, { params: { _meta: { progressToken: "a" } } }));
      await say(client, call(2, { params: { _meta: { progressToken: "b" } } }));
      for (let n = 0; n < 3; n++) {
        await pass(700);
        await say(server, { method: "notifications/progress", params: { progressToken: "a", progress: n } });
      }
      await say(server, { id: 1, result: {} });
    },
    want: { told: ["progress", "2 timeout", "progress", "progress", "1 ok"] },
  },
  {
    name: "progress without end ends at the longest time",
    given: async ({ client, server }) => {
      await say(client, call(1, { params: { _meta: { progressToken: 7 } } }));
      for (let n = 0; n < 12; n++) {
        await pass(500);
        await say(server, { method: "notifications/cancelled", params: {} });
        if (n < 10) await say(server, { method: "notifications/progress", params: { progressToken: 7, progress: n } });
      }
    },
    want: {
      told: [
        ...Array.from({ length: 9 }, () => ["cancelled", "progress"]).flat(),
        ...["1 timeout", "cancelled", "progress", "cancelled", "cancelled"],
      ],
    },
  },
  {
    name: "the time stands still while the server waits for the client, and starts anew then",
    given: async ({ client, server }) => {
      await say(client, call(1));
      await say(server, { id: "s", method: "elicitation/create" });
      await pass(3_000);
      await say(client, { id: "s", result: {} });
      await pass(900);
      await say(server, { method: "notifications/other" });
      await pass(150);
    },
    want: { told: ["s elicitation/create", "other", "1 timeout"] },
  },
  {
    name: "an ask that is withdrawn holds nothing up",
    given: async ({ client, server }) => {
      await say(client, call(1));
      await say(server, { id: "s", method: "elicitation/create" });
      await say(server, { method: "notifications/cancelled", params: { requestId: "s" } });
      await pass(1_050);
    },
    want: { told: ["s elicitation/create", "cancelled s", "1 timeout"] },
  },
  {
    name: "what the client has canceled is not answered",
    given: async ({ client }) => {
      await say(client, call(1));
      await say(client, { method: "notifications/cancelled", params: { requestId: 1 } });
      await pass(9_000);
    },
    want: { told: [], heard: ["1 tools/call", "cancelled 1"] },
  },
  {
    name: "subscriptions/listen has no limit",
    given: async ({ client, server }) => {
      await say(client, { id: 2, method: "subscriptions/listen" });
      await pass(60_000);
      await say(server, { id: 2, result: {} });
    },
    want: { told: ["2 ok"], heard: ["2 subscriptions/listen"] },
  },
  {
    name: "initialize has the time of a connection",
    given: async ({ client, server }) => {
      await say(client, { id: 1, method: "initialize" });
      await pass(1_900);
      await say(server, { id: 1, result: {} });
      await pass(60_000);
    },
    want: { told: ["1 ok"], heard: ["1 initialize"] },
  },
  {
    name: "initialize without an answer ends the session, whatever else is heard; it is not canceled",
    given: async ({ client, server }) => {
      await say(client, { id: 1, method: "initialize", params: { _meta: { progressToken: 7 } } });
      await say(server, { id: "s", method: "ping" });
      await pass(1_900);
      await say(server, { method: "notifications/progress", params: { progressToken: 7, progress: 1 } });
      await pass(150);
    },
    want: { told: ["s ping", "progress", "1 timeout", "ended by timeout"], heard: ["1 initialize", "ended"] },
  },
];

describe("time limits", () => {
  it.each(cases)("$name", async ({ given, want }) => {
    const one = await open();
    await given(one);
    expect(one.told).toEqual(want.told);
    if (want.heard) expect(one.heard).toEqual(want.heard);
  });

  it("a request of the server on the stream of what was given up is answered, not shown", async () => {
    const one = await open();
    await say(one.client, call(1));
    await pass(1_050);
    await one.server.send(messageFromRpc({ id: "s", method: "sampling/createMessage" }, { relatedTo: 1 }));
    await one.server.send(messageFromRpc({ method: "notifications/message", params: {} }, { relatedTo: 1 }));
    await pass(0);
    expect(one.told).toEqual(["1 timeout"]);
    expect(one.heard.at(-1)).toBe("s canceled");
  });

  it("fires although the server takes nothing, and the failure of the send changes nothing then", async () => {
    const told: string[] = [];
    let refuse: (error: Error) => void = () => undefined;
    const [near] = pipe();
    const stuck: Channel = { ...near, send: () => new Promise<void>((_, reject) => (refuse = reject)) };
    const backend = timed({ kind: "stdio", open: () => Promise.resolve(stuck) }, { limits: LIMITS, log: silent });
    const client = await backend.open(new AbortController().signal);
    void listen(client, told);
    const sent = Promise.resolve(client.send(messageFromRpc(call(1)))).then(
      () => "sent",
      () => "failed",
    );
    const fail = refuse;
    await pass(1_050);
    expect(told).toEqual(["1 timeout"]);
    fail(new Error("gone"));
    refuse(new Error("gone"));
    expect(await sent).toBe("failed");
    await pass(5_000);
    expect(told).toEqual(["1 timeout"]);
    await client.close();
  });

  it("needs one timer for many requests, and none without", async () => {
    const one = await open();
    expect(vi.getTimerCount()).toBe(0);
    for (let id = 0; id < 100; id++) await say(one.client, call(id));
    expect(vi.getTimerCount()).toBe(1);
    for (let id = 0; id < 100; id++) await say(one.server, { id, result: {} });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("the clock on the wall may jump", async () => {
    const one = await open();
    await say(one.client, call(1));
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(500);
    await say(one.server, { id: 1, result: {} });
    expect(one.told).toEqual(["1 ok"]);
  });
});
