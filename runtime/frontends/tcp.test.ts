import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import {
  AUTHORITY,
  CLIENT_CERT,
  CLIENT_KEY,
  SERVER_CERT,
  SERVER_KEY,
  STRANGER_CERT,
  STRANGER_KEY,
} from "../../generator/testing/certificate.js";
import { lineClient, requestLine as request, type LineClient } from "../../generator/testing/line-client.js";
import { DISCOVERED, INITIALIZED, scripted, type Script } from "../../generator/testing/scripted.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { serve, type Running, type ServeOptions } from "../serve.js";
import { tcpFrontend, type TcpFrontendOptions } from "./tcp.js";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const SCRIPT: Script = {
  initialize: INITIALIZED,
  echo: (rpc) => ({ result: rpc.params }),
  wait: "silence",
};

interface Place {
  readonly running: Running;
  readonly port: number;
  readonly connect: () => Promise<LineClient>;
}

interface StartOptions extends Partial<Omit<ServeOptions, "limits">> {
  readonly limits?: Partial<Limits>;
  readonly tcp?: Partial<TcpFrontendOptions>;
}

async function start({ limits: given, tcp, ...more }: StartOptions = {}): Promise<Place> {
  const limits = { killAfterMs: 100, ...given };
  const frontend = tcpFrontend({ host: "127.0.0.1", port: 0, limits, ...tcp });
  const running = await serve({ backend: scripted(SCRIPT), frontends: [frontend], limits, ...more });
  cleanUps.push(() => running.close());
  const port = Number(/:(\d+)$/.exec(running.addresses[0] ?? "")?.[1]);
  return {
    running,
    port,
    async connect() {
      const client = await lineClient({ port, host: "127.0.0.1" });
      cleanUps.push(() => client.socket.destroy());
      return client;
    },
  };
}

describe("lines", () => {
  it("come in any pieces", async () => {
    const { running, connect: open } = await start();
    expect(running.addresses[0]).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const client = await open();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(request("é", "echo", { text: "😀\u2028" })))
      await new Promise((resolve) => client.socket.write(Buffer.of(byte), resolve));
    expect(await client.answer("é")).toMatchObject({ result: { text: "😀\u2028" } });
    client.socket.write(`${request(1, "echo")}\r\n${request(2, "echo").replace("\n", "\r\n")}${request(3, "echo")}`);
    await Promise.all([1, 2, 3].map((id) => client.answer(id)));
    expect(client.got).toHaveLength(4);
  });

  it("over 10 MiB are refused, and the connection lives", async () => {
    const { connect: open } = await start();
    const client = await open();
    const max = 10 * 1024 * 1024;
    const frame = request(1, "echo", { text: "" }).length - 1;
    client.socket.write(request(1, "echo", { text: "x".repeat(max + 1 - frame) }));
    expect(await client.next((rpc) => rpc.id === null)).toMatchObject({
      error: { code: -32600, message: `a message of ${max + 1} bytes; the limit is ${max}` },
    });
    client.socket.write(request(2, "echo", { text: "x".repeat(max - frame) }));
    expect(JSON.stringify((await client.answer(2)).result)).toHaveLength(max - frame + 11);
    expect(client.got).toHaveLength(2);
  });

  it("that are no message are answered with id null, and the connection lives", async () => {
    const backend = scripted(SCRIPT);
    const client = await (await start({ backend })).connect();
    client.socket.write(`hello\n[${request(1, "echo").trim()}]\n{"a":1}\n${request(2, "echo")}`);
    await client.answer(2);
    expect(client.got.map(({ id, error }) => [id, error?.code])).toEqual([
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [2, undefined],
    ]);
    expect(backend.heard).toEqual(["1 echo"]);
  });

  it("of HTTP never reach the server, not even a body that is a message", async () => {
    const backend = scripted(SCRIPT);
    const client = await (await start({ backend })).connect();
    client.socket.write(`POST /${"x".repeat(100_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${request(1, "echo")}`);
    await client.ended;
    expect(client.got).toMatchObject([{ id: null, error: { code: -32600, message: /no web server/ } }]);
    expect(backend.heard).toEqual([]);
  });
});

