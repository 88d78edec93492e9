import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  json,
  rawServer,
  stream,
  type RawServer,
  type Received,
  type Script,
} from "../../generator/testing/raw-server.js";
import { caller } from "../core/caller.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { httpBackend, type HttpBackendOptions } from "./http.js";

const cleanUps: (() => Promise<unknown>)[] = [];
const logged: { level: string; text: string; fields: unknown }[] = [];
const log: Log = (level, text, fields) => void logged.push({ level, text, fields });

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  logged.length = 0;
});

async function serve(script: Script): Promise<RawServer> {
  const server = await rawServer(script);
  cleanUps.push(() => server.close());
  return server;
}

async function connect(url: string, more: Partial<HttpBackendOptions> = {}): Promise<Channel> {
  const channel = await httpBackend({ url, log, ...more }).open(new AbortController().signal);
  cleanUps.push(() => channel.close());
  return channel;
}

async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

const request = (id: number | string, method = "tools/list", params?: object): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, method, ...(params ? { params } : {}) });
const notification = (method: string, params?: object): Message =>
  messageFromRpc({ jsonrpc: "2.0", method, ...(params ? { params } : {}) });
const result = (id: unknown, value: unknown = {}): Rpc => ({ jsonrpc: "2.0", id: id as number, result: value });
const event = (rpc: unknown): string => `data: ${JSON.stringify(rpc)}\n\n`;
const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "raw", version: "1" } };

/** A handshake, then what the script says. */
const session =
  (script: Script): Script =>
  (one, response) => {
    if (one.rpc.method === "initialize")
      json(response, result(one.rpc.id, INITIALIZED), { headers: { "mcp-session-id": "session-1" } });
    else if (one.rpc.method === "notifications/initialized") response.writeHead(202).end();
    else if (one.method === "GET") response.writeHead(405).end();
    else if (one.method === "DELETE") response.writeHead(200).end();
    else script(one, response);
  };

async function initialize(channel: Channel): Promise<void> {
  await channel.send(request("init", "initialize"));
  await next(channel);
  await channel.send(notification("notifications/initialized"));
}

