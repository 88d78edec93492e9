import { describe, expect, it } from "vitest";
import { RuntimeError } from "../../runtime/core/errors.js";
import { DISCOVERED, INITIALIZED, scripted, type Peer, type Reply, type Script } from "../testing/scripted.js";
import { introspect } from "./introspect.js";

const tool = (name: string): object => ({ name, inputSchema: { type: "object" } });
const tools = (...names: string[]): Reply => ({ result: { tools: names.map(tool) } });
const refused: Reply = { error: { code: -32603, message: "database is down" } };

function initialized(capabilities: object): Reply {
  return { result: { ...(INITIALIZED as { result: object }).result, capabilities } };
}

const ALL = { tools: {}, resources: {}, prompts: {} };

interface Case {
  readonly name: string;
  readonly given: Script;
  readonly want: { readonly heard: readonly string[]; readonly spec: object };
}

const CASES: readonly Case[] = [
  {
    name: "only what is declared is asked",
    given: { initialize: initialized({ tools: {} }), "tools/list": tools("a"), "prompts/list": refused },
    want: { heard: ["tools/list"], spec: { tools: [tool("a")], prompts: [], diagnostics: [] } },
  },
  {
    name: "nothing declared, nothing asked",
    given: { initialize: initialized({ logging: {} }), "tools/list": tools("a") },
    want: { heard: [], spec: { tools: [], capabilities: { logging: {} }, diagnostics: [] } },
  },
  {
    name: "each list fails on its own",
    given: {
      initialize: initialized(ALL),
      "tools/list": refused,
      "resources/list": { result: { resources: [{ uri: "a:b", name: "r" }] } },
      "prompts/list": { result: "what?" },
    },
    want: {
      heard: ["tools/list", "resources/list", "resources/templates/list", "prompts/list"],
      spec: {
        tools: [],
        resources: [{ uri: "a:b", name: "r" }],
        diagnostics: [
          {
            severity: "warning",
            code: "list-failed",
            pointer: "/tools",
            message: "tools/list: page 1 failed: database is down",
          },
          {
            severity: "warning",
            code: "list-failed",
            pointer: "/resourceTemplates",
            message: "resources/templates/list: page 1 failed: Method not found",
          },
          {
            severity: "warning",
            code: "list-failed",
            pointer: "/prompts",
            message: 'prompts/list: page 1 has no array "prompts": it is missing',
          },
        ],
      },
    },
  },
  {
    name: "the only list fails: still a spec",
    given: { initialize: initialized({ tools: {} }), "tools/list": refused },
    want: { heard: ["tools/list"], spec: { tools: [], diagnostics: [{ code: "list-failed" }] } },
  },
  {
    name: "changed while it was read: read again",
    given: {
      initialize: initialized({ tools: { listChanged: true }, prompts: {} }),
      "tools/list": inTurn([tools("a"), tools("a", "b")]),
      "prompts/list": (_, peer) => {
        changed(peer);
        return { result: { prompts: [] } };
      },
      ping: { result: {} },
    },
    want: {
      heard: ["tools/list", "prompts/list", "ping", "tools/list", "ping"],
      spec: { tools: [tool("a"), tool("b")], diagnostics: [] },
    },
  },
  {
    name: "changed after the last list, before the ping is answered",
    given: {
      initialize: initialized({ tools: { listChanged: true } }),
      "tools/list": inTurn([tools("a"), tools("a", "b")]),
      ping: once((_, peer) => changed(peer), { result: {} }),
    },
    want: {
      heard: ["tools/list", "ping", "tools/list", "ping"],
      spec: { tools: [tool("a"), tool("b")], diagnostics: [] },
    },
  },
  {
    name: "a server without ping",
    given: { initialize: initialized({ tools: { listChanged: true } }), "tools/list": tools("a") },
    want: { heard: ["tools/list", "ping"], spec: { tools: [tool("a")], diagnostics: [] } },
  },
  {
    name: "changes without end are bounded",
    given: {
      initialize: initialized({ tools: { listChanged: true } }),
      "tools/list": (_, peer) => {
        changed(peer);
        return tools("a");
      },
      ping: { result: {} },
    },
    want: {
      heard: ["tools/list", "ping", "tools/list", "ping", "tools/list", "ping", "tools/list", "ping"],
      spec: { tools: [tool("a")], diagnostics: [{ severity: "warning", code: "list-unstable", pointer: "/tools" }] },
    },
  },
  {
    name: "modern: from server/discover, without ping",
    given: { "server/discover": DISCOVERED, "tools/list": tools("a") },
    want: {
      heard: ["tools/list"],
      spec: {
        specVersion: 1,
        protocolVersion: "2026-07-28",
        supportedVersions: ["2026-07-28", "2025-11-25"],
        server: { name: "scripted", version: "2" },
        instructions: "hello",
        capabilities: { tools: {} },
        clientCapabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
        tools: [tool("a")],
      },
    },
  },
];

