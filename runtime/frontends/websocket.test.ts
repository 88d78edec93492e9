import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { exchangeRaw } from "../../generator/testing/http-peer.js";
import { request, stage, type Stage } from "../../generator/testing/http-visitor.js";
import { DISCOVERED, type Script } from "../../generator/testing/scripted.js";
import {
  dial,
  frame,
  handshake,
  type DialOptions,
  type WebSocketPeer,
} from "../../generator/testing/websocket-peer.js";
import { apiKeyAuthenticator } from "../auth/api-key.js";
import type { Limits } from "../core/limits.js";
import type { Rpc } from "../core/message.js";
import { serve, type Running, type ServeOptions } from "../serve.js";
import { webFrontend } from "./web.js";
import { webSocket } from "./websocket.js";

let running: Running | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.close();
});

interface StartOptions {
  readonly script?: Script;
  readonly limits?: Partial<Limits>;
  readonly allowedOrigins?: readonly string[];
  readonly authenticate?: NonNullable<ServeOptions["authenticate"]>;
  readonly backendEra?: NonNullable<ServeOptions["backendEra"]>;
}

async function start(options: StartOptions = {}): Promise<{ url: string; backend: Stage }> {
  const { script, limits = {}, authenticate, allowedOrigins = [], backendEra = "legacy" } = options;
  const backend = stage(script);
  const front = webFrontend({ host: "127.0.0.1", port: 0, mounts: [webSocket()], limits, allowedOrigins });
  running = await serve({ backend, backendEra, frontends: [front], limits, ...(authenticate && { authenticate }) });
  return { url: running.addresses[0] ?? "", backend };
}

const INITIALIZE = request(1, "initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});

async function initialized(url: string, options: DialOptions = {}): Promise<WebSocketPeer> {
  const peer = await dial(url, options);
  peer.send(INITIALIZE);
  await peer.next();
  return peer;
}

/** A connection past its handshake, for frames that no library sends. */
async function raw(url: string): Promise<Socket> {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.push(socket);
  socket.on("error", () => undefined); // a reset is an end, too
  socket.write(handshake(pathname, `Host: ${host}\r\nSec-WebSocket-Protocol: mcp\r\n`));
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString("latin1")).toMatch(/^HTTP\/1\.1 101 .*Sec-WebSocket-Protocol: mcp\r\n/s);
  return socket;
}

/** The close code that the server sends; 1006 if it only hangs up. */
async function closeCode(socket: Socket): Promise<number> {
  let all = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    all = Buffer.concat([all, chunk]);
    const at = all.indexOf(0x88);
    if (at >= 0 && all.length >= at + 4) return all.readUInt16BE(at + 2);
  }
  return 1006;
}