describe("messages", () => {
  it("posts the bytes as they are, and gives the answer's bytes as they are", async () => {
    const answer = '{"result":{"n":12345678901234567890},\n"jsonrpc":"2.0","id":1}';
    const server = await serve((_one, response) =>
      response.writeHead(200, { "Content-Type": "Application/JSON; charset=utf-8" }).end(answer),
    );
    const channel = await connect(`${server.url}?key=1`, { headers: { Authorization: "Bearer t", Accept: "x" } });
    const sent = '{"jsonrpc":"2.0","id":1,"method":"tools/list", "params":{"n":0.10}}';
    await channel.send(messageOf([Buffer.from(sent.slice(0, 9)), Buffer.from(sent.slice(9))]));
    const message = await next(channel);
    expect(message).toMatchObject({ kind: "response", id: 1, relatedTo: 1 });
    expect(Buffer.concat(message.bytes ?? []).toString()).toBe(answer);
    expect(server.received).toMatchObject([
      {
        method: "POST",
        path: "/mcp?key=1",
        body: sent,
        headers: {
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          "content-length": String(sent.length),
          authorization: "Bearer t",
        },
      },
    ]);
    expect(Object.keys(server.received[0]?.headers ?? {}).filter((name) => name.startsWith("mcp-"))).toEqual([]);
  });

  it("carries the session and the version from the handshake on, and ends the session", async () => {
    const server = await serve(session((one, response) => json(response, result(one.rpc.id))));
    const channel = await connect(server.url);
    await initialize(channel);
    await channel.send(request(2));
    await next(channel);
    await server.seen(({ method }) => method === "GET");
    await channel.close();
    const carried = server.received.map(({ method, rpc, headers }) => [
      rpc.method ?? method,
      headers["mcp-session-id"],
      headers["mcp-protocol-version"],
    ]);
    expect(carried.sort()).toEqual(
      [
        ["initialize", undefined, undefined],
        ["notifications/initialized", "session-1", "2025-11-25"],
        ["GET", "session-1", "2025-11-25"],
        ["tools/list", "session-1", "2025-11-25"],
        ["DELETE", "session-1", "2025-11-25"],
      ].sort(),
    );
  });

  it("lets nothing overtake the handshake, from a client that waits for nothing", async () => {
    const server = await serve(session((one, response) => json(response, result(one.rpc.id))));
    const channel = await connect(server.url);
    await channel.send(request("init", "initialize"));
    const send = async (message: Message): Promise<void> => channel.send(message);
    const sent = [send(notification("notifications/initialized")), send(request(1))];
    expect((await next(channel)).id).toBe("init");
    await Promise.all(sent);
    expect((await next(channel)).id).toBe(1);
    const posts = server.received.filter((one) => one.method === "POST").slice(1);
    expect(posts.map((one) => one.headers["mcp-session-id"])).toEqual(["session-1", "session-1"]);
  });

  it("gives events of a POST as messages related to its request", async () => {
    const server = await serve((one, response) => {
      const batch = [
        { jsonrpc: "2.0", method: "n2" },
        { jsonrpc: "2.0", id: 9, method: "ask" },
      ];
      stream(response, `id: 0\ndata:\n\n${event({ jsonrpc: "2.0", method: "n1" })}${event(batch)}`).end(
        event(result(one.rpc.id)),
      );
    });
    const channel = await connect(server.url);
    await channel.send(request(7));
    const messages = [await next(channel), await next(channel), await next(channel), await next(channel)];
    expect(messages).toMatchObject([
      { kind: "notification", method: "n1", relatedTo: 7 },
      { kind: "notification", method: "n2", relatedTo: 7 },
      { kind: "request", id: 9, method: "ask", relatedTo: 7 },
      { kind: "response", id: 7, relatedTo: 7 },
    ]);
  });

  it("splits a batch in a JSON body", async () => {
    const server = await serve((one, response) =>
      json(response, [{ jsonrpc: "2.0", method: "n" }, result(one.rpc.id)]),
    );
    const channel = await connect(server.url);
    await channel.send(request(1));
    expect([await next(channel), await next(channel)]).toMatchObject([
      { method: "n", relatedTo: 1 },
      { kind: "response", id: 1 },
    ]);
  });

  it("keeps the order of what has no answer", async () => {
    const server = await serve((_one, response) => void setTimeout(() => response.writeHead(202).end(), 20));
    const channel = await connect(server.url);
    for (const method of ["a", "b", "c"]) await channel.send(notification(method));
    await channel.send(messageFromRpc(result(5)));
    expect(server.received.map(({ rpc }) => rpc.method ?? rpc.id)).toEqual(["a", "b", "c", 5]);
  });

  it("runs many requests at once, on any ids", async () => {
    const waiting: (() => void)[] = [];
    const server = await serve((one, response) => {
      waiting.push(() => json(response, result(one.rpc.id, one.rpc.id)));
      if (waiting.length === 40) for (const go of waiting.reverse()) go();
    });
    const channel = await connect(server.url);
    const ids = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? index : String(index)));
    await Promise.all(ids.map(async (id) => channel.send(request(id))));
    const answers = new Map<unknown, unknown>();
    while (answers.size < ids.length) {
      const { id, rpc } = await next(channel);
      answers.set(id, rpc.result);
    }
    expect([...answers.entries()].every(([id, value]) => id === value)).toBe(true);
  });

  it("names the method and its object for modern requests, and nothing of a session", async () => {
    const server = await serve((one, response) => json(response, result(one.rpc.id)));
    const channel = await connect(server.url);
    const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    const given: [method: string, params: object, name: string | undefined][] = [
      ["tools/list", meta, undefined],
      ["tools/call", { ...meta, name: "get-sum" }, "get-sum"],
      ["prompts/get", { ...meta, name: "grüße" }, "=?base64?Z3LDvMOfZQ==?="],
      ["resources/read", { ...meta, uri: "a\r\nX: y" }, "=?base64?YQ0KWDogeQ==?="],
    ];
    for (const [id, [method, params, name]] of given.entries()) {
      // Slashes may be escaped in JSON: a claim is one all the same.
      const text = JSON.stringify({ jsonrpc: "2.0", id, method, params }).replace("protocol/", "protocol\\/");
      await channel.send(messageOf([Buffer.from(text)]));
      await next(channel);
      expect(server.received[id]?.headers).toMatchObject({
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(name === undefined ? {} : { "mcp-name": name }),
      });
      expect("mcp-name" in (server.received[id]?.headers ?? {})).toBe(name !== undefined);
      expect("x" in (server.received[id]?.headers ?? {})).toBe(false);
    }
  });
});