describe("clients", () => {
  it("that end their side still get their answers, then our end", async () => {
    let release: () => void = () => undefined;
    const late: Script = {
      slow({ id }, peer) {
        release = () => peer.send({ jsonrpc: "2.0", id: id ?? null, result: { late: true } });
        return "silence";
      },
    };
    const backend = scripted(late);
    const { connect: open } = await start({ backend });
    const [client, other] = [await open(), await open()];
    client.socket.end(request(1, "slow"));
    await backend.untilHeard("1 slow");
    // Once another has been answered twice, the end has been seen, too.
    for (const id of [1, 2]) {
      other.socket.write(request(id, "none"));
      await other.answer(id);
    }
    other.socket.destroy();
    release();
    await client.ended;
    expect(client.got).toMatchObject([{ id: 1, result: { late: true } }]);
    await expect.poll(() => backend.stillOpen()).toBe(0);
  });

  it("use the same ids at the same time, and get each their own answers", async () => {
    const { connect: open } = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, open));
    for (const [nonce, { socket }] of clients.entries())
      socket.write(`${request(1, "echo", { nonce })}${request("1", "echo", { nonce: nonce + 100 })}`);
    for (const [nonce, client] of clients.entries()) {
      expect(await client.answer(1)).toMatchObject({ result: { nonce } });
      expect((await client.answer("1")).result).toEqual({ nonce: nonce + 100 });
      expect(client.got).toHaveLength(2);
    }
  });

  it("that reset the connection disturb nobody, and their server is ended at once", async () => {
    const backend = scripted(SCRIPT);
    const { connect: open } = await start({ backend });
    const [good, bad] = [await open(), await open()];
    bad.socket.write(`${request(1, "wait")}{"jsonrpc":"2.0","id":2,"meth`);
    good.socket.write(request(1, "wait"));
    await backend.untilHeard("1 wait");
    await backend.untilHeard("2 wait");
    bad.socket.resetAndDestroy();
    await expect.poll(() => backend.stillOpen()).toBe(1);
    good.socket.write(request(2, "echo", { still: "here" }));
    expect(await good.answer(2)).toMatchObject({ result: { still: "here" } });
  });

  it("speak both eras on one connection", async () => {
    const backend = scripted({ ...SCRIPT, "server/discover": { result: { supportedVersions: [] } } });
    const client = await (await start({ backend })).connect();
    client.socket.write(`${request(1, "initialize", {})}${request(2, "server/discover")}`);
    await Promise.all([client.answer(1), client.answer(2)]);
  });

  it("past the sessions that there may be are told so, and ended", async () => {
    const { connect: open } = await start({ limits: { maxSessions: 1 } });
    const [first, second] = [await open(), await open()];
    first.socket.write(request(1, "initialize"));
    await first.answer(1);
    second.socket.write(request(1, "initialize"));
    expect(await second.answer(1)).toMatchObject({ error: { code: -32000, message: /1 sessions/ } });
    await second.ended;
    first.socket.write(request(2, "echo"));
    await first.answer(2);
  });

  it("past the connections that there may be are turned away", async () => {
    const { connect: open } = await start({ limits: { maxConnections: 1 } });
    const first = await open();
    first.socket.write(request(1, "echo"));
    await first.answer(1);
    await (
      await open()
    ).ended;
    first.socket.end();
    await first.ended;
    first.socket.destroy();
    const third = await open();
    third.socket.write(request(1, "echo"));
    await third.answer(1);
  });

  it("that are not let in are told so, and no server is opened", async () => {
    const backend = scripted(SCRIPT);
    const authenticate = () => Promise.reject(new RuntimeError("unauthenticated", "who are you?"));
    const client = await (await start({ backend, authenticate })).connect();
    client.socket.write(`${request(1, "echo")}${request(2, "echo")}`);
    expect(await client.answer(1)).toMatchObject({ error: { code: -32000, message: "who are you?" } });
    await client.ended;
    expect([client.got.length, backend.heard]).toEqual([1, []]);
  });
});

describe("time", () => {
  it("ends whoever says nothing, unless an answer is awaited", async () => {
    const { connect: open } = await start({ limits: { sessionIdleMs: 50 } });
    const busy = await open();
    busy.socket.write(request(1, "wait"));
    const silent = await open();
    await silent.ended;
    expect([silent.got, busy.socket.readableEnded]).toEqual([[], false]);
  });

  it("ends a connection that is too old, with what is under way answered", async () => {
    let release: (() => void) | undefined;
    const slow: Script = {
      slow({ id }, peer) {
        release = () => peer.send({ jsonrpc: "2.0", id: id ?? null, result: {} });
        return "silence";
      },
    };
    const client = await (await start({ backend: scripted(slow), limits: { sessionMaxMs: 50 } })).connect();
    client.socket.write(request(1, "slow"));
    for (let id = 2; !client.got.some(({ error }) => error?.code === -32000); id++) {
      client.socket.write(request(id, "other"));
      await client.answer(id);
    }
    expect(client.socket.readableEnded).toBe(false);
    release?.();
    await client.answer(1);
    await client.ended;
  });
});

