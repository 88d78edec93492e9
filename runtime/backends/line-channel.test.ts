import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../../generator/testing/certificate.js";
import type { Backend } from "../core/backend.js";
import { caller } from "../core/caller.js";
import type { Channel } from "../core/channel.js";
import type { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { serverTls, type TlsClient } from "../wire/tls.js";
import { tcpBackend } from "./tcp.js";
import { unixBackend } from "./unix.js";

const cleanUps: (() => unknown)[] = [];
const logged: string[] = [];
const log: Log = (level, text) => void logged.push(`${level} ${text}`);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  logged.length = 0;
});

const never = new AbortController().signal;

interface Peer {
  readonly port: number;
  /** The next connection. */
  accept(): Promise<Socket>;
}

async function listen(server: Server = createServer({ allowHalfOpen: true }), event = "connection"): Promise<Peer> {
  const accepted: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  server.on(event, (socket: Socket) => {
    cleanUps.push(() => socket.destroy());
    socket.on("error", () => undefined);
    const next = waiting.shift();
    if (next) next(socket);
    else accepted.push(socket);
  });
  server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanUps.push(() => new Promise((done) => server.close(done)));
  const accept = (): Promise<Socket> => {
    const socket = accepted.shift();
    return socket ? Promise.resolve(socket) : new Promise((done) => waiting.push(done));
  };
  return { port: (server.address() as AddressInfo).port, accept };
}

async function open(backend: Backend, signal = never): Promise<Channel> {
  const channel = await backend.open(signal);
  cleanUps.push(() => channel.close());
  return channel;
}

async function connected(limits: Partial<Limits> = {}): Promise<{ channel: Channel; server: Socket }> {
  const peer = await listen();
  const backend = tcpBackend({ host: "127.0.0.1", port: peer.port, limits: { killAfterMs: 200, ...limits }, log });
  const channel = await open(backend);
  return { channel, server: await peer.accept() };
}

async function all(channel: Channel): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of channel.incoming) messages.push(message);
  return messages;
}

const textOf = (message: Message): string => Buffer.concat(message.bytes ?? []).toString();
const ping = messageFromRpc({ jsonrpc: "2.0", id: 1, method: "ping" });

describe("messages", () => {
  it("go out as lines, their bytes as they are", async () => {
    const { channel, server } = await connected();
    const bytes = Buffer.from('{"jsonrpc":"2.0",\n "id":1.0,"method":"x","params":{"n":12345678901234567890}}');
    await channel.send(messageOf([bytes]));
    const [chunk] = (await once(server, "data")) as [Buffer];
    expect(chunk.toString()).toBe(`${bytes.toString().replace("\n", " ")}\n`);
  });

  it("come in any pieces, their bytes as they are", async () => {
    const { channel, server } = await connected();
    server.setNoDelay(true);
    const texts = ['{"jsonrpc":"2.0","id":1,"result":{"n":1.50,"s":"😀\u2028"}}', '{"result":{},"id":"2"}'];
    for (const byte of Buffer.from(`${texts[0] ?? ""}\r\n`))
      await new Promise((done) => server.write(Buffer.of(byte), done));
    server.end(`${texts[1] ?? ""}\n\n${texts[1] ?? ""}`);
    expect((await all(channel)).map(textOf)).toEqual([texts[0], texts[1], texts[1]]);
  });

  it("that are none are reported and stepped over; an answer that is too long is its request's failure", async () => {
    const { channel, server } = await connected({ maxMessageBytes: 1000 });
    server.end(
      `hello\n{"jsonrpc":"2.0","id":7,"result":"${"x".repeat(5000)}"}\n{"jsonrpc":"2.0","id":8,"result":{}}\n`,
    );
    expect(await all(channel)).toMatchObject([{ id: 7, failure: { code: "too_large", fault: "server" } }, { id: 8 }]);
    expect(logged.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  });

  it("wait for a server that does not read", async () => {
    const { channel, server } = await connected();
    const big = messageFromRpc({ jsonrpc: "2.0", method: "x", params: { text: "x".repeat(1_000_000) } });
    let sent = 0;
    const sending = (async () => {
      for (; sent < 40; sent++) await channel.send(big);
    })();
    let before = -1;
    await expect.poll(() => before === (before = sent), { interval: 200 }).toBe(true);
    expect(sent).toBeLessThan(40);
    server.resume();
    await sending;
  });
});

describe("the end", () => {
  it("of the server's side comes after what it said, and its own questions may still be answered", async () => {
    const { channel, server } = await connected();
    server.end('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(await all(channel)).toHaveLength(1);
    await channel.send(messageFromRpc({ jsonrpc: "2.0", id: 1, result: {} }));
    const [chunk] = (await once(server, "data")) as [Buffer];
    expect(chunk.toString()).toBe('{"jsonrpc":"2.0","id":1,"result":{}}\n');
  });

  it("by a reset is told as closed, to the reader and to who sends", async () => {
    const { channel, server } = await connected();
    server.resetAndDestroy();
    await expect(all(channel)).rejects.toMatchObject({ code: "closed", text: /cut the connection/ });
    await expect((async () => channel.send(ping))()).rejects.toMatchObject({ code: "closed" });
  });

  it("on our side is told to the server, which may end its own", async () => {
    const { channel, server } = await connected({ killAfterMs: 60_000 });
    server.resume().on("end", () => server.end());
    await channel.send(ping);
    const closing = channel.close();
    await Promise.all([closing, once(server, "close")]);
    expect(await all(channel)).toEqual([]);
    expect(() => channel.send(ping)).toThrow("is closed");
  });

  it("on our side waits for nobody longer than killAfterMs", async () => {
    const { channel, server } = await connected();
    server.pause();
    await Promise.all([channel.close(), channel.close()]);
    expect(server.destroyed).toBe(false);
  });
});

describe("opening", () => {
  it("makes a connection each time, used at the same time", async () => {
    const peer = await listen();
    const backend = tcpBackend({ host: "localhost", port: peer.port });
    const [one, two] = [await open(backend), await open(backend)];
    const sockets = [await peer.accept(), await peer.accept()];
    for (const socket of sockets) socket.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect([await all(one), await all(two)]).toMatchObject([[{ id: 1 }], [{ id: 1 }]]);
  });

  const reason = async (backend: Backend, signal = never): Promise<RuntimeError> => {
    try {
      await open(backend, signal);
    } catch (error) {
      return error as RuntimeError;
    }
    throw new Error("it was opened");
  };

  it("names what is wrong with an address", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    expect(await reason(tcpBackend({ host: "127.0.0.1", port }))).toMatchObject({
      code: "unreachable",
      text: `cannot reach tcp://127.0.0.1:${port}`,
      why: `nothing listens on 127.0.0.1:${port}`,
    });
    expect(await reason(tcpBackend({ host: "no-such-host.invalid", port }))).toMatchObject({
      code: "unreachable",
      why: /the name no-such-host.invalid cannot be resolved/,
    });
  });

  it.each([
    { host: "", port: 1 },
    { host: "a b", port: 1 },
    { host: "[::1]", port: 1 },
    { host: "localhost", port: 0 },
    { host: "localhost", port: 65_536 },
    { host: "localhost", port: 1.5 },
  ])("has no address %j", (address) => {
    expect(() => tcpBackend(address)).toThrow(expect.objectContaining({ code: "config" }));
  });

  it("ends with its signal, and with its time", async () => {
    const gone = AbortSignal.abort(new Error("enough"));
    expect(await reason(tcpBackend({ host: "127.0.0.1", port: 9 }), gone)).toMatchObject({ code: "canceled" });
    // Says nothing to a TLS greeting, as a program that does not know TLS may.
    const peer = await listen();
    const limits = { connectTimeoutMs: 50 };
    const slow = tcpBackend({ host: "127.0.0.1", port: peer.port, tls: {}, limits });
    expect(await reason(slow)).toMatchObject({ code: "timeout", text: /took longer than 50 ms/ });
    const patient = tcpBackend({ host: "127.0.0.1", port: peer.port, tls: {} });
    const control = new AbortController();
    const opening = reason(patient, control.signal);
    await peer.accept().then(() => peer.accept());
    control.abort();
    expect(await opening).toMatchObject({ code: "canceled" });
  });

  it("names what is wrong with a socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-"));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "s");
    expect(await reason(unixBackend({ path }))).toMatchObject({ code: "unreachable", why: "there is no such file" });
    writeFileSync(path, "");
    expect(await reason(unixBackend({ path }))).toMatchObject({ code: "unreachable", why: "it is no socket" });
    expect(() => unixBackend({ path: `/${"x".repeat(137)}` })).toThrow("has 138 bytes");
  });
});

