import * as v2 from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRequire } from "node:module";
import { stdioBackend } from "../backends/stdio.js";
import { apiKeyAuthenticator, oneTimeKey } from "../auth/api-key.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend } from "./http.js";

/** A foreign server behind us, foreign clients in front of us. */
const everything = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");
const key = oneTimeKey();
let running: Running;
let url: URL;
const requestInit = { headers: { "x-api-key": key } };

beforeAll(async () => {
  running = await serve({
    backend: stdioBackend({ argv: [process.execPath, everything, "stdio"] }),
    frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })],
    authenticate: apiKeyAuthenticator({ keys: [{ name: "test", key }] }),
  });
  url = new URL(running.addresses[0] ?? "");
});
afterAll(() => running.close());

async function connected(capabilities = {}): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: "v1", version: "1" }, { capabilities });
  const transport = new StreamableHTTPClientTransport(url, { requestInit });
  await client.connect(transport);
  return { client, transport };
}

describe("the SDK's v1 client", () => {
  it("sees the server, its lists, its results, its progress, and ends its session", async () => {
    const { client, transport } = await connected();
    expect(client.getServerVersion()?.name).toContain("everything");
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toContain("get-sum");
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    const { resources } = await client.listResources();
    expect((await client.readResource({ uri: resources[0]?.uri ?? "" })).contents.length).toBe(1);
    const sum = await client.callTool({ name: "get-sum", arguments: { a: 1, b: 2 } });
    expect(sum.content).toMatchObject([{ type: "text", text: expect.stringContaining("3") as unknown }]);
    const seen: number[] = [];
    const long = { name: "trigger-long-running-operation", arguments: { duration: 0.2, steps: 2 } };
    await client.callTool(long, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2]);
    await transport.terminateSession();
    await client.close();
  });

  it("answers what the server asks during a call", async () => {
    const { client } = await connected({ sampling: {}, elicitation: {} });
    client.setRequestHandler(CreateMessageRequestSchema, () => ({
      model: "test",
      role: "assistant",
      content: { type: "text", text: "sampled here" },
    }));
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
    const sampled = await client.callTool({
      name: "trigger-sampling-request",
      arguments: { prompt: "hi", maxTokens: 5 },
    });
    expect(JSON.stringify(sampled)).toContain("sampled here");
    const elicited = await client.callTool({ name: "trigger-elicitation-request", arguments: {} });
    expect(JSON.stringify(elicited)).toContain("declined");
    await client.close();
  });

  it("gets the server's notifications on its GET stream", async () => {
    const { client } = await connected();
    const logged = new Promise((resolve) => {
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => resolve(params.level));
    });
    await client.setLoggingLevel("debug");
    await client.callTool({ name: "toggle-simulated-logging", arguments: {} });
    expect(await logged).toEqual(expect.any(String));
    await client.close();
  });

  it("is told when its key is missing", async () => {
    const client = new Client({ name: "v1", version: "1" });
    const transport = new StreamableHTTPClientTransport(url);
    await expect(client.connect(transport as Parameters<Client["connect"]>[0])).rejects.toThrow(
      /401|nauthorized|API key/,
    );
  });
});

describe("the SDK's v2 client", () => {
  const modes = [
    { name: "legacy", mode: "legacy", want: "2025-11-25" },
    { name: "auto", mode: "auto", want: "2026-07-28" },
    { name: "pinned", mode: { pin: "2026-07-28" }, want: "2026-07-28" },
  ] as const;
  it.each(modes)("speaks with it in mode $name", async ({ mode, want }) => {
    const client = new v2.Client({ name: "v2", version: "1" }, { versionNegotiation: { mode } });
    await client.connect(new v2.StreamableHTTPClientTransport(url, { requestInit }));
    expect(client.getNegotiatedProtocolVersion()).toBe(want);
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain("echo");
    const echo = await client.callTool({ name: "echo", arguments: { message: "hello" } });
    expect(echo.content).toMatchObject([{ type: "text", text: expect.stringContaining("hello") as unknown }]);
    await client.close();
  });
});
