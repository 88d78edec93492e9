import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as v1 from "@modelcontextprotocol/sdk/types.js";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it } from "vitest";
import { fixtureArgv, startFixtureHttp } from "../../generator/testing/fixture.js";
import { httpBackend } from "../backends/http.js";
import { stdioBackend } from "../backends/stdio.js";
import type { Backend } from "../core/backend.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { httpFrontend } from "../frontends/http.js";
import { serve } from "../serve.js";
import { legacyOverModern } from "./legacy-over-modern.js";
import { multiplexed } from "./multiplex.js";

const MODERN = { FIXTURE_ERA: "modern" };
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function serverOver(kind: string): Promise<Backend> {
  if (kind === "stdio") return stdioBackend({ argv: fixtureArgv("everything"), env: MODERN });
  const fixture = await startFixtureHttp("everything", { env: MODERN });
  ending.push(() => fixture.close());
  return httpBackend({ url: fixture.url });
}

/** A proxy that speaks the 2025 revisions for a server that does not. */
async function legacyUrl(kind: string): Promise<URL> {
  const options = { limits: limitsOf(), log: silent };
  const shared = multiplexed(await serverOver(kind), options);
  ending.push(() => shared.close());
  const frontend = httpFrontend({ host: "127.0.0.1", port: 0 });
  const running = await serve({ backend: legacyOverModern(shared, options), frontends: [frontend] });
  ending.push(() => running.close());
  return new URL(running.addresses[0] ?? "");
}

const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
const INFO = { name: "test", version: "1" };
const text = (result: unknown): unknown => (result as { content: { text?: string }[] }).content[0]?.text;

describe.each(["stdio", "http"])("a modern server over %s, for clients of the 2025 revisions", (kind) => {
  it("serves the first SDK", async () => {
    const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
    client.setRequestHandler(v1.ElicitRequestSchema, () => ({
      action: "accept",
      content: { name: "Ada", color: "red" },
    }));
    client.setRequestHandler(v1.CreateMessageRequestSchema, () => ({
      role: "assistant",
      model: "m",
      content: { type: "text", text: "Hi" },
    }));
    client.setRequestHandler(v1.ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///r" }] }));
    const logged: unknown[] = [];
    client.setNotificationHandler(v1.LoggingMessageNotificationSchema, ({ params }) => void logged.push(params.data));
    let onTools: () => void = () => undefined;
    const tools = new Promise<void>((resolve) => (onTools = resolve));
    client.setNotificationHandler(v1.ToolListChangedNotificationSchema, () => onTools());
    let onUpdate: (uri: string) => void = () => undefined;
    const updated = new Promise<string>((resolve) => (onUpdate = resolve));
    client.setNotificationHandler(v1.ResourceUpdatedNotificationSchema, ({ params }) => onUpdate(params.uri));
    await client.connect(new HttpV1(await legacyUrl(kind)));
    ending.push(() => client.close());

    expect(client.getServerVersion()).toMatchObject({ name: "everything" });
    expect(client.getInstructions()).toContain("A server for tests");
    expect((await client.listTools()).tools.length).toBeGreaterThan(20);
    expect(text(await client.callTool({ name: "strain_echo", arguments: { text: "a" } }))).toBe("a");
    expect(text(await client.callTool({ name: "test_input_required_result_multiple_inputs" }))).toBe(
      "Hi Ada, 1 root(s) visible",
    );
    expect(text(await client.callTool({ name: "test_input_required_result_multi_round" }))).toBe(
      "Multi-round complete: Ada likes red",
    );
    expect(text(await client.callTool({ name: "test_input_required_result_request_state" }))).toContain("state-ok");
    const progress: number[] = [];
    await client.callTool({ name: "test_tool_with_progress" }, undefined, {
      onprogress: (one) => void progress.push(one.progress),
    });
    expect(progress).toEqual([0, 50, 100]);
    await client.setLoggingLevel("debug");
    await client.callTool({ name: "test_logging_tool" });
    expect(logged).toEqual(["test_logging_tool ran"]);
    await client.subscribeResource({ uri: "test://watched-resource" });
    await client.callTool({ name: "strain_touch" });
    expect(await updated).toBe("test://watched-resource");
    await client.unsubscribeResource({ uri: "test://watched-resource" });
    await client.callTool({ name: "test_trigger_tool_change" });
    await tools;
    await client.ping();
  });

  it("serves the second SDK", async () => {
    const client = new ClientV2(INFO, { capabilities: {}, versionNegotiation: { mode: "legacy" } });
    await client.connect(new HttpV2(await legacyUrl(kind)));
    ending.push(() => client.close());
    expect(client.getNegotiatedProtocolVersion()).toBe("2025-11-25");
    expect(text(await client.callTool({ name: "strain_echo", arguments: { text: "b" } }))).toBe("b");
    const refused = await client.callTool({ name: "test_sampling", arguments: { prompt: "?" } });
    expect(refused).toMatchObject({ isError: true });
  });
});

describe.each(["stdio", "http"])("a modern server over %s, shared by modern clients", (kind) => {
  it("serves the second SDK", async () => {
    const shared = multiplexed(await serverOver(kind), { limits: limitsOf(), log: silent });
    ending.push(() => shared.close());
    const frontend = httpFrontend({ host: "127.0.0.1", port: 0 });
    const running = await serve({ backend: shared, frontends: [frontend] });
    ending.push(() => running.close());
    const url = new URL(running.addresses[0] ?? "");
    const clients = Array.from(
      { length: 5 },
      () =>
        new ClientV2(INFO, { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: "2026-07-28" } } }),
    );
    await Promise.all(
      clients.map(async (client, n) => {
        client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: `n${n}` } }));
        await client.connect(new HttpV2(url));
        ending.push(() => client.close());
        expect(client.getDiscoverResult()?.supportedVersions).toEqual(["2026-07-28"]);
        const asked = { name: "test_input_required_result_elicitation" };
        expect(text(await client.callTool(asked))).toBe(`Hello, n${n}!`);
        const progress: number[] = [];
        const onprogress = (one: { progress: number }): void => void progress.push(one.progress);
        await client.callTool({ name: "test_tool_with_progress" }, { onprogress });
        expect(progress).toEqual([0, 50, 100]);
      }),
    );
  });
});
