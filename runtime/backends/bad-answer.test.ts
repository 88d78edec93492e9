import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { streamableHttp } from "../frontends/http.js";
import { webFrontend } from "../frontends/web.js";
import { serve, type Running } from "../serve.js";
import { stdioBackend } from "./stdio.js";

const CHAOS = fileURLToPath(new URL("../../fixtures/chaos/server.js", import.meta.url));
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

let running: Running;
beforeEach(async () => {
  const limits = { maxMessageBytes: 100_000, killAfterMs: 300 };
  const web = webFrontend({ host: "127.0.0.1", port: 0, mounts: [streamableHttp()], limits });
  running = await serve({
    backend: stdioBackend({ argv: [process.execPath, CHAOS], limits }),
    frontends: [web],
    limits,
  });
});
afterEach(() => running.close());

const post = (body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(running.addresses[0] ?? "", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", ...body }),
  });

async function callLegacy(name: string, args: object): Promise<Response> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const begun = await post({ id: 1, method: "initialize", params });
  await begun.text();
  const headers = {
    "mcp-session-id": begun.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": "2025-11-25",
  };
  await (await post({ method: "notifications/initialized" }, headers)).text();
  return post({ id: 2, method: "tools/call", params: { name, arguments: args } }, headers);
}

const callModern = (name: string, args: object): Promise<Response> =>
  post(
    { id: 2, method: "tools/call", params: { name, arguments: args, _meta: META } },
    { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name },
  );

describe.each([
  { era: "legacy", call: callLegacy },
  { era: "modern", call: callModern },
])("a client of the $era era is not told that it was at fault", ({ call }) => {
  it.each([
    { fault: "badutf8", args: {}, code: "bad_message" },
    { fault: "bigline", args: { bytes: 120_000 }, code: "too_large" },
  ])("$fault", async ({ fault, args, code }) => {
    const response = await call(fault, args);
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 502,
      body: { id: 2, error: { code: -32603, data: { mcpgen: { code } } } },
    });
  });
});