describe("canceling", () => {
  const hanging: Script = (one, response) => {
    if (one.rpc.method === "notifications/cancelled") response.writeHead(202).end();
    else if (one.rpc.id === 2) json(response, result(2));
    else if (one.rpc.method !== "silent") stream(response, "id: 1\ndata:\n\n");
  };

  it.each([
    { name: "in mid-stream", method: "tools/list" },
    { name: "before the reply", method: "silent" },
  ])("$name passes the notification on and delivers nothing more", async ({ method }) => {
    const server = await serve(hanging);
    const channel = await connect(server.url);
    await channel.send(request(1, method));
    await server.seen(({ rpc }) => rpc.id === 1);
    await channel.send(notification("notifications/cancelled", { requestId: 1 }));
    expect(server.received.map(({ rpc }) => rpc.method)).toEqual([method, "notifications/cancelled"]);
    await channel.send(request(2));
    expect(await next(channel)).toMatchObject({ id: 2 });
    await channel.close();
    expect(await channel.incoming[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    expect(server.received).toHaveLength(3);
  });

  it("of a modern request is the end of its stream", async () => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const server = await serve((_one, response) => void stream(response, ":\n\n").on("close", () => ended()));
    const channel = await connect(server.url);
    const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    await channel.send(request(1, "tools/call", { ...meta, name: "x" }));
    await server.seen(({ rpc }) => rpc.id === 1);
    await channel.send(notification("notifications/cancelled", { requestId: 1 }));
    await end;
    expect(server.received).toHaveLength(1);
  });
});

describe("failures", () => {
  const html = "<!DOCTYPE html>\n<title>Oops\u001b[31m</title>";
  const page =
    (status: number): Script =>
    (_one, response) =>
      void response.writeHead(status, { "content-type": "text/html" }).end(html);
  const cases: { name: string; given: Script; want: object }[] = [
    {
      name: "401",
      given: (_one, response) => void response.writeHead(401, { "www-authenticate": 'Bearer realm="x"' }).end(),
      want: {
        code: "unauthenticated",
        status: 401,
        why: 'it asks for Bearer realm="x"',
        hint: expect.stringContaining("Authorization") as unknown,
      },
    },
    { name: "403", given: page(403), want: { code: "forbidden", status: 403 } },
    {
      name: "404 without a session",
      given: page(404),
      want: { code: "unreachable", status: 404, hint: expect.stringContaining("/mcp") as unknown },
    },
    {
      name: "500 and a page",
      given: page(500),
      want: {
        code: "unreachable",
        status: 500,
        text: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp gave no MCP answer \(HTTP 500\)$/) as unknown,
        why: "it says (text/html): <!DOCTYPE html>\\u{a}<title>Oops\\u{1b}[31m</title>",
      },
    },
    { name: "200 and a page", given: page(200), want: { code: "unreachable", status: 200 } },
    {
      name: "202 to a request",
      given: (_one, response) => void response.writeHead(202).end(),
      want: { code: "unreachable", status: 202, why: "the reply has no body" },
    },
    {
      name: "no JSON",
      given: (_one, response) => void response.writeHead(200, { "content-type": "application/json" }).end("{"),
      want: {
        code: "bad_message",
        text: expect.stringContaining("/mcp is no message: not valid JSON") as unknown,
        fault: "server",
      },
    },
    {
      name: "an answer to something else",
      given: (_one, response) => json(response, result(99)),
      want: { code: "closed" },
    },
    {
      name: "a cut connection",
      given: (_one, response) => void response.destroy(),
      want: { code: "closed", text: expect.stringContaining("cut the connection") as unknown },
    },
    {
      name: "a cut body",
      given: (_one, response) =>
        void response
          .writeHead(200, { "content-type": "application/json", "content-length": 100 })
          .write("{", () => response.destroy()),
      want: { code: "closed" },
    },
    {
      name: "JSON over the limit",
      given: (one, response) => json(response, result(one.rpc.id, "x".repeat(200_000))),
      want: { code: "too_large", fault: "server", text: expect.stringContaining("100000") as unknown },
    },
    {
      name: "JSON without end",
      given: (_one, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const more = (): boolean =>
          response.destroyed || response.write("[".repeat(10_000), () => void setImmediate(more));
        more();
      },
      want: { code: "too_large", fault: "server" },
    },
    {
      name: "an event over the limit",
      given: (one, response) => void stream(response).write(event(result(one.rpc.id, "x".repeat(200_000)))),
      want: { code: "too_large", fault: "server" },
    },
    {
      name: "a stream that ends without the answer",
      given: (_one, response) => void stream(response, event({ jsonrpc: "2.0", method: "n" })).end(),
      want: { code: "closed" },
    },
    {
      name: "a stream cut in mid-event",
      given: (_one, response) => void stream(response).write('data: {"jsonrpc', () => response.destroy()),
      want: { code: "closed" },
    },
    {
      name: "a redirect to another origin",
      given: (_one, response) =>
        void response.writeHead(307, { location: "https://user:pw@evil.example/x?token=1" }).end(),
      want: { code: "unreachable", why: expect.stringMatching(/points to https:\/\/evil\.example;/) as unknown },
    },
    {
      name: "a redirect that changes the method",
      given: (_one, response) => void response.writeHead(302, { location: "/other" }).end(),
      want: { code: "unreachable", status: 302 },
    },
    {
      name: "redirects without end",
      given: (_one, response) => void response.writeHead(307, { location: "/mcp" }).end(),
      want: { code: "unreachable", why: "too many redirects" },
    },
  ];
  it.each(cases)("$name: the request is answered, the channel lives", async ({ given, want }) => {
    let bad = true;
    const server = await serve((one, response) => (bad ? given(one, response) : json(response, result(one.rpc.id))));
    const channel = await connect(`${server.url}?secret=1`, { limits: { maxMessageBytes: 100_000 } });
    await channel.send(request(1));
    let message = await next(channel);
    if (message.id !== 1) message = await next(channel); // what came before
    expect(message).toMatchObject({ kind: "response", id: 1, relatedTo: 1, failure: want });
    expect(message.failure).toBeInstanceOf(RuntimeError);
    expect(JSON.stringify([message.rpc, message.failure?.text, message.failure?.why])).not.toMatch(/secret|pw|token/);
    bad = false;
    await channel.send(request(2));
    expect(await next(channel)).toMatchObject({ kind: "response", id: 2 });
  });

  const own: { name: string; status: number; error: object; id: "same" | "null"; want: object | undefined }[] = [
    {
      name: "400 with id null",
      status: 400,
      error: { code: -32000, message: "no such thing" },
      id: "null",
      want: undefined,
    },
    ...["Bad Request: No valid session ID provided", "Bad Request: Server not initialized"].map((message) => ({
      name: `400 with id null, in a session: ${message}`,
      status: 400,
      error: { code: -32000, message },
      id: "null" as const,
      want: { code: "unknown_session", status: 400 },
    })),
    {
      name: "400 to this id about some session",
      status: 400,
      error: { code: -32000, message: "the chat session is over" },
      id: "same",
      want: undefined,
    },
    { name: "404 to this id", status: 404, error: { code: -32601, message: "no" }, id: "same", want: undefined },
    { name: "500", status: 500, error: { code: -32603, message: "no", data: { x: 1 } }, id: "same", want: undefined },
    {
      name: "401",
      status: 401,
      error: { code: -32000, message: "who?" },
      id: "null",
      want: { code: "unauthenticated", status: 401 },
    },
    {
      name: "403",
      status: 403,
      error: { code: -32000, message: "no" },
      id: "null",
      want: { code: "forbidden", status: 403 },
    },
    {
      name: "404 with id null, in a session",
      status: 404,
      error: { code: -32001, message: "Session not found" },
      id: "null",
      want: { code: "unknown_session", status: 404 },
    },
  ];
  it.each(own)("the server's own error passes: $name", async ({ status, error, id, want }) => {
    const server = await serve(
      session((one, response) =>
        json(response, { jsonrpc: "2.0", id: id === "null" ? null : one.rpc.id, error }, { status }),
      ),
    );
    const channel = await connect(server.url);
    await initialize(channel);
    await channel.send(request(3));
    const message = await next(channel);
    expect(message.rpc).toEqual({ jsonrpc: "2.0", id: 3, error });
    if (want) expect(message.failure).toMatchObject({ ...want, rpcError: error });
    else expect(message.failure).toBeUndefined();
  });

  it("takes id null in a 200 for this request's answer", async () => {
    const error = { code: -32600, message: "bad" };
    const server = await serve((_one, response) => json(response, { jsonrpc: "2.0", id: null, error }));
    const channel = await connect(server.url);
    await channel.send(request("a"));
    expect((await next(channel)).rpc).toEqual({ jsonrpc: "2.0", id: "a", error });
  });

  it("logs what goes wrong with messages that have no answer, and goes on", async () => {
    const server = await serve((one, response) =>
      one.rpc.method === "bad" ? void response.writeHead(500).end("no") : json(response, result(one.rpc.id)),
    );
    const channel = await connect(server.url);
    await channel.send(notification("bad"));
    expect(logged).toMatchObject([
      {
        level: "warn",
        text: expect.stringContaining("did not take bad") as unknown,
        fields: { error: { status: 500 } },
      },
    ]);
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({ id: 1 });
  });

  it("follows 307 and 308 within the origin, body and all", async () => {
    const server = await serve((one, response) => {
      if (one.path === "/mcp") response.writeHead(307, { location: "/mcp/" }).end();
      else if (one.path === "/mcp/") response.writeHead(308, { location: "/v2" }).end();
      else json(response, result(one.rpc.id, one.rpc.params));
    });
    const channel = await connect(server.url);
    await channel.send(request(1, "x", { a: 1 }));
    expect((await next(channel)).rpc.result).toEqual({ a: 1 });
  });

  const unreachable: { name: string; given: () => Promise<string>; want: object }[] = [
    {
      name: "nobody listens",
      given: () => freePort().then((port) => `http://127.0.0.1:${port}/mcp`),
      want: { why: expect.stringMatching(/nothing listens on 127/) as unknown },
    },
    {
      name: "the name does not resolve",
      given: () => Promise.resolve("http://no-such-host.invalid/mcp"),
      want: { why: expect.stringMatching(/cannot be resolved/) as unknown },
    },
    {
      name: "it does not speak TLS",
      given: async () => (await serve(() => undefined)).url.replace("http:", "https:"),
      want: { hint: expect.stringContaining("without TLS") as unknown },
    },
    {
      name: "it does not speak HTTP",
      given: () => tcpServer("SSH-2.0-x\r\n\r\n"),
      want: { why: expect.stringContaining("HTTP") as unknown },
    },
  ];
  it.each(unreachable)("$name", async ({ given, want }) => {
    const channel = await connect(await given());
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({
      id: 1,
      failure: { code: "unreachable", hint: expect.any(String) as unknown, ...want },
    });
  });

  it("does not wait for a connection without end", async () => {
    const port = await tcpServer("", { accept: false });
    const channel = await connect(port.replace("http:", "https:"), { limits: { connectTimeoutMs: 50 } });
    await channel.send(request(1));
    expect(await next(channel)).toMatchObject({
      id: 1,
      failure: { code: "timeout", text: expect.stringContaining("50 ms") as unknown },
    });
  });
});

