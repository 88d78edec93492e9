import { afterEach, describe, expect, it } from "vitest";
import { modernClient, type ModernClientOptions } from "../../generator/testing/modern-client.js";
import { scripted, type Peer, type Script, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { Backend, StatefulBackend } from "../core/backend.js";
import { pipe } from "../core/channel.js";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.js";
import { silent } from "../core/log.js";
import { bytesOf, messageFromRpc, type Message, type RequestId, type Rpc } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { modernOverLegacy } from "./modern-over-legacy.js";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const P = "io.modelcontextprotocol/";
const SERVER_INFO = { name: "asking", version: "1" };
const INITIALIZED = {
  result: { protocolVersion: "2025-11-25", capabilities: { tools: {}, logging: {} }, serverInfo: SERVER_INFO },
};
const ALL = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const FORM = { method: "elicitation/create", params: { mode: "form", message: "who?", requestedSchema: {} } };
const RETRY = { name: "t", arguments: { b: 1, a: [2] } };

/** A server whose calls wait until the test says what becomes of them. */
interface AskingServer extends ScriptedBackend {
  readonly calls: readonly { readonly rpc: Rpc; readonly peer: Peer }[];
  /** Asks the client of the call. */
  ask(id: RequestId, request?: object, call?: number): void;
  finish(outcome: object, call?: number): void;
  /** What the client's side has answered, in order. */
  answers(): readonly Rpc[];
}

function askingServer(more: Script = {}): AskingServer {
  const calls: { rpc: Rpc; peer: Peer }[] = [];
  const wait = (rpc: Rpc, peer: Peer): "silence" => {
    calls.push({ rpc, peer });
    return "silence";
  };
  const backend = scripted({
    initialize: INITIALIZED,
    "tools/call": wait,
    "prompts/get": wait,
    "resources/read": wait,
    "tools/list": wait,
    "logging/setLevel": { result: {} },
    ...more,
  });
  const at = (call: number) => {
    const found = calls[call];
    if (!found) throw new Error(`there is no call ${call}`);
    return found;
  };
  return {
    ...backend,
    calls,
    ask: (id, request = FORM, call = 0) => at(call).peer.send({ jsonrpc: "2.0", id, ...request }),
    finish(outcome, call = 0) {
      const { rpc, peer } = at(call);
      peer.send({ jsonrpc: "2.0", id: rpc.id, ...outcome } as Rpc);
    },
    answers: () => backend.messages.filter(({ method }) => method === undefined),
  };
}

function engine(server: ScriptedBackend, limits: Partial<Limits> = {}): StatefulBackend {
  const backend = modernOverLegacy(server, { limits: { ...DEFAULT_LIMITS, ...limits }, log: silent });
  cleanUps.push(() => backend.close());
  return backend;
}

const connect = (backend: StatefulBackend, options: ModernClientOptions = {}) =>
  modernClient(backend, { capabilities: ALL, ...options });

interface InputRequired {
  readonly resultType: string;
  readonly inputRequests: Record<string, unknown>;
  readonly requestState: string;
}
const inputOf = ({ result }: Rpc): InputRequired => result as InputRequired;
const keysOf = (rpc: Rpc): string[] => Object.keys(inputOf(rpc).inputRequests);

/** A call that waits for its client. */
async function parkedCall(limits: Partial<Limits> = {}) {
  const server = askingServer();
  const backend = engine(server, limits);
  const client = await connect(backend);
  const id = client.start("tools/call", RETRY);
  await server.untilHeard("1 tools/call");
  server.ask("q1");
  const asked = await client.answer(id);
  const { requestState } = inputOf(asked);
  const key = keysOf(asked)[0] ?? "";
  const answered = { inputResponses: { [key]: { action: "accept" } }, requestState };
  return { server, backend, client, asked, requestState, key, retry: { ...RETRY, ...answered } };
}

describe("a call whose server asks", () => {
  it("ends in what is asked for, and goes on with the answer", async () => {
    const { server, client, asked, retry } = await parkedCall();
    expect(asked.result).toEqual({
      resultType: "input_required",
      inputRequests: { "elicitation-1": FORM },
      requestState: expect.any(String) as string,
      _meta: { "io.modelcontextprotocol/serverInfo": SERVER_INFO },
    });
    const id = client.start("tools/call", retry);
    await server.untilHeard("1 (result)");
    expect(server.answers()).toEqual([{ jsonrpc: "2.0", id: "q1", result: { action: "accept" } }]);
    server.finish({ result: { content: [] } });
    expect(await client.answer(id)).toMatchObject({ id, result: { resultType: "complete", content: [] } });
    expect(server.heard.filter((one) => one === "1 tools/call")).toHaveLength(1);
    expect(server.calls[0]?.rpc.params).toEqual(RETRY);
  });

  it("asks together what is asked together, again what was not answered, and ignores what nobody asked", async () => {
    const server = askingServer();
    const client = await connect(engine(server));
    const first = client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call");
    server.ask("q1");
    server.ask(2, { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } });
    server.ask("q3", { method: "roots/list" });
    const asked = await client.answer(first);
    expect(keysOf(asked)).toEqual(["elicitation-1", "sampling-2", "roots-3"]);
    const some = { "sampling-2": { role: "assistant" }, "elicitation-1": 12345, other: {}, __proto__: {} };
    const { requestState } = inputOf(asked);
    const again = await client.ask("tools/call", { ...RETRY, inputResponses: some, requestState });
    expect(keysOf(again)).toEqual(["elicitation-1", "roots-3"]);
    expect(inputOf(again).requestState).not.toBe(requestState);
    const stale = await client.ask("tools/call", { ...RETRY, inputResponses: some, requestState });
    expect(stale.error).toMatchObject({ code: -32602 });
    expect(server.answers()).toEqual([{ jsonrpc: "2.0", id: 2, result: { role: "assistant" } }]);
    const rest = { "elicitation-1": { action: "decline" }, "roots-3": { roots: [] } };
    const last = client.start("tools/call", {
      ...RETRY,
      inputResponses: rest,
      requestState: inputOf(again).requestState,
    });
    await server.untilHeard("1 (result)", 3);
    // The next round.
    server.ask("q4");
    const next = await client.answer(last);
    expect(keysOf(next)).toEqual(["elicitation-4"]);
  });

  it.each(["prompts/get", "resources/read"])("asks during %s", async (method) => {
    const server = askingServer();
    const client = await connect(engine(server));
    const id = client.start(method, { name: "n", uri: "u" });
    await server.untilHeard(`1 ${method}`);
    server.ask("q1");
    expect(keysOf(await client.answer(id))).toEqual(["elicitation-1"]);
  });

  it("brings an answer that came while nobody waited", async () => {
    const { server, client, retry } = await parkedCall();
    server.finish({ result: { content: ["late"] } });
    await server.untilHeard("1 (error)"); // its question is nobody's any more
    expect((await client.ask("tools/call", retry)).result).toMatchObject({ content: ["late"] });
  });

  it("fails when the server has ended meanwhile", async () => {
    const server = askingServer({ "tools/list": "hang up" });
    const backend = engine(server);
    const client = await connect(backend);
    const id = client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call");
    server.ask("q1");
    const { requestState } = inputOf(await client.answer(id));
    expect((await client.ask("tools/list")).error).toMatchObject({ code: -32603 });
    expect((await client.ask("tools/call", { ...RETRY, requestState })).error).toMatchObject({ code: -32603 });
  });

  it("goes on on another channel of the same client", async () => {
    const { server, backend, client, retry } = await parkedCall();
    await client.channel.close();
    expect(server.heard).not.toContain("1 notifications/cancelled");
    const other = await connect(backend);
    const id = other.start("tools/call", retry);
    await server.untilHeard("1 (result)");
    server.finish({ result: {} });
    expect((await other.answer(id)).result).toMatchObject({ resultType: "complete" });
  });

  it("asks no longer what the server takes back", async () => {
    const server = askingServer();
    const client = await connect(engine(server));
    const id = client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call");
    server.ask("q1");
    server.ask("q2");
    server.calls[0]?.peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "q1" } });
    expect(keysOf(await client.answer(id))).toEqual(["elicitation-2"]);
  });

  it("tells of progress under the token of the request that waits", async () => {
    const server = askingServer();
    const client = await connect(engine(server));
    const first = client.start("tools/call", RETRY, { progressToken: "one" });
    await server.untilHeard("1 tools/call");
    const { rpc, peer } = server.calls[0] ?? { rpc: {}, peer: undefined };
    const { progressToken } = (rpc.params as { _meta: { progressToken: unknown } })._meta;
    const tick = (progress: number): void =>
      peer?.send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress } });
    tick(1);
    server.ask("q1");
    const asked = await client.answer(first);
    tick(2); // nobody waits
    server.ask("p", { method: "ping" });
    await server.untilHeard("1 (result)");
    const { requestState } = inputOf(asked);
    const inputResponses = { "elicitation-1": { action: "accept" } };
    const second = client.start("tools/call", { ...RETRY, inputResponses, requestState }, { progressToken: "two" });
    await server.untilHeard("1 (result)", 2);
    tick(3);
    server.finish({ result: {} });
    await client.answer(second);
    expect(await client.notified("notifications/progress", 2)).toEqual([
      { progressToken: "one", progress: 1 },
      { progressToken: "two", progress: 3 },
    ]);
    expect(client.heard.map(({ relatedTo }) => relatedTo)).toEqual([1, 1, 2, 2]);
  });
});

