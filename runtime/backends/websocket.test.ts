import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { request } from "../../generator/testing/http-visitor.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { messageFromRpc, type Message } from "../core/message.js";
import { websocketBackend } from "./websocket.js";

const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

interface ServerOptions {
  readonly onConnection?: (ws: WebSocket, request: IncomingMessage) => void;
  /** Instead of the upgrade, these bytes. */
  readonly answer?: string;
  readonly protocol?: string | false;
}

/** A server that echoes messages as results, until it is told otherwise. */
async function serverOf({ onConnection = echo, answer, protocol = "mcp" }: ServerOptions = {}): Promise<string> {
  const sockets = new Set<Socket>();
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
  const server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("upgrade", (message, socket, head) => {
    if (answer === undefined) webSockets.handleUpgrade(message, socket, head, (ws) => onConnection(ws, message));
    else if (answer !== "") socket.end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleaning.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

function echo(ws: WebSocket): void {
  ws.on("message", (data: Buffer) => {
    const { id, params } = JSON.parse(data.toString()) as { id: number; params: unknown };
    ws.send(JSON.stringify({ jsonrpc: "2.0", id, result: params }));
  });
}

interface OpenOptions {
  readonly limits?: Partial<Limits>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly told?: string[];
}

async function open(url: string, { limits = {}, headers = {}, told = [] }: OpenOptions = {}): Promise<Channel> {
  const log = (level: string, text: string): void => void told.push(`${level}: ${text}`);
  const backend = websocketBackend({ url, headers, limits, log });
  const channel = await backend.open(new AbortController().signal);
  cleaning.push(() => channel.close());
  return channel;
}

async function next(channel: Channel): Promise<Message | undefined> {
  const one = await channel.incoming[Symbol.asyncIterator]().next();
  return one.done ? undefined : one.value;
}

describe("a conversation", () => {
  it("carries messages of any size as they are, under the sub-protocol and with the headers", async () => {
    let heard: IncomingMessage | undefined;
    const url = await serverOf({
      onConnection(ws, message) {
        heard = message;
        echo(ws);
      },
    });
    const channel = await open(url, { headers: { authorization: "Bearer x", upgrade: "other" } });
    for (const text of ["a\u2028ä", "€".repeat(1_000_000)]) {
      await channel.send(messageFromRpc(request(1, "echo", { text })));
      expect((await next(channel))?.rpc).toEqual({ jsonrpc: "2.0", id: 1, result: { text } });
    }
    expect(heard?.headers).toMatchObject({
      authorization: "Bearer x",
      upgrade: "websocket",
      "sec-websocket-protocol": "mcp",
    });
  });

  it("takes a message that comes with the answer to the handshake, arrays, and text in binary frames", async () => {
    const note = (params: number): object => ({ jsonrpc: "2.0", method: "note", params });
    const url = await serverOf({
      onConnection(ws) {
        ws.send(JSON.stringify(note(1)));
        ws.send(JSON.stringify([note(2), note(3)]));
        ws.send(Buffer.from(JSON.stringify(note(4))));
      },
    });
    const channel = await open(url);
    for (let count = 1; count <= 4; count++) expect((await next(channel))?.rpc.params).toBe(count);
  });

  it("tolerates what is no message, says so once, and answers the request that it was meant for", async () => {
    const url = await serverOf({
      onConnection(ws) {
        for (const text of [
          "hello",
          "",
          "{",
          '{"jsonrpc":"2.0","id":7,"result":{x}}',
          '{"jsonrpc":"2.0","method":"end"}',
        ])
          ws.send(text);
      },
    });
    const told: string[] = [];
    const channel = await open(url, { told });
    expect((await next(channel))?.rpc).toMatchObject({ id: 7, error: { code: -32603 } });
    expect((await next(channel))?.method).toBe("end");
    expect(told.filter((one) => one.startsWith("warn:"))).toHaveLength(1);
  });
});

describe("the opening", () => {
  const cases: readonly { name: string; given: ServerOptions; want: object }[] = [
    {
      name: "401",
      given: { answer: 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="x"\r\n\r\n' },
      want: { code: "unauthenticated", status: 401, why: 'it asks for Bearer realm="x"' },
    },
    { name: "403", given: { answer: "HTTP/1.1 403 Forbidden\r\n\r\n" }, want: { code: "forbidden", status: 403 } },
    {
      name: "404",
      given: { answer: "HTTP/1.1 404 Not Found\r\n\r\n" },
      want: { code: "unreachable", hint: "check the path" },
    },
    {
      name: "a redirect",
      given: { answer: "HTTP/1.1 307 Temporary Redirect\r\nLocation: ws://127.0.0.1:1/\r\n\r\n" },
      want: { code: "unreachable", status: 307 },
    },
    {
      name: "a page",
      given: { answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" },
      want: { code: "unreachable" },
    },
    {
      name: "a wrong key",
      given: {
        answer:
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      },
      want: { code: "unreachable", why: "Invalid Sec-WebSocket-Accept header" },
    },
    { name: "no sub-protocol", given: { protocol: false }, want: { code: "unreachable", hint: /sub-protocol mcp/ } },
    { name: "no HTTP at all", given: { answer: "220 mail\r\n\r\n" }, want: { code: "unreachable" } },
    { name: "silence", given: { answer: "" }, want: { code: "timeout" } },
  ];
  it.each(cases)("$name", async ({ given, want }) => {
    const url = await serverOf(given);
    const failure: unknown = await open(url, { limits: { connectTimeoutMs: 300 } }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RuntimeError);
    for (const [name, value] of Object.entries(want)) {
      const got = (failure as Record<string, unknown>)[name];
      if (value instanceof RegExp) expect(got).toMatch(value);
      else expect(got).toBe(value);
    }
  });

  it("is given up when nobody wants it any more", async () => {
    const url = await serverOf({ answer: "" });
    const backend = websocketBackend({ url });
    await expect(backend.open(AbortSignal.timeout(20))).rejects.toMatchObject({ code: "canceled" });
  });

  it.each(["http://127.0.0.1/", "nothing", "ws://user:secret@127.0.0.1/"])("cannot be of %s", (url) => {
    expect(() => websocketBackend({ url })).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => websocketBackend({ url })).not.toThrow(/secret/);
  });
});

describe("the end", () => {
  const cases: readonly { name: string; end: (ws: WebSocket) => void; want: object }[] = [
    { name: "a goodbye", end: (ws) => ws.close(1000), want: { code: "closed", text: /closed the WebSocket \(1000\)/ } },
    { name: "a restart", end: (ws) => ws.close(1012), want: { text: /is being restarted \(1012\)/ } },
    { name: "a reason", end: (ws) => ws.close(1008, "go\u0007"), want: { why: /^it says: go\\u\{7\}$/ } },
    { name: "a cut", end: (ws) => ws.terminate(), want: { code: "closed", text: /cut the connection \(1006\)/ } },
    {
      name: "a message over the limit",
      end: (ws) => ws.send("x".repeat(2000)),
      want: { code: "too_large", fault: "server" },
    },
  ];
  it.each(cases)("$name", async ({ end, want }) => {
    const url = await serverOf({ onConnection: (ws) => ws.on("message", () => end(ws)) });
    const channel = await open(url, { limits: { maxMessageBytes: 1000, killAfterMs: 100 } });
    await channel.send(messageFromRpc(request(1, "x")));
    const expected = Object.fromEntries(
      Object.entries(want).map(([name, value]) => [
        name,
        value instanceof RegExp ? expect.stringMatching(value) : value,
      ]),
    ) as object;
    await expect(next(channel)).rejects.toMatchObject(expected);
    await expect(channel.send(messageFromRpc(request(2, "x")))).rejects.toMatchObject(expected);
  });

  it("is ours: in order, within the time for it, and nothing can be sent after it", async () => {
    let code: (code: number) => void = () => undefined;
    const said = new Promise<number>((resolve) => (code = resolve));
    const channel = await open(await serverOf({ onConnection: (ws) => ws.once("close", code) }));
    await channel.close("done");
    expect(await said).toBe(1000);
    expect(await next(channel)).toBeUndefined();
    await expect(channel.send(messageFromRpc(request(1, "x")))).rejects.toMatchObject({ code: "closed" });
    const deaf = await open(await serverOf({ onConnection: (ws) => ws.pause() }), { limits: { killAfterMs: 50 } });
    await deaf.close();
  });

  it("comes when a ping is not answered", async () => {
    const url = await serverOf({ onConnection: (ws) => ws.pause() });
    const channel = await open(url, { limits: { keepAliveMs: 20 } });
    await expect(next(channel)).rejects.toMatchObject({ code: "closed" });
  });
});
