import { afterEach, describe, expect, it } from "vitest";
import { scripted, type Script, type ScriptedBackend } from "../../generator/testing/scripted.js";
import type { StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { messageFromRpc, type Message, type Rpc } from "../core/message.js";
import { multiplexed } from "./multiplex.js";

const SUB = "io.modelcontextprotocol/subscriptionId";
const open: StatefulBackend[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function over(server: ScriptedBackend, limits: Partial<Limits> = {}, logged: string[] = []): StatefulBackend {
  const one = multiplexed(server, { limits: limitsOf(limits), log: (_, text) => logged.push(text) });
  open.push(one);
  return one;
}

const signal = new AbortController().signal;
const ask = (channel: Channel, id: number | string, method: string, params: object = {}): Promise<void> =>
  Promise.resolve(channel.send(messageFromRpc({ jsonrpc: "2.0", id, method, params })));
async function next(channel: Channel): Promise<Message> {
  const result = await channel.incoming[Symbol.asyncIterator]().next();
  if (result.done === true) throw new Error("the channel has ended");
  return result.value;
}

describe("multiplexed", () => {
  it("gives each of 500 clients that all use id 1 its own answer", async () => {
    const echo: Script = { echo: (rpc) => ({ result: (rpc.params as { nonce: number }).nonce }) };
    const server = scripted(echo);
    const backend = over(server);
    const clients = await Promise.all(Array.from({ length: 500 }, () => backend.open(signal)));
    const answers = await Promise.all(
      clients.map(async (client, nonce) => {
        await ask(client, 1, "echo", { nonce });
        return (await next(client)).rpc;
      }),
    );
    expect(answers).toEqual(clients.map((_, nonce) => ({ jsonrpc: "2.0", id: 1, result: nonce })));
    expect(server.stillOpen()).toBe(1);
  });

  it("maps subscriptions", async () => {
    const script: Script = {
      "subscriptions/listen": ({ id, params }, peer) => {
        const _meta = { [SUB]: id };
        const notifications = (params as Rpc)["notifications"];
        peer.send({ method: "notifications/subscriptions/acknowledged", params: { notifications, _meta } });
        peer.send({ method: "notifications/tools/list_changed", params: { _meta } });
        return { result: { resultType: "complete", _meta } };
      },
    };
    const backend = over(scripted(script));
    const [a, b] = [await backend.open(signal), await backend.open(signal)];
    for (const [client, id] of [[a, "x"], [b, 7]] as const) {
      await ask(client, id, "subscriptions/listen", { notifications: { toolsListChanged: true } });
      expect(await next(client)).toMatchObject({ relatedTo: id, rpc: { params: { _meta: { [SUB]: id } } } });
      expect(await next(client)).toMatchObject({ relatedTo: id, rpc: { params: { _meta: { [SUB]: id } } } });
      expect(await next(client)).toMatchObject({ relatedTo: id, rpc: { id, result: { _meta: { [SUB]: id } } } });
    }
  });
});
