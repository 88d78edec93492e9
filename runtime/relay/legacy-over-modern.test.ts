import { describe, expect, it } from "vitest";
import { pipe, type Channel } from "../core/channel.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { bytesOf, messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { legacyOverModern } from "./legacy-over-modern.js";

const P = "io.modelcontextprotocol/";
const HELLO = `{"resultType":"complete","supportedVersions":["2026-07-28"],"ttlMs":5,"cacheScope":"public","capabilities":{"tools":{"listChanged":true}, "x":1.0,"extensions":{"${P}tasks":{}}},"instructions":"hi","_meta":{"${P}serverInfo":{"name":"s","version":"1"}}}`;
const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };

/** What a modern server says to a request: text of its result, of its error, or nothing yet. */
type Said = { result: string } | { error: string } | undefined;
type Answer = (rpc: Rpc, server: Peer) => Said;

interface Peer {
  say(text: string): void;
  end(): void;
}

interface Talk {
  readonly client: Channel;
  /** Requests and notifications that the server got, without `server/discover`. */
  readonly got: Rpc[];
  /** The next message for the client; its text. */
  readonly next: () => Promise<Message>;
  readonly ask: (id: number, method: string, params?: object) => Promise<Rpc>;
  readonly tell: (rpc: object) => Promise<void>;
  /** Resolves when the server has got that many messages. */
  readonly untilGot: (count: number) => Promise<Rpc>;
}

interface TalkOptions {
  readonly hello?: string;
  readonly initialize?: object | undefined;
  readonly limits?: Partial<Limits>;
}

async function talk(answer: Answer, options: TalkOptions = {}): Promise<Talk> {
  const [near, far] = pipe();
  const got: Rpc[] = [];
  let heard: () => void = () => undefined;
  const peer: Peer = {
    say: (text) => void far.send(messageOf([Buffer.from(text)])),
    end: () => void far.close(),
  };
  void (async () => {
    for await (const { rpc } of far.incoming) {
      const isDiscover = rpc.method === "server/discover";
      const { id } = rpc;
      const said = isDiscover ? { result: options.hello ?? HELLO } : answer(rpc, peer);
      if (!isDiscover) got.push(rpc);
      heard();
      if (said && id !== undefined)
        peer.say(
          `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${"result" in said ? `"result":${said.result}` : `"error":${said.error}`}}`,
        );
    }
  })();
  const backend = legacyOverModern(
    { kind: "stdio", open: () => Promise.resolve(near) },
    { limits: limitsOf(options.limits), log: () => undefined },
  );
  const client = await backend.open(new AbortController().signal);
  const reader = client.incoming[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const result = await reader.next();
    if (result.done === true) throw new Error("the channel has ended");
    return result.value;
  };
  const tell = async (rpc: object): Promise<void> => client.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }));
  const one: Talk = {
    client,
    got,
    next,
    tell,
    async ask(id, method, params) {
      await tell({ id, method, ...(params && { params }) });
      return (await next()).rpc;
    },
    async untilGot(count) {
      while (got.length < count) await new Promise<void>((resolve) => (heard = resolve));
      return got[count - 1] ?? {};
    },
  };
  if (!("initialize" in options) || options.initialize)
    await one.ask(0, "initialize", { ...INITIALIZE, ...options.initialize });
  return one;
}

const textOf = (message: Message): string =>
  Buffer.concat(bytesOf(message).map((part) => Buffer.from(part))).toString();
const nothing: Answer = () => undefined;

