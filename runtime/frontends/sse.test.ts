import { afterEach, describe, expect, it } from "vitest";
import { Client as ClientV2, SSEClientTransport as SseV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { ask, type Answer, type AskOptions } from "../../generator/testing/http-peer.js";
import { request, stage, type Stage } from "../../generator/testing/http-visitor.js";
import type { Script } from "../../generator/testing/scripted.js";
import { apiKeyAuthenticator } from "../auth/api-key.js";
import type { Limits } from "../core/limits.js";
import { serve, type Running, type ServeOptions } from "../serve.js";
import { readEvents } from "../wire/sse.js";
import { legacySse } from "./sse.js";
import { webFrontend } from "./web.js";

let running: Running | undefined;
afterEach(() => running?.close());

interface StartOptions {
  readonly script?: Script;
  readonly limits?: Partial<Limits>;
  readonly authenticate?: NonNullable<ServeOptions["authenticate"]>;
}

async function start({ script, limits = {}, authenticate }: StartOptions = {}): Promise<{
  url: string;
  backend: Stage;
}> {
  const backend = stage(script);
  const front = webFrontend({ host: "127.0.0.1", port: 0, mounts: [legacySse()], limits });
  running = await serve({
    backend,
    backendEra: "legacy",
    frontends: [front],
    limits,
    ...(authenticate && { authenticate }),
  });
  return { url: running.addresses[0] ?? "", backend };
}

interface Visit {
  readonly stream: Answer;
  /** Where to post. */
  readonly messages: string;
  /** The next message on the stream; `undefined` at its end. */
  readonly next: () => Promise<unknown>;
  readonly post: (body: unknown, options?: AskOptions) => Promise<Answer>;
}

async function visit(url: string, headers: AskOptions["headers"] = {}): Promise<Visit> {
  const stream = await ask(url, { method: "GET", headers: { accept: "text/event-stream", ...headers } });
  expect(stream.status).toBe(200);
  const events = readEvents(stream.message, { maxBytes: 10_000_000 });
  const next = async (): Promise<{ event: string; text: string } | undefined> => {
    const one = await events.next().catch(() => ({ done: true as const, value: undefined }));
    if (one.done) return undefined;
    return { event: one.value.event, text: Buffer.concat(one.value.data).toString() };
  };
  const first = await next();
  expect(first?.event).toBe("endpoint");
  const messages = new URL(first?.text ?? "", url).href;
  return {
    stream,
    messages,
    async next() {
      const one = await next();
      if (one) expect(one.event).toBe("message");
      return one && (JSON.parse(one.text) as unknown);
    },
    post: (body, options) => ask(messages, { ...options, headers: { ...headers, ...options?.headers }, body }),
  };
}

const INITIALIZE = request(1, "initialize", {
  protocolVersion: "2024-11-05",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});

async function initialized(url: string, headers: AskOptions["headers"] = {}): Promise<Visit> {
  const visitor = await visit(url, headers);
  await visitor.post(INITIALIZE);
  await visitor.next();
  return visitor;
}

describe("a session", () => {
  it("has a stream whose first event says where to post, and its answers on it", async () => {
    const { url } = await start();
    const visitor = await visit(url);
    expect(visitor.stream.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(visitor.messages).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/messages\?sessionId=[\w-]{32}$/);
    const accepted = await visitor.post(INITIALIZE);
    expect([accepted.status, await accepted.text()]).toEqual([202, ""]);
    expect(await visitor.next()).toMatchObject({ id: 1, result: { protocolVersion: "2024-11-05" } });
    await visitor.post(request(2, "log"));
    expect([await visitor.next(), await visitor.next()]).toMatchObject([
      { method: "notifications/message" },
      { id: 2, result: { after: 2 } },
    ]);
  });

  it("takes an array, and answers each request by itself", async () => {
    const { url } = await start();
    const visitor = await initialized(url);
    const batch = [request(2, "echo", { a: 1 }), request(3, "echo", { a: 2 })];
    expect((await visitor.post(batch)).status).toBe(202);
    expect([await visitor.next(), await visitor.next()]).toMatchObject([
      { id: 2, result: { params: { a: 1 } } },
      { id: 3, result: { params: { a: 2 } } },
    ]);
  });

  it("is kept alive by comments", async () => {
    const { url } = await start({ limits: { keepAliveMs: 20 } });
    const stream = await ask(url, { method: "GET" });
    let text = "";
    for await (const chunk of stream.message as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (text.includes("\n:\n\n")) break;
    }
    expect(text).toMatch(/^event: endpoint\ndata: \S+\n\n:\n\n/);
  });

  it("ends with its stream, and cancels what is under way", async () => {
    const { url, backend } = await start();
    const visitor = await initialized(url);
    await visitor.post(request(2, "wait"));
    await backend.untilHeard("1 wait");
    await visitor.stream.drop();
    await expect.poll(() => backend.stillOpen()).toBe(0);
    expect((await visitor.post(request(3, "echo"))).status).toBe(404);
  });

  it("answers what waits when its server is gone", async () => {
    const { url } = await start({ script: { leave: "hang up" } });
    const visitor = await initialized(url);
    await visitor.post(request(2, "wait"));
    await visitor.post(request(3, "leave"));
    expect([await visitor.next(), await visitor.next()]).toMatchObject([
      { id: 2, error: { code: -32603 } },
      { id: 3, error: { code: -32603 } },
    ]);
  });

  it.each([
    { name: "nothing was ever posted to it", limits: { sessionIdleMs: 50 }, say: false },
    { name: "it is too old", limits: { sessionMaxMs: 300, sessionIdleMs: 100 }, say: true },
  ])("ends when $name", async ({ limits, say }) => {
    const { url, backend } = await start({ limits });
    const visitor = say ? await initialized(url) : await visit(url);
    expect(await visitor.next()).toBeUndefined();
    await expect.poll(() => backend.stillOpen()).toBe(0);
  });

  it("is refused where there are too many", async () => {
    const { url } = await start({ limits: { maxSessions: 1 } });
    await visit(url);
    const second = await ask(url, { method: "GET" });
    expect(second.status).toBe(503);
    expect(second.headers["retry-after"]).toBe("5");
  });
});

describe("what a post must be like", () => {
  const cases: readonly { name: string; options?: AskOptions; body?: unknown; want: number }[] = [
    { name: "an ordinary one", want: 202 },
    { name: "any Accept", options: { headers: { accept: "text/html" } }, want: 202 },
    { name: "plain text", options: { headers: { "content-type": "text/plain" } }, want: 415 },
    { name: "gzip", options: { headers: { "content-encoding": "gzip" } }, want: 415 },
    { name: "a foreign Origin", options: { headers: { origin: "https://evil.example" } }, want: 403 },
    { name: "a foreign Host", options: { headers: { host: "evil.example" } }, want: 403 },
    { name: "GET", options: { method: "GET" }, body: undefined, want: 405 },
    { name: "DELETE", options: { method: "DELETE" }, body: undefined, want: 405 },
    { name: "no JSON", body: "{", want: 400 },
    { name: "an empty array", body: [], want: 400 },
    { name: "101 messages", body: Array.from({ length: 101 }, (_, id) => request(id, "echo")), want: 400 },
    { name: "one id twice", body: [request(5, "echo"), request(5, "echo")], want: 400 },
    { name: "an id that is under way", body: request("busy", "echo"), want: 400 },
    { name: "too deep", body: `{"a":${"[".repeat(200)}${"]".repeat(200)}}`, want: 400 },
    { name: "too large", body: `{"jsonrpc":"2.0","method":"x","params":"${"x".repeat(20_000)}"}`, want: 413 },
  ];
  it.each(cases)("$name: $want", async ({ options = {}, want, ...given }) => {
    const { url } = await start({ limits: { maxMessageBytes: 20_000 } });
    const visitor = await initialized(url);
    await visitor.post(request("busy", "wait"));
    const body = "body" in given ? given.body : request(2, "echo");
    const answer = await visitor.post(body, options);
    expect(answer.status).toBe(want);
    if (want === 400) expect(await answer.json()).toMatchObject({ error: { code: body === "{" ? -32700 : -32600 } });
  });

  it.each(["", "?sessionId=", "?sessionId=x", "?sessionId=__proto__", "?sessionId=a&sessionId=b", "?session_id=x"])(
    "no session: /messages%s is 404",
    async (query) => {
      const { url } = await start();
      await visit(url);
      const answer = await ask(new URL(`/messages${query}`, url).href, { body: request(2, "echo") });
      expect(answer.status).toBe(404);
    },
  );
});

describe("who may post", () => {
  const keys = ["0123456789abcdef0123", "abcdef0123456789abcd"] as const;
  const authenticate = apiKeyAuthenticator({
    keys: keys.map((key, index) => ({ name: `client ${index}`, key })),
  });

  it("is the one whose session it is", async () => {
    const { url } = await start({ authenticate });
    const mine = await initialized(url, { "x-api-key": keys[0] });
    const statusWith = async (headers: NonNullable<AskOptions["headers"]>): Promise<number> =>
      (await ask(mine.messages, { headers, body: request(2, "echo") })).status;
    expect(await statusWith({ "x-api-key": keys[1] })).toBe(404);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ "x-api-key": keys[0] })).toBe(202);
    expect((await ask(url, { method: "GET" })).status).toBe(401);
  });
});