describe("a state that is no good", () => {
  type Given = { readonly retry: Record<string, unknown>; readonly method?: string; readonly principal?: string };
  const cases: readonly { name: string; given: (state: string) => Given }[] = [
    { name: "altered", given: (state) => ({ retry: { ...RETRY, requestState: `A${state.slice(1)}` } }) },
    { name: "no text", given: () => ({ retry: { ...RETRY, requestState: 5 } }) },
    { name: "of other arguments", given: (requestState) => ({ retry: { name: "t", arguments: {}, requestState } }) },
    { name: "of another tool", given: (requestState) => ({ retry: { ...RETRY, name: "u", requestState } }) },
    {
      name: "of another method",
      given: (requestState) => ({ retry: { ...RETRY, requestState }, method: "prompts/get" }),
    },
    {
      name: "of somebody else",
      given: (requestState) => ({ retry: { ...RETRY, requestState }, principal: "mallory" }),
    },
  ];
  it.each(cases)("$name", async ({ given }) => {
    const { server, backend, client, requestState, retry } = await parkedCall();
    const { retry: bad, method = "tools/call", principal = "anonymous" } = given(requestState);
    const other = await connect(backend, { principal });
    expect((await other.ask(method, bad)).error).toMatchObject({ code: -32602 });
    // The call itself is unharmed.
    const id = client.start("tools/call", retry);
    await server.untilHeard("1 (result)");
    server.finish({ result: {} });
    expect((await client.answer(id)).result).toMatchObject({ resultType: "complete" });
    expect(server.calls).toHaveLength(1);
  });

  it("used before", async () => {
    const { client, retry } = await parkedCall();
    client.start("tools/call", retry);
    expect((await client.ask("tools/call", retry)).error).toMatchObject({ code: -32602 });
  });

  it("too old: the server is told, and the session is free for the next", async () => {
    const { server, client, retry } = await parkedCall({ parkedMs: 20, maxSessions: 1 });
    await server.untilHeard("1 notifications/cancelled");
    await server.untilHeard("1 (error)");
    expect((await client.ask("tools/call", retry)).error).toMatchObject({ code: -32602 });
    client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call", 2);
  });
});