describe("initialize", () => {
  const cases: readonly { name: string; given: object; hello?: string; want: string }[] = [
    {
      name: "is answered from server/discover, text as it was",
      given: INITIALIZE,
      want: '{"capabilities":{"tools":{"listChanged":true}, "x":1.0,"logging":{}},"instructions":"hi","protocolVersion":"2025-11-25","serverInfo":{"name":"s","version":"1"}}',
    },
    {
      name: "speaks the client's revision",
      given: { ...INITIALIZE, protocolVersion: "2024-11-05" },
      hello: '{"supportedVersions":["2026-07-28"],"capabilities":{"logging":{"a":1}},"_meta":{"v":1}}',
      want: '{"capabilities":{"logging":{"a":1}},"_meta":{"v":1},"protocolVersion":"2024-11-05","serverInfo":{"name":"unknown","version":"0"}}',
    },
    {
      name: "offers the newest where the client's is unknown",
      given: { ...INITIALIZE, protocolVersion: "2026-07-28" },
      hello: '{"supportedVersions":["2026-07-28"]}',
      want: '{"protocolVersion":"2025-11-25","capabilities":{"logging":{}},"serverInfo":{"name":"unknown","version":"0"}}',
    },
  ];
  it.each(cases)("$name", async ({ given, hello, want }) => {
    const { tell, next } = await talk(nothing, { initialize: undefined, ...(hello !== undefined && { hello }) });
    await tell({ id: "i", method: "initialize", params: given });
    const answer = await next();
    expect(answer).toMatchObject({ id: "i", relatedTo: "i" });
    expect(textOf(answer)).toBe(`{"jsonrpc":"2.0","id":"i","result":${want}}`);
  });

  it("comes first, and once; ping is always answered", async () => {
    const { ask } = await talk(nothing, { initialize: undefined });
    expect(await ask(1, "tools/list")).toMatchObject({ id: 1, error: { code: -32600 } });
    expect(await ask(2, "ping")).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
    expect(await ask(3, "initialize", INITIALIZE)).toMatchObject({ id: 3, result: {} });
    expect(await ask(4, "initialize", INITIALIZE)).toMatchObject({ id: 4, error: { code: -32600 } });
  });

  it("does not hand on what says nothing to a legacy client, and may be tried again", async () => {
    const { ask } = await talk(nothing, { initialize: undefined, hello: "{}" });
    expect(await ask(1, "initialize", INITIALIZE)).toMatchObject({ id: 1, error: { code: -32603 } });
    expect(await ask(2, "initialize", INITIALIZE)).toMatchObject({ id: 2, error: { code: -32603 } });
  });

  it("is waited for by what comes after it", async () => {
    const { tell, next } = await talk(() => ({ result: "{}" }), { initialize: undefined });
    await Promise.all([
      tell({ id: 1, method: "initialize", params: INITIALIZE }),
      tell({ id: 2, method: "tools/list" }),
    ]);
    expect([(await next()).id, (await next()).id]).toEqual([1, 2]);
  });
});