describe("the official clients", () => {
  const script: Script = {
    initialize: (rpc) => ({
      result: {
        protocolVersion: (rpc.params as { protocolVersion: string }).protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "stage", version: "1" },
      },
    }),
    "tools/list": { result: { tools: [] } },
    // A server of both eras: over this transport nobody may get at its modern side.
    "server/discover": { result: {} },
  };

  it("v1 is served", async () => {
    const { url } = await start({ script });
    const client = new ClientV1({ name: "test", version: "1" });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the transport that is tested
    await client.connect(new SseV1(new URL(url)));
    expect((await client.listTools()).tools).toEqual([]);
    await client.close();
  });

  it.each(["legacy", "auto"] as const)("v2 is served, mode %s", async (mode) => {
    const { url, backend } = await start({ script });
    const client = new ClientV2({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the transport that is tested
    await client.connect(new SseV2(new URL(url)));
    expect((await client.listTools()).tools).toEqual([]);
    expect(client.getNegotiatedProtocolVersion()).toBe("2025-11-25");
    expect(backend.heard.some((one) => one.includes("discover"))).toBe(false);
    await client.close();
  });
});

describe("drain", () => {
  it("lets what is under way be answered, takes nothing new, and ends the stream", async () => {
    let answer: () => void = () => undefined;
    const script: Script = {
      slow: (rpc, its) => {
        answer = () => its.send({ jsonrpc: "2.0", id: rpc.id ?? null, result: "late" });
        return "silence";
      },
    };
    const { url, backend } = await start({ script });
    const [idle, busy] = [await initialized(url), await initialized(url)];
    await busy.post(request(2, "slow"));
    await backend.untilHeard("2 slow");
    const drained = running?.drain();
    expect(await idle.next()).toBeUndefined();
    const refused = await busy.post(request(3, "echo"));
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
    const told = await busy.post({ jsonrpc: "2.0", method: "notifications/progress", params: {} });
    expect(told.status).toBe(202);
    expect((await ask(url, { method: "GET" })).status).toBe(503);
    answer();
    expect(await busy.next()).toMatchObject({ id: 2, result: "late" });
    expect(await busy.next()).toBeUndefined();
    await drained;
  });
});
