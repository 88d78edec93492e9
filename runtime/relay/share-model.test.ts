import fc from "fast-check";
import { expect, it } from "vitest";
import { pipe, type Channel } from "../core/channel.js";
import { limitsOf } from "../core/limits.js";
import { silent } from "../core/log.js";
import { messageFromRpc, type RequestId, type Rpc } from "../core/message.js";
import { shared } from "./share.js";

/** What the wire has brought is handled: pipes in memory need a few turns of the loop. */
const settled = async (): Promise<void> => {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
};

type Action =
  | { readonly do: "open" | "ask" | "crash" }
  | { readonly do: "call" | "cancel" | "reply" | "forge" | "leave"; readonly client: number }
  | { readonly do: "answer" | "late" | "twice" | "progress"; readonly request: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Action>({ do: "open" }) },
  { weight: 3, arbitrary: fc.constant<Action>({ do: "ask" }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: "crash" }) },
  ...(
    [
      ["call", 8],
      ["cancel", 3],
      ["reply", 4],
      ["forge", 1],
      ["leave", 2],
    ] as const
  ).map(([what, weight]) => ({ weight, arbitrary: fc.nat(7).map((client): Action => ({ do: what, client })) })),
  ...(
    [
      ["answer", 6],
      ["late", 3],
      ["twice", 1],
      ["progress", 3],
    ] as const
  ).map(([what, weight]) => ({ weight, arbitrary: fc.nat(7).map((request): Action => ({ do: what, request })) })),
);

interface ServerRequest {
  readonly id: RequestId;
  readonly nonce: number;
  readonly token: RequestId;
}

/** One server session, from its side. */
interface Server {
  readonly channel: Channel;
  readonly underWay: ServerRequest[];
  readonly answered: ServerRequest[];
  /** Canceled, and worked on all the same. */
  readonly givenUp: ServerRequest[];
  /** Its own requests that have no answer. */
  readonly asks: Set<RequestId>;
  ended: boolean;
}

/** One client as it ought to be. */
interface Client {
  readonly name: number;
  readonly channel: Channel;
  /** Calls without an answer: id to nonce. */
  readonly calls: Map<number, number>;
  readonly asks: RequestId[];
  gone: boolean;
  /** Its server is known to have ended, so that calls may fail. */
  readonly mayFail: () => boolean;
}

const violations: string[] = [];