describe("the opening request", () => {
  const key = "0123456789abcdef0123";
  const authenticate = apiKeyAuthenticator({ keys: [{ name: "one", key }] });
  const own = (url: string): string => new URL(url).host;
  const cases: readonly {
    name: string;
    options?: StartOptions;
    path?: string;
    headers: (url: string) => string;
    want: number;
  }[] = [
    {
      name: "the sub-protocol",
      headers: (url) => `Host: ${own(url)}\r\nSec-WebSocket-Protocol: x, mcp\r\n`,
      want: 101,
    },
    { name: "no sub-protocol", headers: (url) => `Host: ${own(url)}\r\n`, want: 101 },
    { name: "another one", headers: (url) => `Host: ${own(url)}\r\nSec-WebSocket-Protocol: graphql-ws\r\n`, want: 400 },
    { name: "a trailing slash", path: "/mcp/", headers: (url) => `Host: ${own(url)}\r\n`, want: 101 },
    { name: "another path", path: "/", headers: (url) => `Host: ${own(url)}\r\n`, want: 404 },
    { name: "another Host", headers: () => "Host: evil.example\r\n", want: 403 },
    { name: "no Host at all", headers: () => "", want: 403 },
    { name: "our own Origin", headers: (url) => `Host: ${own(url)}\r\nOrigin: http://${own(url)}\r\n`, want: 101 },
    { name: "another Origin", headers: (url) => `Host: ${own(url)}\r\nOrigin: https://evil.example\r\n`, want: 403 },
    { name: "no Origin to speak of", headers: (url) => `Host: ${own(url)}\r\nOrigin: null\r\n`, want: 403 },
    {
      name: "an Origin that is allowed",
      options: { allowedOrigins: ["https://app.example"] },
      headers: (url) => `Host: ${own(url)}\r\nOrigin: https://app.example\r\n`,
      want: 101,
    },
    {
      name: "two Origins",
      options: { allowedOrigins: ["https://app.example"] },
      headers: (url) => `Host: ${own(url)}\r\n${"Origin: https://app.example\r\n".repeat(2)}`,
      want: 403,
    },
    { name: "no credentials", options: { authenticate }, headers: (url) => `Host: ${own(url)}\r\n`, want: 401 },
    {
      name: "credentials",
      options: { authenticate },
      headers: (url) => `Host: ${own(url)}\r\nX-Api-Key: ${key}\r\n`,
      want: 101,
    },
    {
      name: "credentials in the address",
      options: { authenticate },
      path: `/mcp?x-api-key=${key}&access_token=${key}`,
      headers: (url) => `Host: ${own(url)}\r\n`,
      want: 401,
    },
    {
      name: "no credentials from a foreign page: the page counts first",
      options: { authenticate },
      headers: (url) => `Host: ${own(url)}\r\nOrigin: https://evil.example\r\n`,
      want: 403,
    },
  ];
  it.each(cases)("$name: $want", async ({ options = {}, path = "/mcp", headers, want }) => {
    const { url, backend } = await start(options);
    const { text } = await exchangeRaw(url.replace(/^ws/, "http"), handshake(path, headers(url)));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${want} `));
    expect(text.includes("Sec-WebSocket-Accept")).toBe(want === 101);
    expect(backend.heard).toEqual([]);
  });

  it.each([
    { name: "no key", headers: "Sec-WebSocket-Version: 13\r\n" },
    { name: "an old version", headers: "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" },
  ])("$name: refused", async ({ headers }) => {
    const { url } = await start();
    const head = `GET /mcp HTTP/1.1\r\nHost: ${own(url)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}\r\n`;
    const { text } = await exchangeRaw(url.replace(/^ws/, "http"), head);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("says what is wanted to one that does not ask for a WebSocket", async () => {
    const { url } = await start();
    const { text } = await exchangeRaw(
      url.replace(/^ws/, "http"),
      `GET /mcp HTTP/1.1\r\nHost: ${own(url)}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 426 .*Upgrade: websocket\r\n/is);
  });
});