describe("a client that gives up", () => {
  const cases: readonly {
    name: string;
    giveUp: (one: Awaited<ReturnType<typeof connect>>, id: RequestId) => unknown;
  }[] = [
    { name: "by a cancellation", giveUp: (client, id) => client.cancel(id) },
    { name: "by leaving", giveUp: (client) => client.channel.close() },
  ];
  it.each(cases)("while its call goes on, $name", async ({ giveUp }) => {
    const { server, backend, client, requestState } = await parkedCall();
    const id = client.start("tools/call", { ...RETRY, requestState, inputResponses: { "elicitation-1": {} } });
    await server.untilHeard("1 (result)");
    await giveUp(client, id);
    await server.untilHeard("1 notifications/cancelled");
    server.ask("q2");
    await server.untilHeard("1 (error)");
    expect(server.answers().at(-1)).toMatchObject({ id: "q2", error: { code: -32601 } });
    const other = await connect(backend);
    expect((await other.ask("tools/call", { ...RETRY, requestState })).error).toMatchObject({ code: -32602 });
    expect(client.heard.filter((message) => message.id === id)).toEqual([]);
  });
});

describe("what a server may not ask", () => {
  const cases: readonly { name: string; capabilities: object; ask: object; method?: string }[] = [
    { name: "what was not declared", capabilities: { sampling: {} }, ask: FORM },
    {
      name: "URLs where forms alone were declared",
      capabilities: { elicitation: {} },
      ask: { ...FORM, params: { mode: "url", url: "u", message: "m" } },
    },
    { name: "forms where URLs alone were declared", capabilities: { elicitation: { url: {} } }, ask: FORM },
    {
      name: "sampling with tools",
      capabilities: { sampling: {} },
      ask: { method: "sampling/createMessage", params: { tools: [] } },
    },
    { name: "anything of a client that declared nothing", capabilities: {}, ask: { method: "roots/list" } },
    { name: "anything unknown", capabilities: ALL, ask: { method: "vendor/ask" } },
    { name: "anything during another method", capabilities: ALL, ask: FORM, method: "tools/list" },
  ];
  it.each(cases)("$name", async ({ capabilities, ask, method = "tools/call" }) => {
    const server = askingServer();
    const client = await connect(engine(server), { capabilities });
    const id = client.start(method, RETRY);
    await server.untilHeard(`1 ${method}`);
    server.ask("q1", ask);
    await server.untilHeard("1 (error)");
    expect(server.answers()).toMatchObject([{ id: "q1", error: { code: -32601 } }]);
    server.finish({ result: {} });
    expect((await client.answer(id)).result).toMatchObject({ resultType: "complete" });
  });

  it("is told that we are there", async () => {
    const server = askingServer();
    const client = await connect(engine(server));
    client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call");
    server.ask("p1", { method: "ping" });
    await server.untilHeard("1 (result)");
    expect(server.answers()).toEqual([{ jsonrpc: "2.0", id: "p1", result: {} }]);
  });

  it("too much at once", async () => {
    const server = askingServer();
    const client = await connect(engine(server, { maxMessageBytes: 300 }));
    const id = client.start("tools/call", RETRY);
    await server.untilHeard("1 tools/call");
    for (const q of ["q1", "q2", "q3", "q4", "q5"]) server.ask(q);
    await server.untilHeard("1 (error)");
    expect(server.answers()[0]).toMatchObject({ error: { code: -32603 } });
    expect(keysOf(await client.answer(id)).length).toBeLessThan(5);
  });
});

