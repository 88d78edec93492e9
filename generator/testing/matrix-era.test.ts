// Clients of one era and servers of the other, and of the same, on every frontend: what the conformance suite asks over HTTP alone.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { httpBackend } from "../../runtime/backends/http.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import type { Backend } from "../../runtime/core/backend.js";
import { serve, type Running } from "../../runtime/serve.js";
import { fixtureArgv, startFixtureHttp, type HttpFixture } from "./fixture.js";
import { leaks, type LeakCheck } from "./leak.js";
import { rawClient, type RawClient } from "./matrix-client.js";
import { frontOf, KINDS, type Kind } from "./matrix-front.js";
import { peerArgv } from "./matrix-peer.js";

const PREFIX = "io.modelcontextprotocol/";
const WATCHED = "test://watched-resource";
const limits = { sessionIdleMs: 3_000 };

type Json = Record<string, unknown>;
interface Answer {
  readonly result?: Json & { readonly content?: readonly { readonly text?: string }[] };
  readonly error?: { readonly code: number };
}

let folder = "";
const running: Running[] = [];
const clients: RawClient[] = [];
let check: LeakCheck;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-era-"));
  await mkdir(join(folder, "tmp"));
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
});
beforeEach(async () => {
  check = await leaks();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.wire.kill();
  for (const one of running.splice(0)) {
    await one.close();
    expect(one.gauges()).toEqual({ sessions: 0, underWay: 0 });
  }
  await check.expectNone();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function connect(kind: Kind, backend: Backend, era: "legacy" | "modern"): Promise<RawClient> {
  const front = frontOf(kind, { folder, limits });
  const proxy = await serve({ backend, frontends: [front.frontend], limits });
  running.push(proxy);
  const client = rawClient(await front.wire(proxy.addresses[0] ?? "", era));
  clients.push(client);
  return client;
}

const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

/** One modern request, with the envelope. */
async function ask(client: RawClient, method: string, params: Json = {}, meta: Json = {}): Promise<Answer> {
  return JSON.parse(await client.request(method, enveloped(params, meta))) as Answer;
}
const enveloped = (params: Json, meta: Json = {}): Json => ({
  ...params,
  _meta: {
    [`${PREFIX}protocolVersion`]: "2026-07-28",
    [`${PREFIX}clientInfo`]: { name: "matrix", version: "1" },
    [`${PREFIX}clientCapabilities`]: CAPABILITIES,
    ...meta,
  },
});
const textOf = ({ result }: Answer): string => result?.content?.[0]?.text ?? "";
const call = (name: string, given: Json = {}, more: Json = {}): Json => ({ name, arguments: given, ...more });

async function modernConversation(client: RawClient, { parked }: { readonly parked: boolean }): Promise<void> {
  const discovered = await ask(client, "server/discover");
  expect(discovered.result).toMatchObject({ resultType: "complete", supportedVersions: ["2026-07-28"] });
  const { result: listed } = await ask(client, "tools/list");
  expect(listed).toMatchObject({ resultType: "complete", cacheScope: "private" });
  const echoed = await ask(client, "tools/call", call("strain_echo", { text: "é" }));
  expect(echoed.result).toMatchObject({ resultType: "complete", structuredContent: { text: "é" } });
  expect((await ask(client, "ping")).error?.code).toBe(-32601);

  const progressed = ask(client, "tools/call", call("test_tool_with_progress"), { progressToken: "mine" });
  await client.heard("notifications/progress", (p) => p["progressToken"] === "mine" && p["progress"] === 100);
  expect((await progressed).error).toBeUndefined();
  const logged = ask(client, "tools/call", call("test_tool_with_logging"), { [`${PREFIX}logLevel`]: "info" });
  await client.heard("notifications/message", ({ data }) => data === "Tool execution completed");
  await logged;

  const asked = (await ask(client, "tools/call", call("test_elicitation", { message: "?" }))).result ?? {};
  expect(asked["resultType"]).toBe("input_required");
  const answered = { action: "accept", content: { response: "yes" } };
  const inputResponses = Object.fromEntries(Object.keys(asked["inputRequests"] as Json).map((key) => [key, answered]));
  const { requestState } = asked;
  const again = { inputResponses, ...(requestState !== undefined && { requestState }) };
  expect(textOf(await ask(client, "tools/call", call("test_elicitation", { message: "?" }, again)))).toContain("yes");
  // A state is the proxy's where the call is parked here; this modern server gives none.
  expect(typeof requestState).toBe(parked ? "string" : "undefined");
  if (parked) {
    const forged = call("test_elicitation", { message: "?" }, { ...again, requestState: "forged" });
    expect((await ask(client, "tools/call", forged)).error?.code).toBe(-32602);
  }

  const notifications = { toolsListChanged: true, resourceSubscriptions: [WATCHED] };
  client.request("subscriptions/listen", enveloped({ notifications }), { id: "l" }).catch(() => undefined);
  const ofListen = (params: Json): boolean => (params["_meta"] as Json)[`${PREFIX}subscriptionId`] === "l";
  const acknowledged = await client.heard("notifications/subscriptions/acknowledged", ofListen);
  expect((JSON.parse(acknowledged) as { params: Json }).params["notifications"]).toEqual(notifications);
  await ask(client, "tools/call", call("strain_touch"));
  await client.heard("notifications/resources/updated", (params) => ofListen(params) && params["uri"] === WATCHED);
  await ask(client, "tools/call", call("test_trigger_tool_change"));
  await client.heard("notifications/tools/list_changed", ofListen);

  client.request("tools/call", enveloped(call("strain_wait", { ms: 60_000 })), { id: "w" }).catch(() => undefined);
  await ask(client, "tools/call", call("strain_echo", { text: "between" }));
  for (const requestId of ["w", "l", "nothing"]) await client.notify("notifications/cancelled", { requestId });
  expect(textOf(await ask(client, "tools/call", call("strain_echo", { text: "after" })))).toBe("after");
}

async function legacyConversation(client: RawClient): Promise<void> {
  const say = async (method: string, params: Json = {}): Promise<Answer> =>
    JSON.parse(await client.request(method, params)) as Answer;
  const hello = JSON.parse(await client.initialize()) as Answer;
  expect(hello.result).toMatchObject({ protocolVersion: "2025-11-25", serverInfo: { name: "everything" } });
  expect((await say("ping")).result).toEqual({});
  const { result: listed } = await say("tools/list");
  expect([listed?.["resultType"], listed?.["ttlMs"]]).toEqual([undefined, undefined]);
  expect((await say("tools/call", call("strain_echo", { text: "é" }))).result).toMatchObject({
    structuredContent: { text: "é" },
  });

  const progressed = say("tools/call", call("test_tool_with_progress", {}, { _meta: { progressToken: 7 } }));
  await client.heard("notifications/progress", (p) => p["progressToken"] === 7 && p["progress"] === 100);
  expect((await progressed).error).toBeUndefined();
  expect((await say("logging/setLevel", { level: "info" })).result).toEqual({});
  await say("tools/call", call("test_tool_with_logging"));
  await client.heard("notifications/message", ({ data }) => data === "Tool execution completed");

  expect(textOf(await say("tools/call", call("test_elicitation", { message: "?" })))).toContain("Ada");
  expect(textOf(await say("tools/call", call("test_sampling", { prompt: "?" })))).toContain("hi");

  expect((await say("resources/subscribe", { uri: WATCHED })).result).toEqual({});
  await say("tools/call", call("strain_touch"));
  const updated = await client.heard("notifications/resources/updated", ({ uri }) => uri === WATCHED);
  expect(updated).not.toContain("subscriptionId");
  await say("tools/call", call("test_trigger_tool_change"));
  await client.heard("notifications/tools/list_changed");

  client.request("tools/call", call("strain_wait", { ms: 60_000 }), { id: "w" }).catch(() => undefined);
  await client.notify("notifications/cancelled", { requestId: "w" });
  expect(textOf(await say("tools/call", call("strain_echo", { text: "after" })))).toBe("after");
}

describe.each(["legacy", "modern"] as const)("a %s server", (era) => {
  let http: HttpFixture;
  beforeAll(async () => {
    http = await startFixtureHttp("everything", { env: { FIXTURE_ERA: era } });
  });
  afterAll(() => http.close());
  const backends = {
    stdio: () => stdioBackend({ argv: fixtureArgv("everything"), env: { FIXTURE_ERA: era } }),
    http: () => httpBackend({ url: http.url }),
  };
  describe.each(["stdio", "http"] as const)("over %s", (transport) => {
    // HTTP+SSE is of the sessions' revisions alone.
    it.each(KINDS.filter((kind) => kind !== "sse"))("serves a modern client on %s", async (kind) => {
      await modernConversation(await connect(kind, backends[transport](), "modern"), { parked: era === "legacy" });
    });
    it.each(KINDS)("serves a legacy client on %s", async (kind) => {
      await legacyConversation(await connect(kind, backends[transport](), "legacy"));
    });
  });
});

describe("trace context", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const trace = { traceparent, tracestate: "vendor=1", baggage: "a=b", "vendor.example/x": 1 };
  const received = (answer: Answer): Json =>
    (JSON.parse(String(answer.result?.["text"])) as { params: { _meta: Json } }).params._meta;

  it("reaches a legacy server from a modern client, without the envelope", async () => {
    const client = await connect("tcp", stdioBackend({ argv: peerArgv("stdio") }), "modern");
    expect(received(await ask(client, "x/echo", {}, trace))).toEqual(trace);
  });
  it("reaches it from a legacy client as it is", async () => {
    const client = await connect("tcp", stdioBackend({ argv: peerArgv("stdio") }), "legacy");
    await client.initialize();
    const answer = await client.request("x/echo", { _meta: trace });
    expect(received(JSON.parse(answer) as Answer)).toEqual(trace);
  });
});

describe("one connection", () => {
  it("carries both eras", async () => {
    const client = await connect("unix", stdioBackend({ argv: fixtureArgv("everything") }), "legacy");
    await client.initialize();
    expect((await ask(client, "server/discover")).result).toMatchObject({ supportedVersions: ["2026-07-28"] });
    expect(JSON.parse(await client.request("ping"))).toMatchObject({ result: {} });
    await client.wire.close();
    await vi.waitFor(() => expect(running[0]?.gauges()).toEqual({ sessions: 0, underWay: 0 }));
  });
});
