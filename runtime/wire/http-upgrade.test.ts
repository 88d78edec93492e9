import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { ask, exchangeRaw } from "../../generator/testing/http-peer.js";
import { readBody } from "./http-body.js";
import { listenHttp, type HttpHandler, type HttpServer, type HttpUpgrade } from "./http-server.js";

let server: HttpServer | undefined;
afterEach(() => server?.close());

const echo: HttpHandler = async ({ stream, method, path }, response) => {
  const { chunks } = await readBody(stream, { maxBytes: 1000, budget: { maxBytes: 1000, usedBytes: 0 } });
  response.end(`${method} ${path} ${Buffer.concat(chunks).toString()}`);
};
const greet: HttpUpgrade = (_, socket, head) => {
  socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\nhead ${head.toString()}`);
  return Promise.resolve();
};

async function start(upgrade?: HttpUpgrade, handler = echo): Promise<string> {
  server = await listenHttp({ host: "127.0.0.1", port: 0, handler, upgrade, timeouts: { closeMs: 50 } });
  return server.origin;
}

const WEBSOCKET = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
const H2C = "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";

describe("a request that wants another protocol", () => {
  const cases: readonly { name: string; given: string; upgrade?: HttpUpgrade; want: RegExp }[] = [
    {
      name: "a WebSocket",
      given: `GET /a HTTP/1.1\r\n${WEBSOCKET}\r\nmore`,
      upgrade: greet,
      want: /101 .*head more$/s,
    },
    { name: "a WebSocket where there is none", given: `GET /a HTTP/1.1\r\n${WEBSOCKET}\r\n`, want: /200 OK.*GET \/a/s },
    // Java's HttpClient asks for HTTP/2 with its first request, whatever that is.
    {
      name: "HTTP/2 with a body",
      given: `POST /b HTTP/1.1\r\n${H2C}Content-Length: 5\r\n\r\nhello`,
      upgrade: greet,
      want: /200 OK.*POST \/b hello$/s,
    },
    {
      name: "HTTP/2 with chunks, and a request after it",
      given: `POST /b HTTP/1.1\r\n${H2C}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n`,
      upgrade: greet,
      want: /POST \/b he.*GET \/c/s,
    },
    {
      name: "a WebSocket by POST",
      given: `POST /b HTTP/1.1\r\n${WEBSOCKET}Content-Length: 2\r\n\r\n{}`,
      upgrade: greet,
      want: /200 OK.*POST \/b \{\}$/s,
    },
    {
      name: "a WebSocket, with two Hosts",
      given: `GET /a HTTP/1.1\r\nHost: y\r\n${WEBSOCKET}\r\n`,
      upgrade: greet,
      want: /^HTTP\/1\.1 400 /,
    },
    {
      name: "a WebSocket, and its handler fails",
      given: `GET /a HTTP/1.1\r\n${WEBSOCKET}\r\n`,
      upgrade: () => Promise.reject(new Error("bug")),
      want: /^$/,
    },
  ];
  it.each(cases)("$name", async ({ given, upgrade, want }) => {
    const { text } = await exchangeRaw(await start(upgrade), given);
    expect(text).toMatch(want);
  });

  it("does not change the protocol below an answer that still waits", async () => {
    const upgrades: string[] = [];
    const url = await start(
      ({ path }) => {
        upgrades.push(path);
        return Promise.resolve();
      },
      () => new Promise(() => undefined),
    );
    const { text } = await exchangeRaw(url, `GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\n${WEBSOCKET}\r\n`);
    expect({ text, upgrades }).toEqual({ text: "", upgrades: [] });
  });

  it("tells its handler when the connection is gone", async () => {
    let told: (code: string) => void;
    const gone = new Promise<string>((resolve) => (told = resolve));
    const url = new URL(
      await start(({ gone: signal }, socket) => {
        signal.addEventListener("abort", () => told((signal.reason as { code: string }).code));
        socket.write("hello");
        return Promise.resolve();
      }),
    );
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.write(`GET /a HTTP/1.1\r\n${WEBSOCKET}\r\n`);
    await once(socket, "data");
    socket.resetAndDestroy();
    expect(await gone).toBe("closed");
  });
});

describe("drain", () => {
  it("ends each connection with its answer, of requests before and after", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let reach: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const url = await start(undefined, async (request, response) => {
      if (request.path === "/slow") {
        reach();
        await released;
      }
      await echo(request, response);
    });
    const before = ask(`${url}/slow`, { method: "GET", headers: { connection: "keep-alive" } });
    const early = await ask(url, { method: "GET", headers: { connection: "keep-alive" } });
    expect(early.headers.connection).toBe("keep-alive");
    await early.text();
    await reached;
    server?.drain();
    const after = await ask(url, { method: "GET", headers: { connection: "keep-alive" } });
    release();
    expect((await before).headers.connection).toBe("close");
    expect(after.headers.connection).toBe("close");
  });
});