async function tcpServer(greeting: string, { accept = true } = {}): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    cleanUps.push(() => Promise.resolve(socket.destroy()));
    if (accept) socket.on("data", () => socket.end(greeting));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("options", () => {
  it.each([
    { name: "no URL", given: { url: "localhost" }, want: "no URL" },
    { name: "another scheme", given: { url: "ftp://x/" }, want: "scheme ftp:" },
    { name: "credentials in the URL", given: { url: "https://a:s3cret@x/" }, want: "credentials" },
    {
      name: "a header that breaks out",
      given: { url: "http://x/", headers: { Authorization: "s3cret\r\nX: y" } },
      want: '"Authorization"',
    },
    { name: "a header name with a space", given: { url: "http://x/", headers: { "a b": "c" } }, want: '"a b"' },
  ])("refuses $name", ({ given, want }) => {
    try {
      httpBackend(given);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "config", text: expect.stringContaining(want) as unknown });
      expect(String(error)).not.toContain("s3cret");
    }
  });

  it("connects to nothing when it opens", async () => {
    const server = await serve(() => undefined);
    await connect(server.url);
    expect(await server.connections()).toBe(0);
    await expect(httpBackend({ url: server.url }).open(AbortSignal.abort())).rejects.toMatchObject({
      code: "canceled",
    });
  });
});