describe("requests", () => {
  it("carry the envelope, and no more than the client has declared", async () => {
    const capabilities = {
      tasks: {},
      roots: { listChanged: true },
      sampling: { tools: {} },
      elicitation: { url: {} },
      experimental: { z: 1 },
      extensions: { [`${P}tasks`]: {} },
    };
    const one = await talk(() => ({ result: "{}" }), { initialize: { protocolVersion: "2025-06-18", capabilities } });
    await one.tell({ id: 1, method: "x/y" });
    expect(await one.untilGot(1)).toEqual({
      jsonrpc: "2.0",
      id: expect.any(Number) as unknown,
      method: "x/y",
      params: {
        _meta: {
          [`${P}logLevel`]: "info",
          [`${P}protocolVersion`]: "2026-07-28",
          [`${P}clientInfo`]: { name: "c", version: "1" },
          [`${P}clientCapabilities`]: { roots: {}, sampling: {}, elicitation: {}, experimental: { z: 1 } },
        },
      },
    });
    await one.next();
    await one.tell({
      id: 2,
      method: "tools/call",
      params: { name: "t", task: {}, _meta: { a: 1, [`${P}logLevel`]: "x" } },
    });
    expect(await one.untilGot(2)).toMatchObject({ params: { name: "t", _meta: { a: 1, [`${P}logLevel`]: "info" } } });
    expect(one.got[1]?.params).not.toHaveProperty("task");
    await one.tell({ method: "notifications/x", params: { a: 1 } });
    expect(await one.untilGot(3)).toMatchObject({ params: { a: 1, _meta: { [`${P}protocolVersion`]: "2026-07-28" } } });
  });

  it("of the other era are unknown", async () => {
    const { ask, got } = await talk(nothing);
    expect(await ask(1, "server/discover")).toMatchObject({ error: { code: -32601 } });
    expect(await ask(2, "subscriptions/listen")).toMatchObject({ error: { code: -32601 } });
    expect(got).toEqual([]);
  });

  it("are refused under an id in use", async () => {
    const { ask, tell } = await talk(nothing);
    await tell({ id: 1, method: "a" });
    expect(await ask(1, "b")).toMatchObject({ id: 1, error: { code: -32600 } });
  });

  const answers: readonly { name: string; method: string; said: Said; want: string | object }[] = [
    {
      name: "strips what is modern from a result, and keeps the rest",
      method: "tools/list",
      said: {
        result: `{"resultType":"complete", "n":1.0e2,"ttlMs":1,"cacheScope":"private","_meta":{"${P}serverInfo":{}, "v":2}}`,
      },
      want: '{"jsonrpc":"2.0","id":1,"result":{"n":1.0e2,"_meta":{"v":2}}}',
    },
    {
      name: "knows which results may be kept",
      method: "x/y",
      said: { result: '{"ttlMs":1}' },
      want: '{"jsonrpc":"2.0","id":1,"result":{"ttlMs":1}}',
    },
    {
      name: "passes any result",
      method: "x/y",
      said: { result: "[1.0]" },
      want: '{"jsonrpc":"2.0","id":1,"result":[1.0]}',
    },
    {
      name: "passes errors",
      method: "resources/read",
      said: { error: '{"code":-32602,"message":"m","data":{"uri":"u"},"x":1.0}' },
      want: '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m","data":{"uri":"u"},"x":1.0}}',
    },
    {
      name: "tells a model of a missing capability",
      method: "tools/call",
      said: { error: '{"code":-32021,"message":"needs sampling"}' },
      want: { result: { isError: true, content: [{ text: expect.stringContaining("needs sampling") as unknown }] } },
    },
    {
      name: "tells others as an error",
      method: "prompts/get",
      said: { error: '{"code":-32021,"message":"m"}' },
      want: { error: { code: -32603, data: { mcpgen: { code: "remote" } } } },
    },
    ...[-32020, -32022].map((code) => ({
      name: `keeps ${code} to its hop`,
      method: "tools/call",
      said: { error: `{"code":${code},"message":"m","data":{"supported":[]}}` },
      want: { error: { code: -32603 } },
    })),
    {
      name: "refuses kinds it does not know",
      method: "tools/call",
      said: { result: '{"resultType":"task"}' },
      want: { error: { code: -32603 } },
    },
    {
      name: "refuses kinds that are no text",
      method: "tools/call",
      said: { result: '{"resultType":7}' },
      want: { error: { code: -32603 } },
    },
    {
      name: "refuses input_required where it must not be",
      method: "tools/list",
      said: { result: '{"resultType":"input_required","requestState":"s"}' },
      want: { error: { code: -32603, message: expect.stringContaining("kind") as unknown } },
    },
    {
      name: "refuses input_required that names nothing",
      method: "tools/call",
      said: { result: '{"resultType":"input_required"}' },
      want: { error: { code: -32603 } },
    },
    {
      name: "refuses requests that are none",
      method: "tools/call",
      said: { result: '{"resultType":"input_required","inputRequests":{"k":{"method":"tools/call"}}}' },
      want: { error: { code: -32603 } },
    },
    {
      name: "refuses more requests than can be meant",
      method: "tools/call",
      said: {
        result: `{"resultType":"input_required","inputRequests":{${Array.from({ length: 65 }, (_, k) => `"${k}":{}`).join(",")}}}`,
      },
      want: { error: { code: -32603 } },
    },
    {
      name: "refuses what is no JSON",
      method: "tools/list",
      said: { result: `{"a" "${"x".repeat(2000)}"}` },
      want: { error: { code: -32603 } },
    },
  ];
  it.each(answers)("$name", async ({ method, said, want }) => {
    const { tell, next } = await talk(() => said);
    await tell({ id: 1, method, params: { name: "t" } });
    const answer = await next();
    expect(answer).toMatchObject({ id: 1, relatedTo: 1 });
    if (typeof want === "string") expect(textOf(answer)).toBe(want);
    else expect(answer.rpc).toMatchObject(want);
  });

  it("see values wrapped as their schema was", async () => {
    const said: Record<string, string> = {
      "tools/list": '{"tools":[{"name":"t","outputSchema":{"anyOf":[{"type":"object"}]}}]}',
      "tools/call": '{"content":[],"structuredContent":{"a":1.0}}',
    };
    const { tell, next } = await talk(({ method }) => ({ result: said[method ?? ""] ?? "{}" }));
    const answers: string[] = [];
    for (const method of ["tools/call", "tools/list", "tools/call"]) {
      await tell({ id: 1, method, params: { name: "t" } });
      answers.push(textOf(await next()));
    }
    expect(answers).toEqual([
      '{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"a":1.0}}}',
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","outputSchema":{"type":"object","properties":{"result":{"anyOf":[{"type":"object"}]}},"required":["result"]}}]}}',
      '{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"result":{"a":1.0}}}}',
    ]);
  });
});

