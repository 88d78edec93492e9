import { afterEach, describe, expect, it } from "vitest";
import { ask, type AskOptions } from "../../generator/testing/http-peer.js";
import { INITIALIZED, scripted, type Script } from "../../generator/testing/scripted.js";
import { apiKeyAuthenticator } from "../auth/api-key.js";
import { serve, type Running, type ServeOptions } from "../serve.js";
import { httpFrontend, type HttpFrontendOptions } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

const SCRIPT: Script = {
  initialize: INITIALIZED,
  "tools/list": { result: { tools: [] } },
};

interface StartOptions extends Partial<HttpFrontendOptions> {
  readonly authenticate?: NonNullable<ServeOptions["authenticate"]>;
}

async function start({ authenticate, ...options }: StartOptions = {}): Promise<{
  url: string;
  heard: readonly string[];
}> {
  const backend = scripted(SCRIPT);
  running = await serve({
    backend,
    frontends: [httpFrontend({ host: "127.0.0.1", port: 0, ...options })],
    ...(authenticate && { authenticate }),
  });
  return { url: running.addresses[0] ?? "", heard: backend.heard };
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
const LIST = { jsonrpc: "2.0", id: 7, method: "tools/list", params: {} };

describe("web pages", () => {
  const page = "https://app.example";

  it("lets an allowed origin read the answer, and nobody else's", async () => {
    const { url } = await start({ allowedOrigins: [page] });
    const allowed = await ask(url, { headers: { origin: page }, body: LIST });
    expect(allowed.status).toBe(200);
    expect(allowed.headers).toMatchObject({ "access-control-allow-origin": page, vary: "Origin" });
    expect(allowed.headers["access-control-expose-headers"]).toContain("Mcp-Session-Id");
    const foreign = await ask(url, { headers: { origin: "https://other.example" }, body: LIST });
    expect(foreign.status).toBe(403);
    expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("answers the preflight of an allowed origin without credentials", async () => {
    const authenticate = apiKeyAuthenticator({ keys: [{ name: "one", key: "0123456789abcdef0123" }] });
    const { url } = await start({ allowedOrigins: [page], authenticate });
    const preflight = (origin: string): AskOptions => ({
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
      },
    });
    const allowed = await ask(url, preflight(page));
    expect(allowed.status).toBe(204);
    expect(allowed.headers["access-control-allow-methods"]).toContain("DELETE");
    expect(allowed.headers["access-control-allow-headers"]).toBe("content-type,x-api-key");
    expect((await ask(url, preflight("https://evil.example"))).status).toBe(403);
  });
});

describe("authentication", () => {
  const key = "0123456789abcdef0123";
  const authenticate = apiKeyAuthenticator({ keys: [{ name: "one", key }] });
  const session = {
    "mcp-session-id": "x",
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  const bodies = new Map<string, unknown>([
    ["POST", LIST],
    ["PUT", LIST],
    ["PATCH", LIST],
  ]);
  const table = [
    "/mcp",
    "/mcp/",
    "/",
    "/sse",
    "/messages",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/.well-known/x",
  ].flatMap((path) => ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "TRACE"].map((method) => ({ path, method })));

  it.each(table)("$method $path without a key is refused", async ({ path, method }) => {
    const { url, heard } = await start({ authenticate });
    const body = bodies.get(method);
    const answer = await ask(new URL(path, url).href, {
      method,
      headers: session,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(path.startsWith("/mcp") ? 401 : 404);
    expect(heard).toEqual([]);
  });

  it("answers a missing and a wrong key alike, with a challenge, and takes the right one", async () => {
    const { url } = await start({ authenticate });
    const missing = await ask(url, { body: LIST });
    const wrong = await ask(url, { body: LIST, headers: { "x-api-key": `${key}x` } });
    expect([missing.status, wrong.status]).toEqual([401, 401]);
    expect(missing.headers["www-authenticate"]).toBe('Bearer realm="mcpgen"');
    expect(wrong.headers["www-authenticate"]).toBe(missing.headers["www-authenticate"]);
    expect(await wrong.text()).toBe(await missing.text());
    expect((await ask(url, { body: LIST, headers: { "x-api-key": key } })).status).toBe(200);
    expect((await ask(url, { body: LIST, headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    expect((await ask(url, { body: INITIALIZE, headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  });

  it("tells nobody what is wrong inside", async () => {
    const { url } = await start({ authenticate: () => Promise.reject(new Error("secret detail")) });
    const answer = await ask(url, { body: LIST });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ error: { code: -32603, message: "internal error" } });
  });

  it("checks the Host before the key", async () => {
    const { url } = await start({ authenticate });
    expect((await ask(url, { body: LIST, headers: { host: "evil.example" } })).status).toBe(403);
  });
});
