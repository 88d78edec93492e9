import { Client, type ClientOptions, type JSONRPCMessage, type Transport } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it } from "vitest";
import { fixtureArgv, startFixtureHttp } from "../../generator/testing/fixture.js";
import { httpBackend } from "../backends/http.js";
import { stdioBackend } from "../backends/stdio.js";
import type { Backend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { DEFAULT_LIMITS } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type Rpc } from "../core/message.js";
import { modernOverLegacy } from "./modern-over-legacy.js";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The official client on a channel of ours. */
function transportOn(channel: Channel): Transport {
  const transport: Transport = {
    start() {
      void (async () => {
        for await (const { rpc } of channel.incoming) transport.onmessage?.(rpc as unknown as JSONRPCMessage);
        transport.onclose?.();
      })();
      return Promise.resolve();
    },
    send: async (message) => channel.send(messageFromRpc(message as unknown as Rpc)),
    close: () => channel.close(),
  };
  return transport;
}

const BACKENDS = {
  stdio: () => Promise.resolve(stdioBackend({ argv: fixtureArgv("everything"), env: { FIXTURE_ERA: "legacy" } })),
  http: async () => {
    const fixture = await startFixtureHttp("everything", { env: { FIXTURE_ERA: "legacy" } });
    cleanUps.push(() => fixture.close());
    return httpBackend({ url: fixture.url });
  },
} satisfies Record<string, () => Promise<Backend>>;

const ASKABLE: NonNullable<ClientOptions["capabilities"]> = { elicitation: {}, sampling: {}, roots: {} };

function answerAll(client: Client): void {
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    content: JSON.stringify(params).includes("color") ? { color: "blue" } : { name: "Ada", ok: true },
  }));
  client.setRequestHandler("sampling/createMessage", () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: "Paris" },
  }));
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///a" }, { uri: "file:///b" }] }));
}

describe.each(["stdio", "http"] as const)("a modern client and a legacy server over %s", (kind) => {
  async function connect(capabilities: NonNullable<ClientOptions["capabilities"]> = {}): Promise<Client> {
    const backend = modernOverLegacy(await BACKENDS[kind](), { limits: DEFAULT_LIMITS, log: silent });
    cleanUps.push(() => backend.close());
    const client = new Client(
      { name: "test", version: "1" },
      { capabilities, versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    if (capabilities.roots) answerAll(client);
    await client.connect(transportOn(await backend.open(new AbortController().signal)));
    cleanUps.push(() => client.close());
    return client;
  }
  const said = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<unknown> => {
    const { content } = await client.callTool({ name, arguments: args });
    return (content[0] as { text?: string } | undefined)?.text;
  };

  it("lists, calls, reads, completes", async () => {
    const client = await connect();
    expect(client.getServerVersion()?.name).toBe("everything");
    expect(client.getInstructions()).toBe("A server for tests. Each tool does what its name says.");
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("strain_echo");
    expect(await said(client, "test_simple_text")).toBe("This is a simple text response for testing.");
    expect((await client.readResource({ uri: "test://static-text" })).contents).toHaveLength(1);
    await expect(client.readResource({ uri: "test://none" })).rejects.toMatchObject({ code: -32602 });
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(2);
    const ref = { type: "ref/prompt", name: "test_prompt_with_arguments" } as const;
    const { completion } = await client.complete({ ref, argument: { name: "arg1", value: "b" } });
    expect(completion.values).toEqual(["beta"]);
  });

  it("asks the client through results", async () => {
    const client = await connect(ASKABLE);
    const prefix = "test_input_required_result";
    expect(await said(client, `${prefix}_elicitation`)).toBe("Hello, Ada!");
    expect(await said(client, `${prefix}_sampling`)).toBe("Sampling response: Paris");
    expect(await said(client, `${prefix}_list_roots`)).toBe("Client exposed 2 root(s): file:///a, file:///b");
    expect(await said(client, `${prefix}_multiple_inputs`)).toBe("Paris Ada, 2 root(s) visible");
    expect(await said(client, `${prefix}_multi_round`)).toBe("Multi-round complete: Ada likes blue");
    const all = await Promise.all(Array.from({ length: 8 }, () => said(client, `${prefix}_multi_round`)));
    expect(new Set(all)).toEqual(new Set(["Multi-round complete: Ada likes blue"]));
  });

  it("brings progress and log messages where they were asked for", async () => {
    const client = await connect();
    const progress: number[] = [];
    await client.callTool({ name: "test_tool_with_progress" }, { onprogress: (one) => progress.push(one.progress) });
    expect(progress).toEqual([0, 50, 100]);
    const logged: unknown[] = [];
    client.setNotificationHandler("notifications/message", ({ params }) => void logged.push(params.data));
    await client.callTool({ name: "test_tool_with_logging" });
    expect(logged).toEqual([]);
    const _meta = { "io.modelcontextprotocol/logLevel": "info" };
    await client.callTool({ name: "test_tool_with_logging", _meta });
    expect(logged).toEqual(["Tool execution started", "Tool processing data", "Tool execution completed"]);
  });

  it("tells of changes to who listens", async () => {
    const client = await connect();
    const heard: string[] = [];
    let hear: (what: string) => void = () => undefined;
    const heardTwo = new Promise<void>((resolve) => {
      hear = (what) => {
        if (heard.push(what) === 2) resolve();
      };
    });
    client.setNotificationHandler("notifications/tools/list_changed", () => hear("tools"));
    client.setNotificationHandler("notifications/prompts/list_changed", () => hear("prompts"));
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => hear(params.uri));
    const subscription = await client.listen({
      toolsListChanged: true,
      resourceSubscriptions: ["test://watched-resource"],
    });
    await client.callTool({ name: "test_trigger_prompt_change" });
    await client.callTool({ name: "test_trigger_tool_change" });
    await client.callTool({ name: "strain_touch" });
    await heardTwo;
    expect(heard).toEqual(["tools", "test://watched-resource"]);
    await subscription.close();
  });

  it("cancels", async () => {
    const client = await connect();
    const stop = new AbortController();
    const waiting = client.callTool({ name: "strain_wait", arguments: { ms: 60_000 } }, { signal: stop.signal });
    const refused = expect(waiting).rejects.toThrow();
    await said(client, "test_simple_text");
    stop.abort();
    await refused;
    expect(await said(client, "test_simple_text")).toContain("simple");
  });
});