function world() {
  const servers: Server[] = [];
  const clients: Client[] = [];
  /** By nonce. */
  const callers = new Map<number, Client>();
  let counter = 0;
  const backend = shared(
    {
      kind: "stdio",
      open: () => {
        const [near, channel] = pipe();
        const server: Server = { channel, underWay: [], answered: [], givenUp: [], asks: new Set(), ended: false };
        servers.push(server);
        void serve(server);
        return Promise.resolve(near);
      },
    },
    { limits: limitsOf({ sessionIdleMs: 60_000 }), log: silent },
  );

  const serve = async (server: Server): Promise<void> => {
    for await (const { id, method, kind, rpc } of server.channel.incoming) {
      const params = (rpc.params ?? {}) as {
        requestId?: RequestId;
        nonce?: number;
        _meta?: { progressToken: RequestId };
      };
      if (method === "initialize") {
        const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };
        await server.channel.send(messageFromRpc({ jsonrpc: "2.0", id: id ?? null, result }));
      } else if (method === "notifications/cancelled") {
        const at = server.underWay.findIndex((one) => one.id === params.requestId);
        if (at < 0) violations.push(`canceled at the server: ${String(params.requestId)}`);
        else server.givenUp.push(...server.underWay.splice(at, 1));
      } else if (kind === "response") {
        if (id === undefined || !server.asks.delete(id)) violations.push(`answered at the server: ${String(id)}`);
        const { by } = (rpc.result ?? {}) as { by?: string };
        if (by === "forged") violations.push("a forged answer came through");
      } else if (id !== undefined) {
        if (server.underWay.some((one) => one.id === id)) violations.push(`id ${id} twice at the server`);
        server.underWay.push({ id, nonce: params.nonce ?? -1, token: params._meta?.progressToken ?? -1 });
      }
    }
    server.ended = true;
  };

  const listen = async (client: Client): Promise<void> => {
    try {
      for await (const { id, kind, method, rpc } of client.channel.incoming) {
        if (client.gone) violations.push("said to a client that has gone");
        else if (kind === "response" && id !== 0) {
          const want = client.calls.get(id as number);
          const got = (rpc.result as { nonce?: number } | undefined)?.nonce;
          if (want === undefined)
            violations.push(`client ${client.name}: ${String(id)} answered twice, or after its end`);
          else if (!rpc.error && got !== want) violations.push(`client ${client.name}: an answer of somebody else`);
          else if (rpc.error && !client.mayFail()) violations.push(`client ${client.name}: failed`);
          client.calls.delete(id as number);
        } else if (kind === "request" && id !== undefined) client.asks.push(id);
        else if (method === "notifications/progress") {
          const { progressToken, nonce } = rpc.params as { progressToken: number; nonce: number };
          if (client.calls.get(progressToken) !== nonce) violations.push(`client ${client.name}: foreign progress`);
        }
      }
    } catch {
      client.gone = true; // its server has ended
    }
    client.gone = true;
  };

  const send = (client: Client, rpc: Rpc) => client.channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }));
  const living = (): Client[] => clients.filter(({ gone }) => !gone);
  const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % (from.length || 1)];

  const act = async (one: Action): Promise<void> => {
    const server = servers.at(-1);
    const client = "client" in one ? pick(living(), one.client) : undefined;
    const request = "request" in one && server ? pick(server.underWay, one.request) : undefined;
    switch (one.do) {
      case "open": {
        if (living().length >= 4) return;
        const channel = await backend.open(new AbortController().signal);
        let mayFail = (): boolean => false;
        const made: Client = {
          name: clients.length,
          channel,
          calls: new Map(),
          asks: [],
          gone: false,
          mayFail: () => mayFail(),
        };
        clients.push(made);
        void listen(made);
        await send(made, { id: 0, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {} } });
        const its = servers.at(-1);
        mayFail = () => its?.ended === true;
        await send(made, { method: "notifications/initialized" });
        return;
      }
      case "call": {
        if (!client) return;
        // All clients use the same few ids, and use them again as soon as they may.
        const id = [1, 2, 3].find((free) => !client.calls.has(free));
        if (id === undefined) return;
        const nonce = ++counter;
        client.calls.set(id, nonce);
        callers.set(nonce, client);
        await send(client, { id, method: "tools/call", params: { nonce, _meta: { progressToken: id } } });
        return;
      }
      case "cancel": {
        const [id] = client?.calls.keys() ?? [];
        if (!client || id === undefined) return;
        client.calls.delete(id);
        await send(client, { method: "notifications/cancelled", params: { requestId: id } });
        await send(client, { method: "notifications/cancelled", params: { requestId: id } });
        return;
      }
      case "answer":
      case "progress": {
        if (!server || !request) return;
        const { nonce, token } = request;
        if (one.do === "progress") {
          const params = { progressToken: token, progress: 1, nonce };
          return void server.channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/progress", params }));
        }
        server.underWay.splice(server.underWay.indexOf(request), 1);
        server.answered.push(request);
        return void server.channel.send(messageFromRpc({ jsonrpc: "2.0", id: request.id, result: { nonce } }));
      }
      case "late": {
        const late = server && pick(server.givenUp, one.request);
        if (!server || server.ended || !late) return;
        server.givenUp.splice(server.givenUp.indexOf(late), 1);
        return void server.channel.send(messageFromRpc({ jsonrpc: "2.0", id: late.id, result: { nonce: late.nonce } }));
      }
      case "twice": {
        const again = server && pick(server.answered, one.request);
        if (!server || server.ended || !again) return;
        return void server.channel.send(
          messageFromRpc({ jsonrpc: "2.0", id: again.id, result: { nonce: again.nonce } }),
        );
      }
      case "ask": {
        if (!server || server.ended) return;
        const id = `ask ${++counter}`;
        const busy = living().filter(({ calls }) => calls.size > 0);
        const sole = busy.length === 1 ? busy[0] : living().length === 1 ? living()[0] : undefined;
        const want = server.givenUp.every(({ nonce }) => callers.get(nonce) === sole) ? sole : undefined;
        server.asks.add(id);
        void server.channel.send(messageFromRpc({ jsonrpc: "2.0", id, method: "sampling/createMessage" }));
        await settled();
        const got = clients.filter(({ asks }) => asks.includes(id));
        if (want ? got.length !== 1 || got[0] !== want : got.length > 0 || server.asks.has(id))
          violations.push(`an ask went to ${got.map(({ name }) => name).join()}, not to ${String(want?.name)}`);
        return;
      }
      case "reply": {
        const id = client?.asks.shift();
        if (!client || id === undefined) return;
        await send(client, { id, result: {} });
        await send(client, { id, result: { by: "forged" } });
        return;
      }
      case "forge": {
        const id = living()
          .filter((other) => other !== client)
          .flatMap(({ asks }) => asks)[0];
        if (client && id !== undefined) await send(client, { id, result: { by: "forged" } });
        return;
      }
      case "leave":
        if (client) client.gone = true;
        return client?.channel.close();
      case "crash": {
        if (!server || server.ended) return;
        const losers = living();
        server.asks.clear();
        server.underWay.splice(0);
        server.ended = true;
        await server.channel.close();
        await settled();
        for (const { gone, calls, name } of losers) {
          if (!gone) violations.push(`client ${name} lives on without a server`);
          if (calls.size > 0) violations.push(`client ${name}: ${calls.size} calls without an answer`);
        }
        return;
      }
    }
  };

  const end = async (): Promise<void> => {
    for (const client of living()) {
      client.gone = true;
      await client.channel.close();
    }
    await settled();
    for (const { underWay, asks } of servers) {
      if (underWay.length > 0) violations.push(`${underWay.length} requests are left at the server`);
      if (asks.size > 0) violations.push(`${asks.size} asks have no answer`);
    }
    for (const { calls, gone, name } of clients)
      if (!gone && calls.size > 0) violations.push(`client ${name}: ${calls.size} calls without an answer`);
    await backend.close();
    await settled();
    if (servers.some(({ ended }) => !ended)) violations.push("a server is left");
  };
  return { act, end };
}

it("clients that share a server: one answer for each call, none after a cancellation, none of another client's", async () => {
  let calls = 0;
  const property = fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 24 }), async (actions) => {
    violations.length = 0;
    const { act, end } = world();
    await act({ do: "open" });
    await settled();
    for (const one of actions) {
      await act(one);
      await settled();
      calls += one.do === "call" ? 1 : 0;
    }
    await end();
    expect(violations).toEqual([]);
  });
  await fc.assert(property, { numRuns: 2_000, endOnFailure: false });
  expect(calls).toBeGreaterThan(2_000);
}, 60_000);