describe("logging/setLevel", () => {
  it("is kept for what is asked later", async () => {
    const { ask, got } = await talk(() => ({ result: "{}" }));
    expect(await ask(1, "logging/setLevel", { level: "debug" })).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    for (const level of ["loud", 7, "__proto__"])
      expect(await ask(2, "logging/setLevel", { level })).toMatchObject({ id: 2, error: { code: -32602 } });
    await ask(3, "x");
    expect(got).toMatchObject([{ method: "x", params: { _meta: { [`${P}logLevel`]: "debug" } } }]);
  });
});

const ASKS =
  '"inputRequests":{"a":{"method":"elicitation/create","params":{"message":"m","n":1.0}},"b":{"method":"roots/list"}}';
const CAPABLE = { capabilities: { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} } };

describe("input_required", () => {
  /** First what is wanted, then the end. */
  const wanting = (wish: string): Answer => {
    let rounds = 0;
    return ({ id }) =>
      id === undefined || rounds++ > 0
        ? { result: '{"content":[]}' }
        : { result: `{"resultType":"input_required",${wish}}` };
  };

  it("asks the client at once for all, and the server again", async () => {
    const one = await talk(wanting(`${ASKS},"requestState":"a\\u00e9\\/b"`), { initialize: CAPABLE });
    await one.tell({ id: 7, method: "tools/call", params: { name: "t", arguments: { x: 1 } } });
    const [first, second] = [await one.next(), await one.next()];
    expect([first.relatedTo, second.relatedTo]).toEqual([7, 7]);
    expect(textOf(first)).toBe(
      `{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"m","n":1.0}}`,
    );
    expect(textOf(second)).toBe(`{"jsonrpc":"2.0","id":2,"method":"roots/list"}`);
    await one.client.send(messageOf([Buffer.from('{"jsonrpc":"2.0","id":2,"result":{"roots":[ ],"n":1e400}}')]));
    await one.tell({ id: 99, result: {} });
    await one.tell({ id: 1, result: { action: "decline" } });
    expect((await one.next()).rpc).toEqual({ jsonrpc: "2.0", id: 7, result: { content: [] } });
    expect(one.got).toHaveLength(2);
    expect(one.got[1]?.id).not.toBe(one.got[0]?.id);
    expect(one.got[1]?.params).toEqual({
      ...(one.got[0]?.params as object),
      requestState: "aé/b",
      inputResponses: { a: { action: "decline" }, b: { roots: [], n: Infinity } },
    });
  });

  it("adds no state where there was none, and waits where nothing is asked", async () => {
    const one = await talk(wanting('"inputRequests":{"b":{"method":"roots/list"}}'), { initialize: CAPABLE });
    await one.tell({ id: 1, method: "prompts/get", params: { name: "p", requestState: "mine" } });
    await one.tell({ id: (await one.next()).id, result: {} });
    await one.next();
    expect(one.got[1]?.params).not.toHaveProperty("requestState");
    const other = await talk(wanting('"requestState":"s"'), { initialize: CAPABLE });
    await other.ask(1, "resources/read", { uri: "u" });
    expect(other.got[1]?.params).toMatchObject({ uri: "u", requestState: "s" });
    expect(other.got[1]?.params).not.toHaveProperty("inputResponses");
  });

  const url = '"k":{"method":"elicitation/create","params":{"mode":"url","message":"m","url":"u"}}';
  const form = '"k":{"method":"elicitation/create","params":{"message":"m"}}';
  const sampling = (more: string): string => `"k":{"method":"sampling/createMessage","params":{"messages":[${more}]}}`;
  const tools = '"k":{"method":"sampling/createMessage","params":{"messages":[],"tools":[]}}';
  const gates: readonly {
    name: string;
    capabilities: object;
    asked: string;
    want: object | undefined;
    revision?: string;
  }[] = [
    { name: "no elicitation", capabilities: {}, asked: form, want: undefined },
    {
      name: "an empty elicitation is for forms",
      capabilities: { elicitation: {} },
      asked: form,
      want: { message: "m" },
    },
    { name: "an empty elicitation is not for URLs", capabilities: { elicitation: {} }, asked: url, want: undefined },
    { name: "URLs alone are no forms", capabilities: { elicitation: { url: {} } }, asked: form, want: undefined },
    {
      name: "URLs get an id",
      capabilities: { elicitation: { url: {} } },
      asked: url,
      want: { mode: "url", elicitationId: expect.stringMatching(/^[\w-]{36}$/) as unknown },
    },
    { name: "no sampling", capabilities: {}, asked: sampling(""), want: undefined },
    {
      name: "sampling",
      capabilities: { sampling: {} },
      asked: sampling('{"content":{}}'),
      want: { messages: [{ content: {} }] },
    },
    { name: "tools are not sampling", capabilities: { sampling: {} }, asked: tools, want: undefined },
    {
      name: "nor are lists of content",
      capabilities: { sampling: {} },
      asked: sampling('{"content":[]}'),
      want: undefined,
    },
    { name: "sampling with tools", capabilities: { sampling: { tools: {} } }, asked: tools, want: { tools: [] } },
    {
      name: "which older revisions do not know",
      capabilities: { sampling: { tools: {} } },
      revision: "2025-06-18",
      asked: tools,
      want: undefined,
    },
    {
      name: "nor audio",
      capabilities: { sampling: {} },
      revision: "2024-11-05",
      asked: sampling('{"content":{"type":"audio","data":"x"}}'),
      want: { messages: [{ content: { type: "text" } }] },
    },
    { name: "no roots", capabilities: {}, asked: '"k":{"method":"roots/list"}', want: undefined },
  ];
  it.each(gates)("$name", async ({ capabilities, asked, want, revision = "2025-11-25" }) => {
    const initialize = { capabilities, protocolVersion: revision };
    const one = await talk(wanting(`"inputRequests":{${asked}}`), { initialize });
    await one.tell({ id: 1, method: "tools/call", params: { name: "t" } });
    const { rpc } = await one.next();
    if (want) expect(rpc).toMatchObject({ method: expect.any(String) as unknown, params: want });
    else expect(rpc).toMatchObject({ id: 1, result: { isError: true, content: [{ type: "text" }] } });
  });

  it("fails with the client's error, and withdraws what else was asked", async () => {
    const one = await talk(wanting(ASKS), { initialize: CAPABLE });
    await one.tell({ id: 5, method: "prompts/get", params: { name: "p" } });
    const [first, second] = [await one.next(), await one.next()];
    await one.tell({ id: first.id, error: { code: -1, message: "no" } });
    expect(await one.next()).toMatchObject({
      relatedTo: 5,
      rpc: { method: "notifications/cancelled", params: { requestId: second.id } },
    });
    expect((await one.next()).rpc).toMatchObject({
      id: 5,
      error: { code: -32603, message: expect.stringContaining("no") as unknown },
    });
  });

  it("gives up a client that does not answer", async () => {
    const one = await talk(wanting('"inputRequests":{"b":{"method":"roots/list"}}'), {
      initialize: CAPABLE,
      limits: { parkedMs: 20 },
    });
    await one.tell({ id: 5, method: "tools/call", params: { name: "p" } });
    const asked = await one.next();
    expect((await one.next()).rpc).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: asked.id },
    });
    expect((await one.next()).rpc).toMatchObject({ id: 5, result: { isError: true } });
  });

  it("ends after ten rounds", async () => {
    const wish: Answer = () => ({
      result: '{"resultType":"input_required","inputRequests":{"b":{"method":"roots/list"}}}',
    });
    const one = await talk(wish, { initialize: CAPABLE });
    await one.tell({ id: 5, method: "tools/call", params: { name: "p" } });
    for (let round = 0; round < 10; round++) await one.tell({ id: (await one.next()).id, result: { roots: [] } });
    expect((await one.next()).rpc).toMatchObject({ id: 5, result: { isError: true } });
    expect(one.got).toHaveLength(11);
  });

  it("ends when the client cancels: nothing more is said to anybody but that", async () => {
    const one = await talk(wanting(ASKS), { initialize: CAPABLE });
    await one.tell({ id: 5, method: "tools/call", params: { name: "p" } });
    const asked = [await one.next(), await one.next()];
    await one.tell({ method: "notifications/cancelled", params: { requestId: 5, reason: "enough" } });
    for (const { id } of asked)
      expect((await one.next()).rpc).toMatchObject({
        method: "notifications/cancelled",
        params: { requestId: id, reason: "enough" },
      });
    for (const { id } of asked) await one.tell({ id, result: {} });
    expect(await one.ask(6, "ping")).toMatchObject({ id: 6 });
    expect(one.got).toHaveLength(1);
  });

  it("keeps progress going up over the rounds", async () => {
    let rounds = 0;
    const answer: Answer = ({ params }, server) => {
      const { progressToken } = (params as { _meta: { progressToken: number } })._meta;
      for (const progress of [1, 2 + rounds])
        server.say(JSON.stringify({ method: "notifications/progress", params: { progressToken, progress } }));
      return { result: rounds++ > 0 ? "{}" : '{"resultType":"input_required","requestState":"s"}' };
    };
    const one = await talk(answer);
    await one.tell({ id: 5, method: "tools/call", params: { name: "p", _meta: { progressToken: "t" } } });
    const seen: unknown[] = [];
    for (let message = await one.next(); message.kind === "notification"; message = await one.next())
      seen.push([message.relatedTo, message.rpc.params]);
    expect(seen).toEqual([1, 2, 3].map((progress) => [5, { progressToken: "t", progress }]));
  });
});