function changed(peer: Peer): void {
  peer.send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
}

function inTurn(replies: readonly Reply[]): () => Reply | undefined {
  let n = 0;
  return () => replies[Math.min(n++, replies.length - 1)];
}

function once(act: (rpc: unknown, peer: Peer) => void, reply: Reply): (rpc: unknown, peer: Peer) => Reply {
  let done = false;
  return (rpc, peer) => {
    if (!done) act(rpc, peer);
    done = true;
    return reply;
  };
}

const HANDSHAKE = /server\/discover|initialize/;

describe("introspect", () => {
  it.each(CASES)("$name", async ({ given, want }) => {
    const backend = scripted(given);
    const spec = await introspect(backend);
    expect(spec).toMatchObject(want.spec);
    expect(backend.heard.map((one) => one.slice(2)).filter((one) => !HANDSHAKE.test(one))).toEqual(want.heard);
    expect(backend.stillOpen()).toBe(0);
  });

  it("answers a ping and the roots, and refuses everything else, while it lists", async () => {
    const ask = (peer: Peer, id: number, method: string): void => peer.send({ jsonrpc: "2.0", id, method, params: {} });
    const backend = scripted({
      initialize: initialized({ tools: {}, prompts: {} }),
      "tools/list": (_, peer) => {
        ask(peer, 1, "ping");
        ask(peer, 2, "roots/list");
        ask(peer, 3, "sampling/createMessage");
        ask(peer, 4, "elicitation/create");
        return tools();
      },
      "prompts/list": { result: { prompts: [] } },
    });
    await introspect(backend);
    const answers = backend.messages.filter(({ method }) => method === undefined);
    expect(answers).toMatchObject([
      { id: 1, result: {} },
      { id: 2, result: { roots: [] } },
      { id: 3, error: { code: -32601 } },
      { id: 4, error: { code: -32601 } },
    ]);
  });

  it("throws the time-out, naming the step, when nothing was answered", async () => {
    const backend = scripted({ initialize: INITIALIZED, "tools/list": "silence" });
    await expect(introspect(backend, { requestTimeoutMs: 20 })).rejects.toMatchObject({
      code: "timeout",
      text: "tools/list did not answer within 20 ms",
    });
    expect(backend.stillOpen()).toBe(0);
  });

  it("keeps what was answered when one list hangs", async () => {
    const backend = scripted({
      initialize: initialized({ tools: {}, prompts: {} }),
      "tools/list": tools("a"),
      "prompts/list": "silence",
    });
    const spec = await introspect(backend, { requestTimeoutMs: 20 });
    expect(spec).toMatchObject({
      tools: [tool("a")],
      diagnostics: [
        { code: "list-failed", message: "prompts/list: page 1 failed: prompts/list did not answer within 20 ms" },
      ],
    });
  });

  it("throws when the server goes away", async () => {
    const backend = scripted({ initialize: initialized(ALL), "tools/list": tools("a"), "resources/list": "hang up" });
    await expect(introspect(backend)).rejects.toMatchObject({ code: "closed" });
    expect(backend.stillOpen()).toBe(0);
  });

  it("is canceled while it lists", async () => {
    const controller = new AbortController();
    const backend = scripted({
      initialize: INITIALIZED,
      "tools/list": () => {
        controller.abort(new RuntimeError("canceled", "interrupted"));
        return "silence";
      },
    });
    await expect(introspect(backend, { signal: controller.signal })).rejects.toMatchObject({ code: "canceled" });
    expect(backend.stillOpen()).toBe(0);
  });
});
