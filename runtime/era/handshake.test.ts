import { describe, expect, it } from "vitest";
import { DISCOVERED, INITIALIZED, scripted, type Script } from "../../generator/testing/scripted.js";
import type { TransportKind } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import { handshake, type Connection, type HandshakeOptions } from "./handshake.js";

const OPTIONS: HandshakeOptions = {
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  probeTimeoutMs: 10_000,
  clientCapabilities: { roots: {} },
  clientInfo: { name: "test", version: "1" },
};

const error = (code: number, message = "no", data?: unknown): { error: unknown } => ({
  error: { code, message, data },
});
const failure = (
  code: "unauthenticated" | "forbidden" | "unreachable" | "remote",
  status: number,
): { failure: RuntimeError } => ({
  failure: new RuntimeError(code, `HTTP ${status}`, { status }),
});

/** A server of stdin and stdout that ends when asked anything before `initialize`. */
const PROUD: readonly Script[] = [{ "server/discover": "hang up" }, { initialize: INITIALIZED }];

interface Case {
  readonly name: string;
  readonly given: Script | readonly Script[];
  readonly kind?: TransportKind;
  readonly options?: Partial<HandshakeOptions>;
  readonly want: {
    readonly heard: readonly string[];
    readonly version?: string;
    readonly code?: string;
    readonly text?: RegExp;
  };
}

const LEGACY_FALLBACK = ["1 server/discover", "1 initialize", "1 notifications/initialized"];