describe("a conversation", () => {
  it("carries requests of both eras, and what the server says unasked", async () => {
    const { url, backend } = await start({ backendEra: "auto", script: { "server/discover": DISCOVERED } });
    const peer = await initialized(url);
    expect(peer.ws.protocol).toBe("mcp");
    peer.send(request("a", "echo", { text: "ä\u2028", amount: 1e21 }));
    expect(await peer.next()).toEqual({
      jsonrpc: "2.0",
      id: "a",
      result: { params: { text: "ä\u2028", amount: 1e21 } },
    });
    backend.peer().send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: 1 } });
    expect(await peer.next()).toMatchObject({ method: "notifications/message" });
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    peer.send(request("b", "server/discover", { _meta: meta }));
    expect(await peer.next()).toMatchObject({ id: "b", result: { capabilities: {} } });
  });

  it("takes a message in fragments, cut inside of a character, with a ping between", async () => {
    const { url } = await start();
    const socket = await raw(url);
    const text = Buffer.from(JSON.stringify(request(1, "nothing", { text: "ä" })));
    const cut = text.indexOf(Buffer.from("ä")) + 1;
    for (const piece of [
      frame(1, text.subarray(0, cut), { fin: false }),
      frame(9, "ping"),
      frame(0, text.subarray(cut)),
    ])
      socket.write(piece);
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if (Buffer.concat(chunks).includes('"id":1')) break;
    }
    expect(Buffer.concat(chunks).toString()).toContain("ping");
  });

  it("carries large messages both ways, in order with small ones", async () => {
    const { url } = await start();
    const peer = await initialized(url);
    const text = "ä€".repeat(800_000);
    peer.send(request(1, "echo", { text }));
    for (let id = 2; id <= 20; id++) peer.send(request(id, "echo", { id }));
    const got: Rpc[] = [];
    while (got.length < 20) got.push(await peer.next());
    expect(got.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect((got[0]?.result as { params: { text: string } }).params.text).toBe(text);
  });

  const refusals: readonly { name: string; given: unknown; want: { id: unknown; code: number } }[] = [
    { name: "no JSON", given: "{", want: { id: null, code: -32700 } },
    { name: "an array", given: [request(5, "echo")], want: { id: null, code: -32600 } },
    { name: "no message", given: {}, want: { id: null, code: -32600 } },
    { name: "an id of null", given: { jsonrpc: "2.0", id: null, method: "echo" }, want: { id: null, code: -32600 } },
    { name: "too deep", given: `{"a":${"[".repeat(200)}${"]".repeat(200)}}`, want: { id: null, code: -32600 } },
    { name: "an id that is under way", given: request(3, "echo"), want: { id: 3, code: -32600 } },
  ];
  it.each(refusals)("refuses $name, and goes on", async ({ given, want }) => {
    const { url } = await start();
    const peer = await initialized(url);
    peer.send(request(3, "wait"));
    peer.send(given);
    expect(await peer.next()).toMatchObject({ id: want.id, error: { code: want.code } });
    peer.send(request(4, "echo"));
    expect(await peer.next()).toMatchObject({ id: 4, result: {} });
  });

  it("takes an id again once its request was taken back", async () => {
    const { url } = await start();
    const peer = await initialized(url);
    for (let turn = 0; turn < 2; turn++) {
      peer.send(request(`wait ${turn}`, "wait"));
      peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: `wait ${turn}` } });
    }
    await running?.drain(); // would wait for them
    expect(await peer.closed).toBe(1001);
  });
});