describe("cancel", () => {
  it("reaches the server under its id, and ends the request", async () => {
    const one = await talk(nothing);
    await one.tell({ id: "x", method: "tools/call", params: {} });
    const { id } = await one.untilGot(1);
    for (const requestId of ["y", "x", "x"])
      await one.tell({ method: "notifications/cancelled", params: { requestId } });
    expect(await one.untilGot(2)).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
    expect(await one.ask(2, "ping")).toMatchObject({ id: 2 });
    expect(one.got).toHaveLength(2);
  });
});

describe("what changes", () => {
  const acknowledge = (
    rpc: Rpc,
    server: Peer,
    notifications: unknown = (rpc.params as Rpc)["notifications"],
  ): undefined => {
    const _meta = { [`${P}subscriptionId`]: rpc.id };
    server.say(
      JSON.stringify({ method: "notifications/subscriptions/acknowledged", params: { notifications, _meta } }),
    );
  };
  const changed = (id: unknown, more = ""): string =>
    `{"method":"notifications/tools/list_changed","params":{"_meta":{"${P}subscriptionId":${JSON.stringify(id)}${more}}}}`;

  it("is listened to once the client is ready, and again when that ends", async () => {
    let times = 0;
    const one = await talk((rpc, server) => {
      if (rpc.method !== "subscriptions/listen") return undefined;
      acknowledge(rpc, server);
      server.say(changed(rpc.id, times === 0 ? "" : ',"v":1.0'));
      return times++ === 0 ? { result: "{}" } : undefined;
    });
    await one.tell({ method: "notifications/initialized" });
    await one.tell({ method: "notifications/initialized" });
    expect(textOf(await one.next())).toBe('{"method":"notifications/tools/list_changed"}');
    const second = await one.next();
    expect(textOf(second)).toBe('{"method":"notifications/tools/list_changed","params":{"_meta":{"v":1.0}}}');
    expect(second.relatedTo).toBeUndefined();
    expect(one.got.map(({ params }) => (params as Rpc)["notifications"])).toEqual([
      { toolsListChanged: true },
      { toolsListChanged: true },
    ]);
    expect((one.got[0]?.params as { _meta: object })._meta).not.toHaveProperty([`${P}logLevel`]);
  });

  it("is listened to once", async () => {
    const one = await talk((rpc, server) => acknowledge(rpc, server));
    await one.tell({ method: "notifications/initialized" });
    await one.tell({ method: "notifications/initialized" });
    await one.tell({ id: 1, method: "x" });
    await one.untilGot(2);
    expect(one.got.map(({ method }) => method)).toEqual(["subscriptions/listen", "x"]);
  });

  it("is subscribed to for a resource, until it is not", async () => {
    const one = await talk((rpc, server) => (rpc.id === undefined ? undefined : acknowledge(rpc, server)));
    expect(await one.ask(1, "resources/subscribe", { uri: "u" })).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    expect(await one.ask(2, "resources/subscribe", { uri: "u" })).toMatchObject({ result: {} });
    expect(one.got).toMatchObject([{ params: { notifications: { resourceSubscriptions: ["u"] } } }]);
    expect(await one.ask(3, "resources/unsubscribe", { uri: "u" })).toMatchObject({ result: {} });
    expect(await one.untilGot(2)).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: one.got[0]?.id },
    });
    expect(await one.ask(4, "resources/unsubscribe", { uri: "u" })).toMatchObject({ result: {} });
  });

  const refusals: readonly { name: string; answer: Answer; uri?: unknown; code: number }[] = [
    { name: "acknowledged without it", answer: (rpc, server) => acknowledge(rpc, server, {}), code: -32602 },
    { name: "refused", answer: () => ({ error: '{"code":-32601,"message":"m"}' }), code: -32601 },
    { name: "refused in modern terms", answer: () => ({ error: '{"code":-32021,"message":"m"}' }), code: -32603 },
    { name: "no URI", answer: nothing, uri: 7, code: -32602 },
    { name: "too long", answer: nothing, uri: "u".repeat(20_000), code: -32602 },
  ];
  it.each(refusals)("is not subscribed to: $name", async ({ answer, uri = "u", code }) => {
    const { ask } = await talk((rpc, server) => (rpc.id === undefined ? undefined : answer(rpc, server)));
    expect(await ask(1, "resources/subscribe", { uri })).toMatchObject({ id: 1, error: { code } });
  });
});