describe("close", () => {
  it("ends streams, frees connections, and is done once", async () => {
    const server = await serve((one, response) => void stream(response, one.rpc.id === 1 ? "id: 1\ndata:\n\n" : ""));
    const channel = await connect(server.url);
    await Promise.all([channel.send(request(1)), channel.send(request(2))]);
    await server.seen(({ rpc }) => rpc.id === 2);
    await Promise.all([channel.close(), channel.close("again")]);
    expect(await channel.incoming[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    await expect(channel.send(request(3))).rejects.toMatchObject({ code: "closed" });
    while ((await server.connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(server.received).toHaveLength(2);
  });

  it("does not wait for a server that will not end the session", async () => {
    const script = session(() => undefined);
    const server = await serve((one: Received, response) =>
      one.method === "DELETE" ? undefined : script(one, response),
    );
    const channel = await connect(server.url);
    await initialize(channel);
    await channel.close();
    expect(server.received.at(-1)?.method).toBe("DELETE");
  });
});

describe("a real server", () => {
  it("server-everything over Streamable HTTP", async () => {
    const port = await freePort();
    const path = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";
    const child = spawn(process.execPath, [path, "streamableHttp"], {
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(child, "exit");
    cleanUps.push(() => (child.kill("SIGKILL"), exited));
    child.stdout.resume();
    for await (const chunk of child.stderr.iterator({ destroyOnReturn: false }))
      if (/listening/i.test(String(chunk))) break;
    child.stderr.resume();

    const notified: (string | undefined)[] = [];
    const channel = await connect(`http://127.0.0.1:${port}/mcp`);
    const one = caller(channel, { onNotification: (message) => void notified.push(message.method) });
    const limit = { timeoutMs: 20_000 };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    expect(await one.request("initialize", params, limit)).toMatchObject({ protocolVersion: "2025-11-25" });
    await one.notify("notifications/initialized");
    const echo = { name: "echo", arguments: { message: "hi" } };
    expect(await one.request("tools/call", echo, limit)).toMatchObject({ content: [{ text: "Echo: hi" }] });
    const long = {
      name: "trigger-long-running-operation",
      arguments: { duration: 0.2, steps: 2 },
      _meta: { progressToken: 1 },
    };
    await one.request("tools/call", long, limit);
    expect(notified).toContain("notifications/progress");
    await expect(one.request("no/such", {}, limit)).rejects.toMatchObject({
      code: "remote",
      rpcError: { code: -32601 },
    });
    await one.close();
  });
});
