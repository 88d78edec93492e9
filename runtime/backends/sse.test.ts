import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { json, rawServer, stream, type RawServer, type Script } from "../../generator/testing/raw-server.js";
import type { Backend } from "../core/backend.js";
import { caller } from "../core/caller.js";
import type { Channel } from "../core/channel.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { httpOrSseBackend } from "./http-or-sse.js";
import { sseBackend, type SseBackendOptions } from "./sse.js";

const cleanUps: (() => unknown)[] = [];
const logged: string[] = [];
const log: Log = (level, text) => void logged.push(`${level} ${text}`);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  logged.length = 0;
});
const never = new AbortController().signal;

interface SseServer extends RawServer {
  /** Of the session that was opened last. */
  say(rpc: unknown): void;
  end(): void;
}

/** A server of 2024-11-05 in the small: names its endpoint, takes every message, and says what the test says. */
async function serve(script: Script = (_one, response) => response.writeHead(202).end(), endpoint = "/post?s=1") {
  let events: ServerResponse | undefined;
  const server = await rawServer((one, response) => {
    if (one.method === "POST") void script(one, response);
    else events = stream(response, `event: endpoint\ndata: ${endpoint}\n\n`);
  });
  cleanUps.push(() => server.close());
  const made: SseServer = {
    ...server,
    say: (rpc) => void events?.write(`event: message\ndata: ${JSON.stringify(rpc)}\n\n`),
    end: () => void events?.end(),
  };
  return made;
}

async function open(backend: Backend, signal = never): Promise<Channel> {
  const channel = await backend.open(signal);
  cleanUps.push(() => channel.close());
  return channel;
}

const sse = (server: RawServer, more: Partial<SseBackendOptions> & { limits?: Partial<Limits> } = {}): Backend =>
  sseBackend({ url: `${server.origin}/sse`, log, ...more });

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

const request = (id: number | string, method = "tools/list"): Message => messageFromRpc({ jsonrpc: "2.0", id, method });
const INITIALIZED = { protocolVersion: "2024-11-05", capabilities: {}, serverInfo: { name: "raw", version: "1" } };

describe("messages", () => {
  it("are posted to the endpoint as they are, with the headers given, and come on the stream as they are", async () => {
    const server = await serve();
    const channel = await open(sse(server, { headers: { Authorization: "Bearer t" } }));
    const text = '{"jsonrpc":"2.0","id":1,"method":"x","params":{"n":12345678901234567890}}';
    await channel.send(messageOf([Buffer.from(text)]));
    const posted = await server.seen(({ method }) => method === "POST");
    expect(posted).toMatchObject({ path: "/post?s=1", body: text, headers: { authorization: "Bearer t" } });
    expect(server.received[0]).toMatchObject({ path: "/sse", headers: { accept: "text/event-stream" } });
    server.say({ jsonrpc: "2.0", method: "notifications/message" });
    server.say({ jsonrpc: "2.0", id: 7, method: "ping" });
    server.say({ result: { n: 1.5 }, id: 1, jsonrpc: "2.0" });
    const all = [await next(channel), await next(channel), await next(channel)];
    expect(all).toMatchObject([{ kind: "notification" }, { kind: "request", id: 7 }, { kind: "response", id: 1 }]);
    expect(Buffer.concat(all[2]?.bytes ?? []).toString()).toBe('{"result":{"n":1.5},"id":1,"jsonrpc":"2.0"}');
  });

  it("do not overtake the handshake", async () => {
    const server = await serve();
    const channel = await open(sse(server));
    await channel.send(request(1, "initialize"));
    const after = Promise.all([
      channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/initialized" })),
      channel.send(request(2)),
    ]);
    await server.seen(({ rpc }) => rpc.method === "initialize");
    server.say({ jsonrpc: "2.0", id: 5, method: "ping" });
    await next(channel);
    await channel.send(messageFromRpc({ jsonrpc: "2.0", id: 5, result: {} }));
    expect(server.received.map(({ rpc }) => rpc.method ?? rpc.id)).toEqual([undefined, "initialize", 5]);
    server.say({ jsonrpc: "2.0", id: 1, result: INITIALIZED });
    await after;
    await server.seen(({ rpc }) => rpc.id === 2);
    await server.seen(({ rpc }) => rpc.method === "notifications/initialized");
  });

  it("may be answered in the reply to the POST, and are answered once", async () => {
    const server = await serve((one, response) => json(response, { jsonrpc: "2.0", id: one.rpc.id, result: {} }));
    const channel = await open(sse(server));
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ id: 1 });
    server.say({ jsonrpc: "2.0", id: 1, result: { again: true } });
    server.say({ jsonrpc: "2.0", method: "notifications/last" });
    expect(await next(channel)).toMatchObject({ method: "notifications/last" });
  });

  it("that are none are reported; an error without id is the sole request's; what is too long is its request's failure", async () => {
    const server = await serve();
    const channel = await open(sse(server, { limits: { maxMessageBytes: 1000 } }));
    await channel.send(request(1));
    server.say("no message");
    server.say({ jsonrpc: "2.0", id: null, error: { code: -32000, message: "no" } });
    expect(await next(channel)).toMatchObject({ id: 1 });
    await channel.send(request(2));
    server.say({ jsonrpc: "2.0", id: 2, result: "x".repeat(30_000) });
    expect(await next(channel)).toMatchObject({ id: 2, failure: { code: "too_large", fault: "server" } });
    expect(logged.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });
});