describe("the end", () => {
  it("by draining waits for what is under way, and takes nothing new", async () => {
    let release: () => void = () => undefined;
    const script: Script = {
      ...SCRIPT,
      slow({ id }, peer) {
        release = () => peer.send({ jsonrpc: "2.0", id: id ?? null, result: {} });
        return "silence";
      },
    };
    const backend = scripted(script);
    const { running, port, connect: open } = await start({ backend });
    const [idle, busy] = [await open(), await open()];
    idle.socket.write(request(1, "echo"));
    busy.socket.write(request(1, "slow"));
    await Promise.all([idle.answer(1), expect.poll(() => backend.heard.join()).toContain("slow")]);
    const drained = running.drain();
    await idle.ended;
    busy.socket.write(request(2, "echo"));
    expect(await busy.answer(2)).toMatchObject({ error: { message: /shutting down/ } });
    const [refused] = (await once(connect({ port, host: "127.0.0.1" }), "error")) as [NodeJS.ErrnoException];
    expect(refused.code).toBe("ECONNREFUSED");
    release();
    await busy.answer(1);
    await drained;
    expect(backend.stillOpen()).toBe(0);
  });

  it("by draining ends what only listens, in order", async () => {
    const backend = scripted({ "subscriptions/listen": "silence", "server/discover": DISCOVERED });
    const { running, connect: open } = await start({ backend });
    const client = await open();
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    client.socket.write(request("sub", "subscriptions/listen", { notifications: {}, _meta: meta }));
    await expect.poll(() => backend.heard.length).toBeGreaterThan(0);
    await running.drain();
    await client.ended;
    expect(client.got).toEqual([
      {
        jsonrpc: "2.0",
        id: "sub",
        result: { resultType: "complete", _meta: { "io.modelcontextprotocol/subscriptionId": "sub" } },
      },
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "sub" } },
    ]);
  });

  it("at once answers what is under way all the same", async () => {
    const backend = scripted(SCRIPT);
    const { running, connect: open } = await start({ backend });
    const client = await open();
    client.socket.write(`${request(1, "wait")}${request("1", "wait")}`);
    await backend.untilHeard("1 wait", 2);
    await running.close();
    await client.ended;
    expect(client.got).toMatchObject([
      { id: 1, error: { code: -32603 } },
      { id: "1", error: { code: -32603 } },
    ]);
    expect(backend.stillOpen()).toBe(0);
  });
});

describe("the address", () => {
  it("that is in use is named", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as AddressInfo;
    await expect(start({ tcp: { port } })).rejects.toMatchObject({
      code: "config",
      text: `127.0.0.1:${port} is in use`,
    });
  });

  it("that is not ours is named", async () => {
    await expect(start({ tcp: { host: "192.0.2.1" } })).rejects.toMatchObject({
      code: "config",
      why: /192/ as unknown,
    });
  });
});

describe("TLS", () => {
  const open = async (port: number, options: ConnectionOptions): Promise<LineClient> => {
    const both = { allowHalfOpen: true }; // not in Node's types of this function
    const socket = connectTls({ port, host: "127.0.0.1", ca: AUTHORITY, ...both, ...options });
    cleanUps.push(() => socket.destroy());
    await once(socket, "secureConnect");
    return lineClient(socket);
  };
  const tls = { cert: SERVER_CERT, key: SERVER_KEY };

  it("carries lines, and a half-closed connection, and is not disturbed by who speaks something else", async () => {
    const { running, port } = await start({ tcp: { tls } });
    expect(running.addresses[0]).toBe(`tls://127.0.0.1:${port}`);
    const plain = connect({ port, host: "127.0.0.1" });
    cleanUps.push(() => plain.destroy());
    plain.on("error", () => undefined).resume();
    plain.write(request(1, "echo"));
    await once(plain, "close");
    const client = await open(port, {});
    client.socket.write(request(1, "echo", { text: "x".repeat(1_000_000) }));
    client.socket.end(request(2, "echo"));
    await Promise.all([client.answer(1), client.answer(2), client.ended]);
  });

  it("with authorities lets in only whom they know", async () => {
    const backend = scripted(SCRIPT);
    const { port } = await start({ backend, tcp: { tls: { ...tls, ca: AUTHORITY } } });
    for (const shown of [{}, { cert: STRANGER_CERT, key: STRANGER_KEY }]) {
      // TLS 1.3 tells a client only after its side of the handshake is done.
      const refused = await open(port, shown);
      refused.socket.write(request(1, "echo"));
      await refused.ended;
      expect(refused.got).toEqual([]);
    }
    expect(backend.heard).toEqual([]);
    const client = await open(port, { cert: CLIENT_CERT, key: CLIENT_KEY });
    client.socket.write(request(1, "echo"));
    await client.answer(1);
  });

  it("older than 1.2 is refused", async () => {
    const { port } = await start({ tcp: { tls } });
    const old = open(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" });
    await expect(old).rejects.toMatchObject({ code: /ERR_SSL|EPROTO|ECONNRESET/ as unknown });
  });

  it("material that cannot be used is named before anything is bound", () => {
    expect(() => tcpFrontend({ host: "127.0.0.1", port: 0, tls: { cert: SERVER_CERT, key: CLIENT_KEY } })).toThrow(
      "the TLS key cannot be used",
    );
  });
});