describe("a server that wants URLs opened first", () => {
  const wanted = { mode: "url", url: "https://example.com/", message: "open it", elicitationId: "e" };
  const error = { code: -32042, message: "open it", data: { elicitations: [wanted] } };

  it("has the client asked, and is called again", async () => {
    let times = 0;
    const server = askingServer({ "tools/call": () => (++times === 1 ? { error } : { result: { content: [] } }) });
    const backend = engine(server);
    const client = await connect(backend);
    const asked = await client.ask("tools/call", RETRY);
    expect(inputOf(asked).inputRequests).toEqual({
      "elicitation-1": { method: "elicitation/create", params: { mode: "url", message: "open it", url: wanted.url } },
    });
    const { requestState } = inputOf(asked);
    const inputResponses = { "elicitation-1": { action: "accept" } };
    const mallory = await connect(backend, { principal: "mallory" });
    expect((await mallory.ask("tools/call", { ...RETRY, requestState })).error).toMatchObject({ code: -32602 });
    const done = await client.ask("tools/call", { ...RETRY, inputResponses, requestState });
    expect(done.result).toMatchObject({ resultType: "complete" });
    expect(times).toBe(2);
  });

  it("gets no client that cannot do it", async () => {
    const client = await connect(engine(askingServer({ "tools/call": { error } })), { capabilities: {} });
    expect((await client.ask("tools/call", RETRY)).error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });
});

it("gives up what is parked when it closes", async () => {
  const { backend, server } = await parkedCall();
  await backend.close();
  expect(server.stillOpen()).toBe(0);
});

/** A server over HTTP, which says of each question for which call it is. */
function httpServer(hear: (message: Message) => void): Backend {
  const [near, far] = pipe();
  void (async () => {
    for await (const message of far.incoming) {
      hear(message);
      const { id, method } = message;
      const send = (rpc: object): void => void far.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }, { relatedTo: id }));
      if (method === "initialize") send({ id, ...INITIALIZED });
      if (method === "tools/call") send({ id: `q${String(id)}`, ...FORM });
    }
  })();
  return { kind: "http", open: () => Promise.resolve(near) };
}

