import { afterEach, describe, expect, it, vi } from "vitest";
import { decorated, type Answer, type Decorated } from "../../generator/testing/decorated.js";
import type { Backend } from "../core/backend.js";
import { bytesOf, messageFromBytes, messageFromRpc, type RequestId, type Rpc } from "../core/message.js";
import { META } from "../era/envelope.js";
import type { Contract } from "./contract.js";
import { guardedAgainstDrift, type OnDrift } from "./drift.js";
import { hooked, type Hook } from "./hooks.js";
import { pinnedLists } from "./lists.js";

const ENVELOPE = {
  [META.protocolVersion]: "2026-07-28",
  [META.clientInfo]: { name: "c", version: "1" },
  [META.clientCapabilities]: { elicitation: {} },
};
const EXTRAS = { "io.modelcontextprotocol/logLevel": "debug", progressToken: 7, traceparent: "00-1" };
const CONTRACT: Contract = {
  protocolVersion: "2026-07-28",
  server: { name: "s", version: "1" },
  capabilities: { tools: {} },
  clientCapabilities: {},
  tools: [{ name: "add" }],
  resources: [],
  resourceTemplates: [],
  prompts: [],
};

const call = (id: RequestId, params: object = {}): Rpc => ({
  id,
  method: "tools/call",
  params: { name: "add", arguments: { a: 1 }, ...params, _meta: { ...ENVELOPE, ...EXTRAS } },
});

const open: Decorated[] = [];
async function join(wrap: (backend: Backend) => Backend, answer: Answer): Promise<Decorated> {
  const side = await decorated(wrap, answer);
  open.push(side);
  return side;
}
afterEach(async () => {
  vi.useRealTimers();
  for (const side of open.splice(0)) await side.close();
});

const answering =
  (result: object): Answer =>
  ({ id, kind }) =>
    kind === "request" ? { jsonrpc: "2.0", id: id ?? 0, result } : undefined;

describe("pinnedLists", () => {
  it("says of a list what the 2026 era wants to know, to those who speak it", async () => {
    const side = await join((backend) => pinnedLists(backend, CONTRACT), answering({}));
    const ask = (params: object): Promise<Rpc> => side.ask({ id: 1, method: "tools/list", params });
    expect((await ask({ _meta: ENVELOPE })).result).toEqual({
      tools: CONTRACT.tools,
      resultType: "complete",
      ttlMs: 0,
      cacheScope: "private",
    });
    expect((await ask({ _meta: { progressToken: 1 } })).result).toEqual({ tools: CONTRACT.tools });
    expect(side.received).toEqual([]);
  });
});