describe("a POST that is refused", () => {
  it.each([
    { status: 401, code: "unauthenticated" },
    { status: 403, code: "forbidden" },
    { status: 404, code: "unreachable" },
    { status: 500, code: "unreachable" },
  ])("with $status is its request's answer, $code", async ({ status, code }) => {
    const server = await serve((_one, response) => response.writeHead(status).end("no"));
    const channel = await open(sse(server));
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ id: 1, failure: { code, status } });
    await channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/x" }));
    expect(logged.join()).toMatch(/warn .* did not take notifications\/x/);
  });

  it("by a broken connection is its request's answer, and the session lives", async () => {
    const server = await serve((one, response) => (one.rpc.id === 1 ? response.destroy() : response.end()));
    const channel = await open(sse(server));
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ id: 1, failure: { code: "closed" } });
    await channel.send(request(2));
    server.say({ jsonrpc: "2.0", id: 2, result: {} });
    expect(await next(channel)).toMatchObject({ id: 2, kind: "response" });
  });
});

describe("opening", () => {
  const bad: readonly { name: string; status?: number; type?: string; text?: string; want: object }[] = [
    { name: "401", status: 401, want: { code: "unauthenticated" } },
    { name: "403", status: 403, want: { code: "forbidden" } },
    { name: "404", status: 404, want: { code: "unreachable", status: 404 } },
    { name: "a page", type: "text/html", want: { code: "unreachable", why: /something else than an event stream/ } },
    { name: "nothing", text: "", want: { code: "unreachable", why: /before it said anything/ } },
    { name: "a message first", text: "data: {}\n\n", want: { code: "unreachable", why: /is not "endpoint"/ } },
    { name: "no URL", text: "event: endpoint\ndata: http://[\n\n", want: { code: "unreachable", why: /is no URL/ } },
    {
      name: "a book for a URL",
      text: `event: endpoint\ndata: /${"x".repeat(9000)}\n\n`,
      want: { code: "unreachable", why: /is not "endpoint"/ },
    },
  ];
  it.each(bad)("fails on $name", async ({ status = 200, type = "text/event-stream", text = "", want }) => {
    const server = await rawServer((_one, response) => response.writeHead(status, { "content-type": type }).end(text));
    cleanUps.push(() => server.close());
    await expect(open(sse(server))).rejects.toMatchObject(want);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it.each(["another port", "//", "credentials", "another scheme"])("sends nothing elsewhere: %s", async (where) => {
    const canary = createServer();
    let visits = 0;
    canary.on("connection", (socket) => {
      visits++;
      socket.destroy();
    });
    await new Promise<void>((done) => canary.listen(0, "127.0.0.1", done));
    cleanUps.push(() => new Promise((done) => canary.close(done)));
    const { port } = canary.address() as AddressInfo;
    const places: Record<string, string> = {
      "another port": `http://127.0.0.1:${port}/post`,
      "//": `//127.0.0.1:${port}/post`,
      credentials: "http://user:secret@127.0.0.1/post",
      "another scheme": "file:///etc/passwd",
    };
    const server = await serve(undefined, places[where]);
    await expect(open(sse(server))).rejects.toMatchObject({ code: "forbidden", text: /another origin/ });
    expect([visits, server.received.length]).toEqual([0, 1]);
  });

  it("may name its endpoint whole", async () => {
    const first = await rawServer((one, response) => {
      if (one.method === "POST") response.writeHead(202).end();
      else stream(response, `event: endpoint\ndata: ${first.origin}/here\n\n`);
    });
    cleanUps.push(() => first.close());
    const channel = await open(sse(first));
    await channel.send(request(1));
    expect(await first.seen(({ method }) => method === "POST")).toMatchObject({ path: "/here" });
  });

  it("waits for the endpoint no longer than it may, and frees the connection", async () => {
    const server = await rawServer((_one, response) => void stream(response, ":\n\n"));
    cleanUps.push(() => server.close());
    await expect(open(sse(server, { limits: { connectTimeoutMs: 100 } }))).rejects.toMatchObject({ code: "timeout" });
    const control = new AbortController();
    const opening = open(sse(server), control.signal);
    await server.seen(() => server.received.length === 2);
    control.abort();
    await expect(opening).rejects.toMatchObject({ code: "canceled" });
    await expect.poll(() => server.connections()).toBe(0);
  });
});

describe("the end", () => {
  it("of the stream is the end of the channel", async () => {
    const server = await serve();
    const channel = await open(sse(server));
    await channel.send(request(1));
    server.end();
    await expect(next(channel)).rejects.toMatchObject({ code: "closed", text: /ended its event stream/ });
    await expect((async () => channel.send(request(2)))()).rejects.toMatchObject({ code: "closed" });
  });

  it("on our side frees everything, also a POST that hangs", async () => {
    const server = await serve(() => undefined);
    const channel = await open(sse(server));
    await channel.send(request(1));
    await server.seen(({ method }) => method === "POST");
    await Promise.all([channel.close(), channel.close()]);
    await expect.poll(() => server.connections()).toBe(0);
    await expect(next(channel)).rejects.toThrow("the channel has ended");
  });
});

describe("httpOrSseBackend", () => {
  /** Both at one URL, as servers of 2024-11-05 have it. */
  const old = (status: number, body = "Cannot POST"): Promise<SseServer> => {
    const script: Script = (one, response) =>
      one.path === "/sse" ? response.writeHead(status).end(body) : response.writeHead(202).end();
    return serve(script);
  };
  const either = (server: RawServer): Backend => httpOrSseBackend({ url: `${server.origin}/sse`, log });
  const paths = (server: RawServer): string[] => server.received.map(({ method, path }) => `${method} ${path}`);

  it.each([400, 404, 405])("falls back when the POST is refused with %i, and remembers it", async (status) => {
    const server = await old(status);
    const backend = either(server);
    const channel = await open(backend);
    await channel.send(request(0, "server/discover"));
    expect(await next(channel)).toMatchObject({ id: 0, failure: { status } });
    await channel.send(request(1, "initialize"));
    const early = channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/initialized" }));
    await server.seen(({ path, rpc }) => path === "/post?s=1" && rpc.method === "initialize");
    server.say({ jsonrpc: "2.0", id: 1, result: INITIALIZED });
    expect(await next(channel)).toMatchObject({ id: 1, rpc: { result: INITIALIZED } });
    await early;
    await channel.close();
    const again = await open(backend);
    await again.send(request(1, "initialize"));
    await server.seen(() => server.received.length === 7);
    expect(paths(server)).toEqual([
      ...["POST /sse", "POST /sse", "GET /sse", "POST /post?s=1", "POST /post?s=1"],
      ...["GET /sse", "POST /post?s=1"],
    ]);
  });

  it.each([
    { name: "401", status: 401, body: "" },
    { name: "500", status: 500, body: "" },
    { name: "a modern server's error", status: 400, body: JSON.stringify({ error: { code: -32022, message: "no" } }) },
  ])("leaves $name as the answer", async ({ status, body }) => {
    const server = await old(status, body);
    const channel = await open(either(server));
    await channel.send(request(1, "initialize"));
    expect(await next(channel)).toMatchObject({ id: 1, kind: "response" });
    expect(paths(server)).toEqual(["POST /sse"]);
  });

  it("gives the refusal of the POST when there is no event stream either, and tries both again later", async () => {
    const server = await rawServer((one, response) => response.writeHead(404).end(one.method));
    cleanUps.push(() => server.close());
    const channel = await open(either(server));
    for (const id of [1, 2]) {
      await channel.send(request(id, "initialize"));
      expect(await next(channel)).toMatchObject({ id, failure: { status: 404, why: /POST/ } });
    }
    expect(paths(server)).toEqual(["POST /sse", "GET /sse", "POST /sse", "GET /sse"]);
  });

  it("forgets what it remembers when a newer server has taken the place", async () => {
    let modern = false;
    const server = await rawServer((one, response) => {
      if (modern && one.method === "GET") response.writeHead(405).end();
      else if (modern) json(response, { jsonrpc: "2.0", id: one.rpc.id, result: INITIALIZED });
      else if (one.method === "GET") stream(response, "event: endpoint\ndata: /post\n\n");
      else response.writeHead(one.path === "/sse" ? 404 : 202).end();
    });
    cleanUps.push(() => server.close());
    const backend = either(server);
    const channel = await open(backend);
    await channel.send(request(1, "initialize"));
    await server.seen(({ path }) => path === "/post");
    await channel.close();
    modern = true;
    const again = await open(backend);
    await again.send(request(1, "initialize"));
    expect(await next(again)).toMatchObject({ id: 1, rpc: { result: INITIALIZED } });
  });

  it("ends while it looks for the other way", async () => {
    const server = await rawServer((one, response) =>
      one.method === "POST" ? response.writeHead(404).end() : stream(response),
    );
    cleanUps.push(() => server.close());
    const channel = await open(either(server));
    await channel.send(request(1, "initialize"));
    await server.seen(({ method }) => method === "GET");
    await channel.close();
    await expect.poll(() => server.connections()).toBe(0);
  });
});

describe("server-everything over SSE", () => {
  it.each([
    { name: "sseBackend", make: sseBackend },
    { name: "httpOrSseBackend", make: httpOrSseBackend },
  ])("answers behind $name", async ({ make }) => {
    const port = await freePort();
    const root = resolve(import.meta.dirname, "../..");
    const program = resolve(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    const child = spawn(process.execPath, [program, "sse"], {
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const exited = once(child, "exit");
    cleanUps.push(async () => {
      child.kill();
      await exited;
    });
    for await (const chunk of child.stderr.iterator({ destroyOnReturn: false }))
      if (String(chunk).includes(String(port))) break;
    child.stderr.resume();
    const client = caller(await open(make({ url: `http://127.0.0.1:${port}/sse`, log })));
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    await client.request("initialize", params, { timeoutMs: 10_000 });
    await client.notify("notifications/initialized");
    const echo = { name: "echo", arguments: { message: "hi" } };
    expect(await client.request("tools/call", echo, { timeoutMs: 10_000 })).toMatchObject({
      content: [{ type: "text", text: "Echo: hi" }],
    });
    await client.close();
  });
});

/** Free a moment ago: the server takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