describe("the rest", () => {
  it("passes, but what the other era has no use for", async () => {
    const one = await talk(nothing);
    await one.tell({ method: "notifications/roots/list_changed" });
    await one.tell({ id: 1, method: "tools/call", params: {} });
    const { method } = await one.untilGot(1);
    expect(method).toBe("tools/call");
  });

  it("passes to the client, but what a modern server must not say", async () => {
    const one = await talk((_, server) => {
      server.say('{"id":1,"method":"sampling/createMessage"}');
      server.say('{"method":"notifications/elicitation/complete"}');
      server.say(`{"method":"notifications/x","params":{"_meta":{"${P}subscriptionId":99}}}`);
      server.say('{"method":"notifications/y","n":1.0}');
      return undefined;
    });
    await one.tell({ id: 1, method: "x" });
    expect(textOf(await one.next())).toBe('{"method":"notifications/y","n":1.0}');
  });

  it("ends with the server, for the reason that it has", async () => {
    const one = await talk((_, server) => (server.end(), undefined));
    await one.tell({ id: 1, method: "x" });
    await expect(one.next()).rejects.toMatchObject({ code: "closed" });
    await expect(one.client.send(messageFromRpc({ id: 2, method: "x" }))).rejects.toMatchObject({ code: "closed" });
  });

  it("makes the server wait for a client that does not read", async () => {
    const [near, far] = pipe(1);
    const session = await legacyOverModern(
      { kind: "stdio", open: () => Promise.resolve(near) },
      { limits: limitsOf(), log: () => undefined },
    ).open(new AbortController().signal);
    let taken = 0;
    for (let sent = 0; sent === taken && sent < 1_000; sent++) {
      void Promise.resolve(far.send(messageFromRpc({ method: "notifications/x" }))).then(() => taken++);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(taken).toBeGreaterThan(1);
    expect(taken).toBeLessThan(100);
    await session.close();
  });
});