const CASES: readonly Case[] = [
  {
    name: "DiscoverResult is modern",
    given: { "server/discover": DISCOVERED },
    want: { heard: ["1 server/discover"], version: "2026-07-28" },
  },
  ...[-32601, -32602, -32600, -32000].map((code): Case => ({
    name: `${code} is legacy`,
    given: { "server/discover": error(code), initialize: INITIALIZED },
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  })),
  {
    name: "an error without id over HTTP, as servers without a session answer, is legacy",
    given: { "server/discover": { ...error(-32000), id: null }, initialize: INITIALIZED },
    kind: "http",
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "HTTP 400 without a JSON-RPC body is legacy",
    given: { "server/discover": failure("unreachable", 400), initialize: INITIALIZED },
    kind: "http",
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "a result that is no DiscoverResult is legacy",
    given: { "server/discover": { result: {} }, initialize: INITIALIZED },
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "a DiscoverResult of legacy revisions only is legacy",
    given: { "server/discover": { result: { supportedVersions: ["2025-11-25"] } }, initialize: INITIALIZED },
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "-32022 naming legacy revisions only is legacy",
    given: { "server/discover": error(-32022, "no", { supported: ["2025-06-18"] }), initialize: INITIALIZED },
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "-32022 without usable data is legacy",
    given: { "server/discover": error(-32022), initialize: INITIALIZED },
    want: { heard: LEGACY_FALLBACK, version: "2025-11-25" },
  },
  {
    name: "-32022 naming a modern revision is modern, asked once more",
    given: (() => {
      let asked = 0;
      return {
        "server/discover": () => (asked++ === 0 ? error(-32022, "no", { supported: ["2026-07-28"] }) : DISCOVERED),
      };
    })(),
    want: { heard: ["1 server/discover", "1 server/discover"], version: "2026-07-28" },
  },
  {
    name: "-32022 forever ends",
    given: { "server/discover": error(-32022, "no", { supported: ["2026-07-28"] }) },
    want: { heard: ["1 server/discover", "1 server/discover"], code: "remote", text: /refuses MCP 2026-07-28/ },
  },
  {
    name: "-32022 naming unknown revisions only names both sides",
    given: { "server/discover": error(-32022, "no", { supported: ["2031-01-01"] }), initialize: INITIALIZED },
    want: { heard: ["1 server/discover"], code: "remote", text: /2031-01-01; spoken here: 2026-07-28, 2025-11-25/ },
  },
  ...[-32020, -32021].map((code): Case => ({
    name: `${code} proves a modern server: no initialize`,
    given: { "server/discover": error(code, "bad header"), initialize: INITIALIZED },
    want: { heard: ["1 server/discover"], code: "remote", text: /refused server\/discover: bad header/ },
  })),
  {
    name: "401 is no verdict",
    given: { "server/discover": failure("unauthenticated", 401), initialize: INITIALIZED },
    kind: "http",
    want: { heard: ["1 server/discover"], code: "unauthenticated" },
  },
  {
    name: "403 is no verdict",
    given: { "server/discover": failure("forbidden", 403), initialize: INITIALIZED },
    kind: "http",
    want: { heard: ["1 server/discover"], code: "forbidden" },
  },
  {
    name: "503 is no verdict",
    given: { "server/discover": failure("unreachable", 503), initialize: INITIALIZED },
    kind: "http",
    want: { heard: ["1 server/discover"], code: "unreachable" },
  },
  {
    name: "a server that ends on the probe is started again and not probed",
    given: PROUD,
    want: { heard: ["1 server/discover", "2 initialize", "2 notifications/initialized"], version: "2025-11-25" },
  },
  {
    name: "a server that always ends is reported",
    given: { "server/discover": "hang up", initialize: "hang up" },
    want: { heard: ["1 server/discover", "2 initialize"], code: "closed" },
  },
  {
    name: "a process deaf to unknown methods is asked to initialize as well",
    given: { "server/discover": "silence", initialize: INITIALIZED },
    options: { probeTimeoutMs: 1 },
    want: {
      heard: ["1 server/discover", "1 initialize", "1 notifications/initialized"],
      version: "2025-11-25",
    },
  },
  {
    name: "a slow modern server is modern, on a channel that heard no initialize",
    given: [lateDiscovery(), {}],
    options: { probeTimeoutMs: 1 },
    want: { heard: ["1 server/discover", "1 initialize"], version: "2026-07-28" },
  },
  {
    name: "a slow server that ends on the late probe is started again",
    given: [{ "server/discover": "silence", initialize: "hang up" }, { initialize: INITIALIZED }],
    options: { probeTimeoutMs: 1 },
    want: {
      heard: ["1 server/discover", "1 initialize", "2 initialize", "2 notifications/initialized"],
      version: "2025-11-25",
    },
  },
  {
    name: "silence over HTTP is no verdict",
    given: { "server/discover": "silence", initialize: INITIALIZED },
    kind: "http",
    options: { probeTimeoutMs: 1, connectTimeoutMs: 50 },
    want: {
      heard: ["1 server/discover"],
      code: "timeout",
      text: /^server\/discover did not answer within 50 ms$/,
    },
  },
  {
    name: "a process that says nothing at all: the time-out names the step",
    given: { "server/discover": "silence", initialize: "silence" },
    options: { probeTimeoutMs: 1, connectTimeoutMs: 50 },
    want: {
      heard: ["1 server/discover", "1 initialize"],
      code: "timeout",
      text: /^initialize did not answer within 50 ms$/,
    },
  },
  ...["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"].map((version): Case => ({
    name: `legacy revision ${version} is accepted`,
    given: { initialize: { result: { protocolVersion: version } } },
    options: { era: "legacy" },
    want: { heard: ["1 initialize", "1 notifications/initialized"], version },
  })),
  ...["2023-01-01", "2026-07-28", 7, undefined].map((version): Case => ({
    name: `initialize answered with ${version} is refused by name`,
    given: { initialize: { result: { protocolVersion: version } } },
    options: { era: "legacy" },
    want: {
      heard: ["1 initialize"],
      code: "remote",
      text: new RegExp(`${typeof version === "string" ? version : "none that it names"}; spoken here: 2025-11-25`),
    },
  })),
  {
    name: "initialize answered with no object",
    given: { initialize: { result: null } },
    options: { era: "legacy" },
    want: { heard: ["1 initialize"], code: "bad_message" },
  },
  {
    name: "forced modern, legacy server",
    given: { initialize: INITIALIZED },
    options: { era: "modern" },
    want: { heard: ["1 server/discover"], code: "remote", text: /does not speak a modern revision/ },
  },
  {
    name: "forced legacy, modern-only server",
    given: { "server/discover": DISCOVERED, initialize: error(-32022, "no", { supported: ["2026-07-28"] }) },
    options: { era: "legacy" },
    want: { heard: ["1 initialize"], code: "remote", text: /does not speak a legacy revision/ },
  },
  {
    name: "auto, initialize refused as modern-only: discovered at the version that it names",
    given: [
      { "server/discover": "hang up" },
      { "server/discover": DISCOVERED, initialize: error(-32022, "no", { supported: ["2026-07-28"] }) },
    ],
    want: { heard: ["1 server/discover", "2 initialize", "2 server/discover"], version: "2026-07-28" },
  },
];