it("hands the client's answer on byte for byte", async () => {
  let hear: (text: string) => void = () => undefined;
  const answered = new Promise<string>((resolve) => (hear = resolve));
  const legacy = httpServer((message) => {
    if (message.kind === "response") hear(Buffer.concat(bytesOf(message)).toString());
  });
  const backend = modernOverLegacy(legacy, { limits: DEFAULT_LIMITS, log: silent });
  cleanUps.push(() => backend.close());
  const client = await connect(backend);
  const { requestState } = inputOf(await client.ask("tools/call", RETRY));
  const meta = `"_meta":{"${P}protocolVersion":"2026-07-28","${P}clientCapabilities":{}}`;
  const given = '{ "content":{"n":1.50e1,"id":12345678901234567890}}';
  const params = `{"arguments":{"a":[2],"b":1},"name":"t","requestState":"${requestState}","inputResponses":{"elicitation-1":${given}},${meta}}`;
  const retry = `{"jsonrpc":"2.0","id":"r","method":"tools/call","params":${params}}`;
  await client.channel.send(messageOf([Buffer.from(retry)]));
  expect(await answered).toMatch(
    /^\{"jsonrpc":"2.0","id":"q\d+","result":\{ "content":\{"n":1.50e1,"id":12345678901234567890\}\}\}$/,
  );
});

it("parks no more calls than may be, and frees the server of the rest", async () => {
  const heard: (string | undefined)[] = [];
  const legacy = httpServer(({ method }) => heard.push(method));
  const backend = modernOverLegacy(legacy, { limits: { ...DEFAULT_LIMITS, maxSessions: 2 }, log: silent });
  cleanUps.push(() => backend.close());
  const client = await connect(backend);
  const all = await Promise.all([1, 2, 3].map((n) => client.ask("tools/call", { name: String(n) })));
  expect(all.map(({ result, error }) => (result ? "asked" : error?.code))).toEqual(["asked", "asked", -32000]);
  expect(heard.filter((method) => method === "initialize")).toHaveLength(1);
  expect(heard.filter((method) => method === "notifications/cancelled")).toHaveLength(1);
});
