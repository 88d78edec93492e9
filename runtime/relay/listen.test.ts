import { afterEach, describe, expect, it } from "vitest";
import { modernClient, type ModernClient } from "../../generator/testing/modern-client.js";
import {
  scripted,
  type Peer,
  type Reply,
  type Script,
  type ScriptedBackend,
} from "../../generator/testing/scripted.js";
import type { StatefulBackend } from "../core/backend.js";
import { DEFAULT_LIMITS } from "../core/limits.js";
import { silent } from "../core/log.js";
import type { RequestId, Rpc } from "../core/message.js";
import { modernOverLegacy } from "./modern-over-legacy.js";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
const TOOLS = "notifications/tools/list_changed";
const UPDATED = "notifications/resources/updated";
const CHANGING = { tools: { listChanged: true }, prompts: { listChanged: false }, resources: { subscribe: true } };

const initialized = (capabilities: object): Reply => ({
  result: { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "s", version: "1" } },
});

interface ChangingServer extends ScriptedBackend {
  /** Says something on the session that was opened last. */
  say(method: string, params?: object): void;
}

function changingServer(capabilities: object = CHANGING, more: Script = {}): ChangingServer {
  let peer: Peer | undefined;
  const script: Script = {
    initialize: (_, one) => {
      peer = one;
      return initialized(capabilities);
    },
    "resources/subscribe": { result: {} },
    "resources/unsubscribe": { result: {} },
    "tools/call": { result: { content: [] } },
    ...more,
  };
  return {
    ...scripted(script),
    say: (method, params) => peer?.send({ jsonrpc: "2.0", method, ...(params ? { params } : {}) }),
  };
}

function engine(server: ScriptedBackend): StatefulBackend {
  const backend = modernOverLegacy(server, { limits: DEFAULT_LIMITS, log: silent });
  cleanUps.push(() => backend.close());
  return backend;
}

const listen = (client: ModernClient, notifications: object): RequestId =>
  client.start("subscriptions/listen", { notifications });

const of = (client: ModernClient, id: RequestId): readonly Rpc[] =>
  client.heard.filter(({ relatedTo }) => relatedTo === id).map(({ rpc }) => rpc);

describe("what is honoured", () => {
  const cases: readonly {
    name: string;
    asked: object;
    capabilities?: object;
    want: object;
    subscribes?: readonly string[];
  }[] = [
    {
      name: "what the server promises",
      asked: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true },
      want: { toolsListChanged: true },
    },
    { name: "nothing that was not asked for", asked: { toolsListChanged: false }, want: {} },
    { name: "nothing that is no true", asked: { toolsListChanged: "yes", resourceSubscriptions: [5] }, want: {} },
    {
      name: "resources, each once",
      asked: { resourceSubscriptions: ["test://a", "test://b", "test://a"] },
      want: { resourceSubscriptions: ["test://a", "test://b"] },
      subscribes: ["test://a", "test://b"],
    },
    {
      name: "no resources of a server without subscriptions",
      asked: { resourceSubscriptions: ["test://a"] },
      capabilities: { resources: {} },
      want: {},
    },
    {
      name: "not those that the server refuses",
      asked: { resourceSubscriptions: ["test://a", "test://refused"] },
      want: { resourceSubscriptions: ["test://a"] },
      subscribes: ["test://a", "test://refused"],
    },
  ];
  it.each(cases)("$name", async ({ asked, capabilities = CHANGING, want, subscribes = [] }) => {
    const server = changingServer(capabilities, {
      "resources/subscribe": ({ params }) =>
        (params as { uri: string }).uri === "test://refused"
          ? { error: { code: -32602, message: "no" } }
          : { result: {} },
    });
    const client = await modernClient(engine(server));
    const id = listen(client, asked);
    expect(await client.notified(ACKNOWLEDGED)).toEqual([{ notifications: want, _meta: { [SUBSCRIPTION]: id } }]);
    expect(client.heard).toHaveLength(1);
    const subscribed = server.messages.filter(({ method }) => method === "resources/subscribe");
    expect(subscribed.map(({ params }) => (params as { uri: string }).uri)).toEqual(subscribes);
  });

  it("is bounded", async () => {
    const client = await modernClient(engine(changingServer()));
    const resourceSubscriptions = Array.from({ length: 101 }, (_, n) => `test://${n}`);
    expect((await client.ask("subscriptions/listen", { notifications: { resourceSubscriptions } })).error?.code).toBe(
      -32600,
    );
  });
});

