import { get, type IncomingMessage } from "node:http";
import https from "node:https";
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
import { ask } from "../../generator/testing/http-peer.js";
import { request, stage } from "../../generator/testing/http-visitor.js";
import { dial } from "../../generator/testing/websocket-peer.js";
import { websocketBackend } from "../backends/websocket.js";
import { httpBackend } from "../backends/http.js";
import type { Backend } from "../core/backend.js";
import { messageFromRpc } from "../core/message.js";
import { serve, type Running } from "../serve.js";
import type { TlsClient } from "../wire/tls.js";
import { streamableHttp } from "./http.js";
import { legacySse } from "./sse.js";
import { webFrontend, type Mount, type WebFrontendOptions } from "./web.js";
import { webSocket } from "./websocket.js";

let running: Running | undefined;
afterEach(() => running?.close());

async function start(mounts: readonly Mount[], options: Partial<WebFrontendOptions> = {}): Promise<readonly string[]> {
  const front = webFrontend({ host: "127.0.0.1", port: 0, mounts, ...options });
  running = await serve({ backend: stage(), backendEra: "legacy", frontends: [front] });
  return running.addresses;
}

const INITIALIZE = request(1, "initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});

describe("one server for all", () => {
  it("tells the addresses, and serves WebSocket and Streamable HTTP at one of them", async () => {
    const [http = "", ws = "", sse = ""] = await start([streamableHttp(), webSocket(), legacySse()]);
    const port = new URL(http).port;
    expect([http, ws, sse]).toEqual([
      `http://127.0.0.1:${port}/mcp`,
      `ws://127.0.0.1:${port}/mcp`,
      `http://127.0.0.1:${port}/sse`,
    ]);
    expect((await ask(http, { body: INITIALIZE })).status).toBe(200);
    const peer = await dial(ws);
    peer.send(INITIALIZE);
    expect(await peer.next()).toMatchObject({ id: 1, result: {} });
  });

  const clashes: readonly { name: string; mounts: readonly Mount[]; want: string }[] = [
    { name: "two of a kind", mounts: [streamableHttp(), streamableHttp()], want: "GET /mcp" },
    { name: "two event streams", mounts: [streamableHttp(), legacySse({ path: "/mcp/" })], want: "GET /mcp" },
    { name: "two WebSockets", mounts: [webSocket(), webSocket()], want: "WebSocket /mcp" },
    { name: "our own pages", mounts: [streamableHttp({ path: "/healthz" })], want: "GET /healthz" },
  ];
  it.each(clashes)("refuses $name at one address", async ({ mounts, want }) => {
    await expect(start(mounts)).rejects.toMatchObject({ code: "config", text: `${want} is served twice` });
  });

  it("refuses a port that is in use, and says so", async () => {
    const [url = ""] = await start([webSocket()]);
    const port = Number(new URL(url).port);
    const second = serve({
      backend: stage(),
      frontends: [webFrontend({ host: "127.0.0.1", port, mounts: [webSocket()] })],
    });
    await expect(second).rejects.toMatchObject({ code: "config", text: `127.0.0.1:${port} is in use` });
  });
});

describe("health", () => {
  it("is told under any Host, and is over at once when the proxy drains", async () => {
    const [url = ""] = await start([webSocket(), streamableHttp()]);
    const status = async (path: string, method = "GET"): Promise<number> =>
      (await ask(new URL(path, url.replace(/^ws/, "http")).href, { method, headers: { host: "probe.example" } }))
        .status;
    expect(await Promise.all([status("/healthz"), status("/readyz"), status("/readyz", "HEAD")])).toEqual([
      200, 200, 200,
    ]);
    const peer = await dial(url);
    peer.send(INITIALIZE);
    await peer.next();
    peer.send(request(2, "wait"));
    peer.send(request(3, "echo"));
    await peer.next();
    void running?.drain();
    expect(await Promise.all([status("/healthz"), status("/readyz")])).toEqual([200, 503]);
    await running?.close();
  });
});

describe("TLS", () => {
  const tls = { cert: SERVER_CERT, key: SERVER_KEY };
  const mutual = { ...tls, ca: AUTHORITY };
  const known: TlsClient = { ca: AUTHORITY };
  const shown: TlsClient = { ...known, cert: CLIENT_CERT, key: CLIENT_KEY };
  const stranger: TlsClient = { ...known, cert: STRANGER_CERT, key: STRANGER_KEY };
  const backends: readonly { kind: string; make: (addresses: readonly string[], client?: TlsClient) => Backend }[] = [
    { kind: "http", make: ([url = ""], client) => httpBackend({ url, tls: client }) },
    { kind: "websocket", make: ([, url = ""], client) => websocketBackend({ url, tls: client }) },
  ];
  const cases: readonly { name: string; server: typeof mutual | typeof tls; client?: TlsClient; want: string }[] = [
    { name: "an authority that we trust", server: tls, client: known, want: "answered" },
    { name: "an authority that nobody knows", server: tls, want: "unreachable" },
    { name: "a certificate for both sides", server: mutual, client: shown, want: "answered" },
    { name: "no certificate of ours", server: mutual, client: known, want: "refused" },
    { name: "one of ours that is not trusted", server: mutual, client: stranger, want: "refused" },
    { name: "another name", server: tls, client: { ...known, serverName: "other.example" }, want: "unreachable" },
  ];
  const matrix = backends.flatMap((backend) => cases.map((one) => ({ ...backend, ...one })));
  it.each(matrix)("$kind, $name: $want", async ({ make, server, client, want }) => {
    const addresses = await start([streamableHttp(), webSocket()], { tls: server });
    expect(addresses.map((one) => new URL(one).protocol)).toEqual(["https:", "wss:"]);
    const outcome = async (): Promise<string> => {
      const channel = await make(addresses, client).open(AbortSignal.timeout(10_000));
      try {
        await channel.send(messageFromRpc(INITIALIZE));
        for await (const message of channel.incoming) return message.failure?.code ?? "answered";
        return "ended";
      } finally {
        await channel.close();
      }
    };
    const got = await outcome().catch((error: unknown) => (error as { code: string }).code);
    // With TLS 1.3 a client learns of its refusal only after it has sent its first request.
    expect(want === "refused" ? ["unreachable", "closed"] : [want]).toContain(got);
  });

  it("takes its own Origin over https, and a foreign one not", async () => {
    const [url = "", ws = ""] = await start([streamableHttp(), webSocket()], { tls });
    const { host } = new URL(url);
    const statusFrom = async (origin: string): Promise<unknown> =>
      dial(ws, { ca: AUTHORITY, origin }).then(
        () => 101,
        (error: unknown) => (error as { status: number }).status,
      );
    expect(await statusFrom(`https://${host}`)).toBe(101);
    expect(await statusFrom(`http://${host}`)).toBe(403);
    const health = await new Promise<IncomingMessage>((resolve, reject) =>
      https.get(new URL("/healthz", url), { ca: AUTHORITY, agent: false }, resolve).once("error", reject),
    );
    expect(health.resume().statusCode).toBe(200);
  });

  it("does not answer without it", async () => {
    const [url = ""] = await start([streamableHttp()], { tls });
    const plain = new Promise((_, reject) => get(url.replace("https", "http")).once("error", reject));
    await expect(plain).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