describe("TLS", () => {
  const server = (ca?: string) =>
    listen(
      createTlsServer({ ...serverTls({ cert: SERVER_CERT, key: SERVER_KEY, ca }), handshakeTimeout: 1_000 }),
      "secureConnection",
    );
  const to = (port: number, tls: TlsClient): Backend => tcpBackend({ host: "127.0.0.1", port, tls, log });

  it("trusts only whom it is told to", async () => {
    const peer = await server();
    const channel = await open(to(peer.port, { ca: AUTHORITY }));
    (await peer.accept()).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(await all(channel)).toMatchObject([{ id: 1 }]);
    await expect(open(to(peer.port, {}))).rejects.toMatchObject({
      code: "unreachable",
      text: `cannot reach tls://127.0.0.1:${peer.port}`,
      why: /UNABLE_TO_VERIFY|SELF_SIGNED/,
    });
    await expect(open(to(peer.port, { ca: AUTHORITY, serverName: "mcp.example" }))).rejects.toMatchObject({
      why: /ALTNAME_INVALID/,
    });
  });

  it("shows its certificate, and tells why it is not let in without", async () => {
    const peer = await server(AUTHORITY);
    const channel = await open(to(peer.port, { ca: AUTHORITY, cert: CLIENT_CERT, key: CLIENT_KEY }));
    (await peer.accept()).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(await all(channel)).toHaveLength(1);
    const stranger = await open(to(peer.port, { ca: AUTHORITY }));
    await expect(all(stranger)).rejects.toMatchObject({ code: "closed", why: /CERTIFICATE_REQUIRED/ });
  });

  it("is not spoken where the server does not", async () => {
    const peer = await listen();
    const opening = open(to(peer.port, {}));
    (await peer.accept()).end("hello\n");
    await expect(opening).rejects.toMatchObject({ why: "the server does not speak TLS there" });
  });
});

describe("a real server", () => {
  it.each(["tcp", "unix"])("over %s", async (transport) => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-"));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "s");
    const peer = resolve(import.meta.dirname, "../../fixtures/peer.js");
    const child = spawn(process.execPath, [peer, transport, ...(transport === "unix" ? [path] : [])], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    const exited = once(child, "exit");
    cleanUps.push(async () => {
      child.kill();
      await exited;
    });
    const [said] = (await once(child.stderr, "data")) as [Buffer];
    const port = Number(/:(\d+)\s*$/.exec(said.toString())?.[1]);
    const channel = await open(transport === "unix" ? unixBackend({ path }) : tcpBackend({ host: "127.0.0.1", port }));
    const client = caller(channel);
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const result = await client.request("initialize", params, { timeoutMs: 10_000 });
    expect(result).toMatchObject({ protocolVersion: "2025-11-25" });
    await client.close();
  });
});
