import { afterEach, describe, expect, it } from "vitest";
import { ask } from "../../generator/testing/http-peer.js";
import { LOGGED, request, rpcs, stage, take } from "../../generator/testing/http-visitor.js";
import type { Backend } from "../core/backend.js";
import type { Limits } from "../core/limits.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

async function start(backend: Backend, limits: Partial<Limits> = {}): Promise<string> {
  running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0, limits })], limits });
  return running.addresses[0] ?? "";
}

describe("one request without a session", () => {
  it("is answered on a session of its own, which ends with it", async () => {
    const server = stage();
    const url = await start(server);
    const answer = await ask(url, { body: request(1, "echo", { a: 1 }) });
    expect(answer.status).toBe(200);
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: { params: { a: 1 } } });
    expect(server.heard).toEqual(["1 initialize", "1 notifications/initialized", "1 echo"]);
    expect(server.messages[0]?.params).toMatchObject({ protocolVersion: "2025-06-18", clientInfo: { name: "mcpgen" } });
    await expect.poll(() => server.stillOpen()).toBe(0);
  });

  it("offers the version of its header", async () => {
    const server = stage();
    await ask(await start(server), { body: request(1, "echo"), headers: { "mcp-protocol-version": "2025-03-26" } });
    expect(server.messages[0]?.params).toMatchObject({ protocolVersion: "2025-03-26" });
  });

  it("stays JSON through what is not meant for it, and answers the server's own requests", async () => {
    const server = stage({
      ask: (_, its) => {
        its.send(LOGGED);
        its.send(request("s1", "ping"));
        its.send(request("s2", "sampling/createMessage"));
        return { result: {} };
      },
    });
    const answer = await ask(await start(server), { body: request(1, "ask") });
    expect(answer.headers["content-type"]).toBe("application/json");
    await answer.text();
    expect(server.messages.slice(3)).toMatchObject([
      { id: "s1", result: {} },
      { id: "s2", error: { code: -32601 } },
    ]);
  });

  it("streams the progress that it asks for", async () => {
    const progress = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "t", progress: 1 } };
    const server = stage({
      work: (_, its) => {
        its.send(progress);
        return { result: "done" };
      },
    });
    const answer = await ask(await start(server), { body: request(1, "work", { _meta: { progressToken: "t" } }) });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    expect(rpcs(await take(answer, 2))).toMatchObject([progress, { id: 1, result: "done" }]);
    expect(await answer.event()).toBeUndefined();
  });

  it("passes on why the server refused to initialize", async () => {
    const server = stage({ initialize: { error: { code: -32000, message: "not today" } } });
    const answer = await ask(await start(server), { body: request(9, "echo") });
    expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 9, error: { code: -32000, message: "not today" } });
  });

  it("tells when the server goes away", async () => {
    const answer = await ask(await start(stage({ crash: "hang up" })), { body: request(9, "crash") });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ id: 9, error: { code: -32603 } });
  });
});
