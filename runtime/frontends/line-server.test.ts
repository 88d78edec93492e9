import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { createServer as createTlsServer, connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { AUTHORITY, SERVER_CERT, SERVER_KEY } from "../../generator/testing/certificate.js";
import { requestLine } from "../../generator/testing/line-client.js";
import { scripted, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { Frontend } from "../core/frontend.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { serve } from "../serve.js";
import { serverTls } from "../wire/tls.js";
import { serveLines, SOCKET_OPTIONS, type LineTimes } from "./line-server.js";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(backend: ScriptedBackend, times: Partial<LineTimes>, tls = false): Promise<number> {
  const server = tls
    ? createTlsServer({
        ...serverTls({ cert: SERVER_CERT, key: SERVER_KEY }),
        ...SOCKET_OPTIONS,
        handshakeTimeout: 500,
      })
    : createServer(SOCKET_OPTIONS);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const frontend: Frontend = {
    kind: "tcp",
    listen: (host) =>
      Promise.resolve({
        addresses: [],
        ...serveLines(server, host, { kind: "tcp", tls, limits: limitsOf({ killAfterMs: 100 }), log: silent, times }),
      }),
  };
  const running = await serve({ backend, frontends: [frontend] });
  cleanUps.push(() => running.close());
  return (server.address() as AddressInfo).port;
}

/** Says a great deal, unasked. */
const flood = () =>
  scripted({
    flood(_, peer) {
      for (let n = 0; n < 200; n++)
        peer.send({ jsonrpc: "2.0", method: "notifications/message", params: { data: "x".repeat(100_000) } });
      return "silence";
    },
  });

describe("a client that does not read", () => {
  it.each([
    { over: "TCP", tls: false },
    { over: "TLS", tls: true },
  ])("is cut, over $over", async ({ tls }) => {
    const backend = flood();
    const port = await start(backend, { stallMs: 200 }, tls);
    const socket = tls ? connectTls({ port, host: "127.0.0.1", ca: AUTHORITY }) : connect(port, "127.0.0.1");
    cleanUps.push(() => socket.destroy());
    socket.on("error", () => undefined).pause();
    await once(socket, tls ? "secureConnect" : "connect");
    socket.write(requestLine(1, "flood"));
    await backend.untilHeard("1 flood");
    await expect.poll(() => backend.stillOpen(), { timeout: 10_000 }).toBe(0);
  });

  it("for a while, but takes something now and then, is served", async () => {
    const backend = flood();
    const port = await start(backend, { stallMs: 500 });
    const socket = connect(port, "127.0.0.1").pause();
    cleanUps.push(() => socket.destroy());
    await once(socket, "connect");
    socket.write(requestLine(1, "flood"));
    await backend.untilHeard("1 flood");
    let bytes = 0;
    let stalls = 0;
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes < (stalls + 1) * 5_000_000) return;
      stalls++;
      socket.pause();
      setTimeout(() => socket.resume(), 100);
    });
    socket.resume();
    await expect.poll(() => bytes, { timeout: 10_000 }).toBeGreaterThan(200 * 100_000);
    expect([stalls, backend.stillOpen()]).toEqual([4, 1]);
  });
});

it("cuts a connection whose TLS does not come to stand", async () => {
  const port = await start(flood(), {}, true);
  const [silent, half] = [connect(port, "127.0.0.1"), connect({ port, host: "127.0.0.1", allowHalfOpen: true })];
  cleanUps.push(() => [silent, half].map((socket) => socket.destroy()));
  half.end();
  await Promise.all([silent, half].map((socket) => once(socket.resume(), "close")));
});
