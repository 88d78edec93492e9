import { afterEach, describe, expect, it } from "vitest";
import { ask, exchangeRaw, type AskOptions } from "../../generator/testing/http-peer.js";
import { INITIALIZED, scripted, type Script } from "../../generator/testing/scripted.js";
import type { Limits } from "../core/limits.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend, type HttpFrontendOptions } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

const SCRIPT: Script = {
  initialize: INITIALIZED,
  "tools/list": { result: { tools: [] } },
  big: (rpc) => ({ result: { got: (rpc.params as { text: string }).text.length } }),
};

interface StartOptions extends Partial<HttpFrontendOptions> {
  readonly limits?: Partial<Limits>;
}

async function start({ limits = {}, ...options }: StartOptions = {}): Promise<{
  url: string;
  heard: readonly string[];
}> {
  const backend = scripted(SCRIPT);
  running = await serve({
    backend,
    frontends: [httpFrontend({ host: "127.0.0.1", port: 0, limits, ...options })],
    limits,
  });
  return { url: running.addresses[0] ?? "", heard: backend.heard };
}

const LIST = { jsonrpc: "2.0", id: 7, method: "tools/list", params: {} };

describe("what a request must be like", () => {
  const post = (headers: AskOptions["headers"] = {}, body: unknown = LIST): AskOptions => ({ headers, body });
  const cases: readonly { name: string; given: AskOptions; want: number; code?: number }[] = [
    { name: "an ordinary one", given: post(), want: 200 },
    { name: "charset utf-8", given: post({ "content-type": 'application/json; charset="UTF-8"' }), want: 200 },
    { name: "another parameter", given: post({ "content-type": "application/json;odata=x" }), want: 200 },
    { name: "plain text", given: post({ "content-type": "text/plain" }), want: 415 },
    { name: "a form", given: post({ "content-type": "application/x-www-form-urlencoded" }), want: 415 },
    { name: "no content type", given: post({ "content-type": undefined }), want: 415 },
    { name: "a longer content type", given: post({ "content-type": "application/jsonx" }), want: 415 },
    { name: "charset utf-16", given: post({ "content-type": "application/json; charset=utf-16" }), want: 415 },
    { name: "gzip", given: post({ "content-encoding": "gzip" }), want: 415 },
    { name: "no Accept", given: post({ accept: undefined }), want: 200 },
    { name: "Accept everything", given: post({ accept: "*/*" }), want: 200 },
    { name: "Accept by families", given: post({ accept: "application/*, text/*;q=0.5" }), want: 200 },
    { name: "Accept JSON only", given: post({ accept: "application/json" }), want: 406 },
    { name: "Accept streams only", given: post({ accept: "text/event-stream" }), want: 406 },
    { name: "Accept with a refusal", given: post({ accept: "application/json, text/event-stream;q=0" }), want: 406 },
    { name: "a foreign Host", given: post({ host: "evil.example:80" }), want: 403 },
    { name: "a foreign Origin", given: post({ origin: "https://evil.example" }), want: 403 },
    { name: "the null Origin", given: post({ origin: "null" }), want: 403 },
    { name: "an old version", given: post({ "mcp-protocol-version": "2025-03-26" }), want: 200 },
    { name: "a version nobody speaks", given: post({ "mcp-protocol-version": "2025-01-01" }), want: 400, code: -32600 },
    {
      name: "no version at all in the header",
      given: post({ "mcp-protocol-version": "banana" }),
      want: 400,
      code: -32600,
    },
    {
      name: "two versions",
      given: post({ "mcp-protocol-version": ["2025-06-18", "2025-06-18"] }),
      want: 400,
      code: -32600,
    },
    { name: "no JSON", given: post({}, '{"jsonrpc":'), want: 400, code: -32700 },
    { name: "two values", given: post({}, "{}{}"), want: 400, code: -32700 },
    {
      name: "no UTF-8",
      given: post({}, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
      want: 400,
      code: -32700,
    },
    { name: "an empty body", given: post({}, ""), want: 400, code: -32700 },
    { name: "JSON that is no message", given: post({}, "{}"), want: 400, code: -32600 },
    { name: "a string", given: post({}, '"hello"'), want: 400, code: -32600 },
    { name: "an id that is null", given: post({}, { ...LIST, id: null }), want: 400, code: -32600 },
    {
      name: "an id that JavaScript rounds",
      given: post({}, '{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/list"}'),
      want: 400,
      code: -32600,
    },
    { name: "an id with a fraction", given: post({}, { ...LIST, id: 1.5 }), want: 400, code: -32600 },
    {
      name: "a method twice",
      given: post({}, '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}'),
      want: 400,
      code: -32600,
    },
    {
      name: "129 levels",
      given: post({}, { ...LIST, params: { a: JSON.parse("[".repeat(127) + "]".repeat(127)) as unknown } }),
      want: 400,
      code: -32600,
    },
    {
      name: "128 levels",
      given: post({}, { ...LIST, params: { a: JSON.parse("[".repeat(126) + "]".repeat(126)) as unknown } }),
      want: 200,
    },
    { name: "a batch without a session", given: post({}, [LIST]), want: 400, code: -32600 },
    {
      name: "a notification without a session",
      given: post({}, { jsonrpc: "2.0", method: "notifications/initialized" }),
      want: 400,
      code: -32600,
    },
    {
      name: "an answer without a session",
      given: post({}, { jsonrpc: "2.0", id: 1, result: {} }),
      want: 400,
      code: -32600,
    },
    { name: "an unknown session", given: post({ "mcp-session-id": "x" }), want: 404, code: -32001 },
    { name: "two sessions", given: post({ "mcp-session-id": ["a", "b"] }), want: 400, code: -32600 },
    { name: "GET without a session", given: { method: "GET" }, want: 400, code: -32600 },
    {
      name: "GET of an unknown session",
      given: { method: "GET", headers: { "mcp-session-id": "x" } },
      want: 404,
      code: -32001,
    },
    { name: "GET of JSON", given: { method: "GET", headers: { accept: "application/json" } }, want: 406 },
    {
      name: "GET with a modern header",
      given: { method: "GET", headers: { "mcp-protocol-version": "2026-07-28" } },
      want: 405,
    },
    { name: "DELETE without a session", given: { method: "DELETE" }, want: 400, code: -32600 },
    {
      name: "DELETE of an unknown session",
      given: { method: "DELETE", headers: { "mcp-session-id": "x" } },
      want: 404,
      code: -32001,
    },
    { name: "PUT", given: { method: "PUT", headers: { "content-type": "application/json" }, body: LIST }, want: 405 },
    { name: "HEAD", given: { method: "HEAD" }, want: 405 },
  ];
  it.each(cases)("$name → $want", async ({ given, want, code }) => {
    const { url, heard } = await start();
    const answer = await ask(url, given);
    expect(answer.status).toBe(want);
    const text = await answer.text();
    if (code !== undefined) expect(JSON.parse(text)).toMatchObject({ jsonrpc: "2.0", error: { code } });
    expect(heard.length > 0).toBe(want === 200);
  });

  it("serves one address, with and without a trailing slash", async () => {
    const { url } = await start({ path: "/api/mcp/" });
    expect(url).toMatch(/\/api\/mcp$/);
    const statuses = await Promise.all(
      ["", "/", "?x=1", "/x", "x", "%2f"].map(async (tail) => (await ask(url + tail, { body: LIST })).status),
    );
    expect(statuses).toEqual([200, 200, 200, 404, 404, 404]);
  });

  it.each(["mcp", "/a b", "/a//b", "/a?b", "/%2e"])("refuses the path %j", (path) => {
    expect(() => httpFrontend({ host: "127.0.0.1", port: 0, path })).toThrow(/^\[config\]/);
  });
});

describe("raw requests that no HTTP client sends", () => {
  const body = JSON.stringify(LIST);
  const head = (...lines: readonly string[]): string =>
    [...lines, "Content-Type: application/json", "Connection: close"].join("\r\n");
  const framed = (...lines: readonly string[]): string =>
    `${head(...lines, `Content-Length: ${body.length}`)}\r\n\r\n${body}`;
  const cases: readonly { name: string; given: (host: string) => string; want: number }[] = [
    { name: "an ordinary one", given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`), want: 200 },
    { name: "absolute form", given: (host) => framed(`POST http://${host}/mcp HTTP/1.1`, `Host: ${host}`), want: 200 },
    {
      name: "absolute form of another host",
      given: (host) => framed("POST http://evil.example/mcp HTTP/1.1", `Host: ${host}`),
      want: 400,
    },
    {
      name: "two Host headers",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, "Host: evil.example"),
      want: 400,
    },
    { name: "no Host in HTTP/1.1", given: () => framed("POST /mcp HTTP/1.1"), want: 400 },
    { name: "no Host in HTTP/1.0", given: () => framed("POST /mcp HTTP/1.0"), want: 403 },
    {
      name: "two Origins",
      given: (host) =>
        framed("POST /mcp HTTP/1.1", `Host: ${host}`, `Origin: http://${host}`, `Origin: http://${host}`),
      want: 403,
    },
    {
      name: "101 headers",
      given: (host) =>
        framed("POST /mcp HTTP/1.1", `Host: ${host}`, ...Array.from({ length: 97 }, (_, i) => `X-${i}: 1`)),
      want: 431,
    },
    {
      name: "100 headers",
      given: (host) =>
        framed("POST /mcp HTTP/1.1", `Host: ${host}`, ...Array.from({ length: 96 }, (_, i) => `X-${i}: 1`)),
      want: 200,
    },
    {
      name: "17 KB of headers",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, `X-Long: ${"a".repeat(17 * 1024)}`),
      want: 431,
    },
    {
      name: "two lengths",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, "Content-Length: 5"),
      want: 400,
    },
    {
      name: "length and chunks",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, "Transfer-Encoding: chunked"),
      want: 400,
    },
    {
      name: "a space before a colon",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, "X-A : 1"),
      want: 400,
    },
    {
      name: "a folded header",
      given: (host) => framed("POST /mcp HTTP/1.1", `Host: ${host}`, "X-A: 1", " 2"),
      want: 400,
    },
  ];
  // The client ends its side at once, as `nc -N` does: the answer must come all the same.
  it.each(cases)("$name → $want", async ({ given, want }) => {
    const { url } = await start();
    const { text } = await exchangeRaw(url, given(new URL(url).host));
    expect(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])).toBe(want);
  });
});