it("brings to each what it asked for, marked as its own, and log messages to nobody", async () => {
  const server = changingServer();
  const backend = engine(server);
  const one = await modernClient(backend);
  const other = await modernClient(backend, { principal: "other" });
  const first = listen(one, { toolsListChanged: true });
  const second = listen(one, { resourceSubscriptions: ["test://a"] });
  const third = listen(other, { toolsListChanged: true, resourceSubscriptions: ["test://b"] });
  await one.notified(ACKNOWLEDGED, 2);
  await other.notified(ACKNOWLEDGED);
  server.say("notifications/message", { level: "error", data: "x" });
  server.say("notifications/prompts/list_changed");
  server.say(UPDATED, { uri: "test://b" });
  server.say(TOOLS, { vendor: 1, _meta: { trace: "t" } });
  server.say(UPDATED, { uri: "test://a", title: "A" });
  await one.notified(UPDATED);
  const tools = (id: RequestId) => ({
    jsonrpc: "2.0",
    method: TOOLS,
    params: { vendor: 1, _meta: { trace: "t", [SUBSCRIPTION]: id } },
  });
  const updated = (id: RequestId, params: object) => ({
    jsonrpc: "2.0",
    method: UPDATED,
    params: { ...params, _meta: { [SUBSCRIPTION]: id } },
  });
  expect(of(one, first).slice(1)).toEqual([tools(first)]);
  expect(of(one, second).slice(1)).toEqual([updated(second, { uri: "test://a", title: "A" })]);
  expect(of(other, third).slice(1)).toEqual([updated(third, { uri: "test://b" }), tools(third)]);
  expect(one.heard).toHaveLength(4);
  expect(server.heard.filter((said) => said === "1 initialize")).toHaveLength(1);
});

it("subscribes for the first who wants a resource, and unsubscribes for the last", async () => {
  const server = changingServer();
  const backend = engine(server);
  const [one, other] = [await modernClient(backend), await modernClient(backend)];
  const first = listen(one, { resourceSubscriptions: ["test://a"] });
  listen(other, { resourceSubscriptions: ["test://a"] });
  await one.notified(ACKNOWLEDGED);
  await other.notified(ACKNOWLEDGED);
  one.cancel(first);
  await one.ask("tools/call", { name: "t" }); // whatever the cancellation led to has been said by now
  const uris = () => server.heard.filter((said) => said.startsWith("1 resources/"));
  expect(uris()).toEqual(["1 resources/subscribe"]);
  await other.channel.close();
  await server.untilHeard("1 resources/unsubscribe");
  expect(uris()).toEqual(["1 resources/subscribe", "1 resources/unsubscribe"]);
  // And again from the start.
  listen(one, { resourceSubscriptions: ["test://a"] });
  await one.notified(ACKNOWLEDGED, 2);
  expect(uris()).toHaveLength(3);
});

it("says nothing more of a listen that was canceled", async () => {
  const server = changingServer();
  const client = await modernClient(engine(server));
  const id = listen(client, { toolsListChanged: true });
  await client.notified(ACKNOWLEDGED);
  client.cancel(id);
  client.cancel(id);
  const other = listen(client, { toolsListChanged: true });
  await client.notified(ACKNOWLEDGED, 2);
  server.say(TOOLS);
  await client.notified(TOOLS);
  expect(of(client, id)).toHaveLength(1);
  expect(of(client, other)).toHaveLength(2);
});

it("subscribes again when the server is lost", async () => {
  const server = changingServer(CHANGING, { "tools/call": "hang up" });
  const client = await modernClient(engine(server));
  const id = listen(client, { toolsListChanged: true, resourceSubscriptions: ["test://a"] });
  await client.notified(ACKNOWLEDGED);
  expect((await client.ask("tools/call", { name: "t" })).error?.code).toBe(-32603);
  await server.untilHeard("2 resources/subscribe");
  server.say(UPDATED, { uri: "test://a" });
  server.say(TOOLS);
  await client.notified(TOOLS);
  expect(of(client, id).map(({ method }) => method)).toEqual([ACKNOWLEDGED, UPDATED, TOOLS]);
});

it("ends every listen in order when it closes", async () => {
  const server = changingServer();
  const backend = engine(server);
  const client = await modernClient(backend);
  const id = listen(client, { toolsListChanged: true });
  await client.notified(ACKNOWLEDGED);
  await backend.close();
  expect(await client.answer(id)).toMatchObject({
    id,
    result: { resultType: "complete", _meta: { [SUBSCRIPTION]: id } },
  });
  expect(server.stillOpen()).toBe(0);
});

it("tells why nobody can listen", async () => {
  const refusing = scripted({ initialize: { error: { code: -32022, message: "no" } } });
  const client = await modernClient(engine(refusing));
  const answer = await client.ask("subscriptions/listen", { notifications: { toolsListChanged: true } });
  expect(answer.error).toMatchObject({ code: -32603, data: { mcpgen: { code: "remote" } } });
});