describe("hooked", () => {
  const around =
    (hook: Hook<{ a: number }>) =>
    (backend: Backend): Backend =>
      hooked(backend, { hooks: { add: hook }, contract: CONTRACT, validators: {} });

  it("answers with a result that says so, whether it comes from the tool or not", async () => {
    const hook: Hook<{ a: number }> = async (args, next) => (args.a > 1 ? { content: [] } : next(args));
    const side = await join(around(hook), answering({ resultType: "complete", content: [], x: 1 }));
    expect((await side.ask(call(1))).result).toEqual({ resultType: "complete", content: [], x: 1 });
    expect((await side.ask(call(2, { arguments: { a: 2 } }))).result).toEqual({ resultType: "complete", content: [] });
  });

  it("hands what is no result yet to the client, byte for byte, and runs again with what the client adds", async () => {
    let runs = 0;
    const hook: Hook<{ a: number }> = (args, next) => {
      runs++;
      return next(args).catch(() => ({ content: [{ type: "text", text: "swallowed" }] }));
    };
    const input = '"resultType":"input_required", "inputRequests":{"k":{"method":"x"}},"requestState":"s","n":1.0';
    const side = await join(around(hook), ({ id, rpc }) => {
      const asked = (rpc.params as { requestState?: unknown }).requestState === "s";
      if (asked) return { jsonrpc: "2.0", id: id ?? 0, result: { resultType: "complete", content: [] } };
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${input}}}`);
      return messageFromBytes({ kind: "response", id: id ?? 0 }, [bytes]);
    });
    await side.send(call("c"));
    const first = await side.next();
    expect({ id: first.id, relatedTo: first.relatedTo }).toEqual({ id: "c", relatedTo: "c" });
    expect(Buffer.concat(bytesOf(first)).toString()).toBe(`{"jsonrpc":"2.0","id":"c","result":{${input}}}`);

    const added = { inputResponses: { k: { action: "accept" } }, requestState: "s" };
    expect((await side.ask(call("d", added))).result).toEqual({ resultType: "complete", content: [] });
    expect(runs).toBe(2);
    expect(side.received.map(({ rpc }) => rpc.params)).toEqual([call(0).params, call(0, added).params]);
  });

  it("tells a client nothing of a hook that returns nothing", async () => {
    const side = await join(
      around(() => undefined as unknown as { content: [] }),
      answering({}),
    );
    expect((await side.ask(call(1))).error).toMatchObject({ code: -32603, message: 'the hook of tool "add" failed' });
  });
});

describe("guardedAgainstDrift", () => {
  const guard =
    (onDrift: OnDrift) =>
    (backend: Backend): Backend =>
      guardedAgainstDrift(backend, CONTRACT, { onDrift, timeoutMs: 10_000 });
  const LISTED = { resultType: "complete", ttlMs: 5, cacheScope: "public" };

  it("asks with the envelope of the client, and with nothing else that the client said", async () => {
    const side = await join(guard("quarantine"), answering({ ...LISTED, tools: CONTRACT.tools }));
    expect((await side.ask(call(1))).error).toBeUndefined();
    const [own, passed] = side.received;
    expect(own?.rpc).toMatchObject({ method: "tools/list", params: { _meta: ENVELOPE } });
    expect((own?.rpc.params as { _meta: object })._meta).toEqual(ENVELOPE);
    expect(passed?.rpc.params).toEqual(call(0).params);
  });

  it("keeps to itself what is said while it asks", async () => {
    const side = await join(guard("quarantine"), (message, server) => {
      const log = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: message.method } };
      void server.send(messageFromRpc(log, { relatedTo: message.id }));
      return answering({ ...LISTED, tools: CONTRACT.tools })(message, server);
    });
    await side.send(call(1));
    const { relatedTo, rpc } = await side.next();
    expect({ relatedTo, data: rpc.params }).toEqual({ relatedTo: 1, data: { level: "info", data: "tools/call" } });
    expect((await side.next()).id).toBe(1);
  });

  it("takes drifted tools out of a list and leaves the rest of the answer", async () => {
    const tools = [...CONTRACT.tools, { name: "new" }];
    const side = await join(guard("quarantine"), answering({ ...LISTED, tools }));
    const list = await side.ask({ id: 1, method: "tools/list", params: { _meta: ENVELOPE } });
    expect(list.result).toEqual({ ...LISTED, tools: CONTRACT.tools });
    expect((await side.ask(call(2, { name: "new" }))).error).toEqual({ code: -32602, message: "Unknown tool: new" });
  });

  it("looks again after a while, as servers of that era tell of changes only to those who listen", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let tools: object[] = [...CONTRACT.tools];
    const side = await join(guard("quarantine"), (message, server) => answering({ ...LISTED, tools })(message, server));
    expect((await side.ask(call(1))).error).toBeUndefined();
    tools = [{ name: "add", description: "now with a trick" }];
    vi.advanceTimersByTime(4 * 60_000);
    expect((await side.ask(call(2))).error).toBeUndefined();
    vi.advanceTimersByTime(2 * 60_000);
    expect((await side.ask(call(3))).error).toEqual({ code: -32602, message: "Unknown tool: add" });
  });
});