describe("size", () => {
  const MiB10 = 10 * 1024 * 1024;
  const empty = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "big", params: { text: "" } });
  const ofBytes = (bytes: number): Buffer => {
    return Buffer.from(empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`));
  };

  it("takes 10 MiB and refuses one byte more, with and without a length", async () => {
    const { url } = await start();
    const fits = await ask(url, { body: ofBytes(MiB10) });
    expect(fits.status).toBe(200);
    expect(await fits.json()).toMatchObject({ result: { got: MiB10 - empty.length } });
    for (const more of [{}, { "transfer-encoding": "chunked" }]) {
      const headers = { connection: "keep-alive", ...more };
      const over = await ask(url, { body: ofBytes(MiB10 + 1), headers });
      expect(over.status).toBe(413);
      expect(over.headers["connection"]).toBe("close");
      expect(await over.json()).toMatchObject({
        error: { code: -32600, message: expect.stringContaining("10485760") as unknown },
      });
    }
  });

  it("closes the connection of a refused sender that goes on", async () => {
    const { url } = await start({ limits: { maxMessageBytes: 1024 } });
    const { host } = new URL(url);
    const head = `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { text } = await exchangeRaw(url, `${head}1000\r\n${"x".repeat(4096)}\r\n`, { end: false });
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/Connection: close/i);
  });
});