describe("the end", () => {
  const limits = { maxMessageBytes: 1000 };
  const frames: readonly { name: string; given: readonly Buffer[]; want: number }[] = [
    { name: "a binary frame", given: [frame(2, "{}")], want: 1003 },
    { name: "text that is no UTF-8", given: [frame(1, Buffer.from([0x22, 0xc3, 0x28, 0x22]))], want: 1007 },
    { name: "a message over the limit", given: [frame(1, " ".repeat(1001))], want: 1009 },
    {
      name: "a message over the limit, in fragments",
      given: [frame(1, " ".repeat(600), { fin: false }), frame(0, " ".repeat(600))],
      want: 1009,
    },
    { name: "an unknown opcode", given: [frame(3, "{}")], want: 1002 },
    { name: "a frame without mask", given: [Buffer.from([0x81, 0x02, 0x7b, 0x7d])], want: 1002 },
    { name: "a long ping", given: [frame(9, "x".repeat(126))], want: 1002 },
    { name: "a client's goodbye", given: [frame(8, Buffer.from([0x03, 0xe8]))], want: 1000 },
  ];
  it.each(frames)("$name: $want", async ({ given, want }) => {
    const { url } = await start({ limits });
    const socket = await raw(url);
    for (const one of given) socket.write(one);
    expect(await closeCode(socket)).toBe(want);
  });

  it("cancels what is under way when the client is gone", async () => {
    const { url, backend } = await start();
    const peer = await initialized(url);
    peer.send(request(2, "wait"));
    await backend.untilHeard("1 wait");
    peer.ws.terminate();
    await expect.poll(() => backend.stillOpen()).toBe(0);
  });

  it("answers what waits when its server is gone", async () => {
    const { url } = await start({ script: { leave: "hang up" } });
    const peer = await initialized(url);
    peer.send(request(2, "wait"));
    peer.send(request(3, "leave"));
    const answers = [await peer.next(), await peer.next()];
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [2, -32603],
      [3, -32603],
    ]);
  });

  it("ends when a ping is not answered, and not while they are", async () => {
    const { url } = await start({ limits: { keepAliveMs: 20 } });
    const [mute, live] = [await dial(url, { autoPong: false }), await dial(url)];
    let pings = 0;
    const enough = new Promise<void>((resolve) => live.ws.on("ping", () => ++pings === 5 && resolve()));
    expect(await mute.closed).toBe(1006);
    await enough;
    expect(live.ws.readyState).toBe(live.ws.OPEN);
  });

  it("ends when nothing was ever said, and not when something was", async () => {
    const { url } = await start({ limits: { sessionIdleMs: 200 } });
    const [silent, talking] = [await dial(url), await dial(url)];
    talking.send(INITIALIZE);
    expect(await silent.closed).toBe(1001);
    talking.send(request(2, "echo"));
    expect([(await talking.next()).id, (await talking.next()).id]).toEqual([1, 2]);
  });

  it("ends when it is too old, and tells what waits", async () => {
    const { url } = await start({ limits: { sessionMaxMs: 200 } });
    const peer = await initialized(url);
    peer.send(request(2, "wait"));
    expect(await peer.next()).toMatchObject({ id: 2, error: { code: -32603 } });
    expect(await peer.closed).toBe(1001);
  });

  it("cuts off a client that floods with pings and does not read", async () => {
    const { url } = await start();
    const socket = await raw(url);
    socket.pause();
    const ping = Buffer.concat(Array.from({ length: 1000 }, () => frame(9, "x".repeat(125))));
    const gone = new Promise((resolve) => socket.once("close", resolve));
    const flood = (): void => {
      while (!socket.destroyed && socket.write(ping));
    };
    socket.on("drain", flood);
    flood();
    await gone;
  });
});

describe("drain", () => {
  it("lets what is under way be answered, takes nothing new, and says goodbye", async () => {
    let answer: () => void = () => undefined;
    const script: Script = {
      slow: (rpc, its) => {
        answer = () => its.send({ jsonrpc: "2.0", id: rpc.id ?? null, result: "late" });
        return "silence";
      },
    };
    const { url, backend } = await start({ script });
    const [idle, busy] = [await initialized(url), await initialized(url)];
    busy.send(request(2, "slow"));
    await backend.untilHeard("2 slow");
    const drained = running?.drain();
    expect(await idle.closed).toBe(1001);
    busy.send(request(3, "echo"));
    expect(await busy.next()).toMatchObject({ id: 3, error: { data: { mcpgen: { code: "overloaded" } } } });
    await expect(dial(url)).rejects.toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    answer();
    expect(await busy.next()).toMatchObject({ id: 2, result: "late" });
    expect(await busy.closed).toBe(1001);
    await drained;
  });

  it("ends a stream that only listens with its result", async () => {
    const { url, backend } = await start({ backendEra: "modern", script: { "subscriptions/listen": "silence" } });
    const peer = await dial(url);
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    peer.send(request("L", "subscriptions/listen", { notifications: {}, _meta: meta }));
    await backend.untilHeard("1 subscriptions/listen");
    await running?.drain();
    expect(await peer.next()).toEqual({
      jsonrpc: "2.0",
      id: "L",
      result: { resultType: "complete", _meta: { "io.modelcontextprotocol/subscriptionId": "L" } },
    });
    expect(await peer.closed).toBe(1001);
  });

  it("does not wait at close, and answers what waits", async () => {
    const { url, backend } = await start();
    const peer = await initialized(url);
    peer.send(request(2, "wait"));
    await backend.untilHeard("1 wait");
    await running?.close();
    expect(await peer.next()).toMatchObject({ id: 2, error: { code: -32603 } });
    expect(await peer.closed).toBe(1001);
  });
});