/** Answers the probe only once `initialize` has come too, as a process does that was still starting. */
function lateDiscovery(): Script {
  let probe: unknown;
  return {
    "server/discover": ({ id }) => {
      probe = id;
      return "silence";
    },
    initialize: (_, peer) => {
      peer.send({ jsonrpc: "2.0", id: probe as string, ...(DISCOVERED as object) });
      return INITIALIZED;
    },
  };
}

describe("handshake", () => {
  it.each(CASES)("$name", async ({ given, kind = "stdio", options, want }) => {
    const backend = scripted(given, kind);
    let connection: Connection | undefined;
    let failed: unknown;
    try {
      connection = await handshake(backend, { ...OPTIONS, ...options });
    } catch (caught) {
      failed = caught;
    }
    if (want.code === undefined) {
      expect(failed).toBeUndefined();
      expect(connection?.protocolVersion).toBe(want.version);
      expect(backend.stillOpen()).toBe(1);
      await connection?.caller.close();
    } else {
      expect(failed).toBeInstanceOf(RuntimeError);
      expect((failed as RuntimeError).code).toBe(want.code);
      if (want.text) expect((failed as RuntimeError).text).toMatch(want.text);
    }
    expect(backend.stillOpen()).toBe(0);
    // Whether a question is still withdrawn before the channel closes is nobody's business.
    const asked = (): readonly string[] => backend.heard.filter((one) => !one.endsWith("notifications/cancelled"));
    await expect.poll(asked).toEqual(want.heard);
  });

  it("asks a slow modern server on a channel that heard no initialize", async () => {
    const backend = scripted([lateDiscovery(), { "tools/list": { result: { tools: [] } } }]);
    const connection = await handshake(backend, { ...OPTIONS, probeTimeoutMs: 1 });
    await connection.request("tools/list");
    expect(backend.heard.at(-1)).toBe("2 tools/list");
    await connection.caller.close();
    expect(backend.stillOpen()).toBe(0);
  });

  it("offers the newest legacy revision and stamps no envelope in the legacy era", async () => {
    const backend = scripted({ initialize: INITIALIZED, "tools/list": { result: { tools: [] } } });
    const connection = await handshake(backend, { ...OPTIONS, era: "legacy" });
    await connection.request("tools/list", {});
    await connection.caller.close();
    expect(backend.messages.map(({ method, params }) => ({ method, params }))).toEqual([
      {
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: { roots: {} }, clientInfo: OPTIONS.clientInfo },
      },
      { method: "notifications/initialized", params: undefined },
      { method: "tools/list", params: {} },
    ]);
    expect(connection.server).toEqual({ name: "scripted", version: "1" });
  });

  it("stamps every modern request and keeps the request's own _meta", async () => {
    const backend = scripted({ "server/discover": DISCOVERED, "tools/list": { result: { tools: [] } } });
    const connection = await handshake(backend, OPTIONS);
    await connection.request("tools/list", { cursor: "", _meta: { traceparent: "00-1" } });
    await connection.caller.close();
    const envelope = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": OPTIONS.clientInfo,
      "io.modelcontextprotocol/clientCapabilities": { roots: {} },
    };
    expect(backend.messages.map(({ params }) => params)).toEqual([
      { _meta: envelope },
      { cursor: "", _meta: { traceparent: "00-1", ...envelope } },
    ]);
    expect(connection).toMatchObject({
      server: { name: "scripted", version: "2" },
      supportedVersions: ["2026-07-28", "2025-11-25"],
      instructions: "hello",
    });
  });

  it("refuses a modern result that is not complete", async () => {
    const result = { resultType: "input_required", inputRequests: {} };
    const connection = await handshake(scripted({ "server/discover": DISCOVERED, "tools/list": { result } }), OPTIONS);
    await expect(connection.request("tools/list")).rejects.toMatchObject({ code: "remote" });
    await connection.caller.close();
  });

  it("is canceled by its signal, whatever it waits for", async () => {
    const controller = new AbortController();
    const backend = scripted({
      initialize: () => {
        controller.abort(new RuntimeError("canceled", "interrupted"));
        return "silence";
      },
    });
    await expect(handshake(backend, { ...OPTIONS, signal: controller.signal })).rejects.toMatchObject({
      code: "canceled",
    });
    expect(backend.stillOpen()).toBe(0);
  });
});
