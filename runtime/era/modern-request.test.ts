import { describe, expect, it } from "vitest";
import { messageFromRpc } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { META } from "./envelope.js";
import { refusalOfRequest } from "./modern-request.js";

const version = { [META.protocolVersion]: "2026-07-28" };
const capabilities = { [META.clientCapabilities]: {} };
const meta = { ...version, ...capabilities };

const request = (method: string, params: unknown) => ({
  jsonrpc: "2.0",
  id: 1,
  method,
  ...(params !== undefined && { params }),
});

describe("refusalOfRequest", () => {
  const cases: readonly { name: string; method?: string; params: unknown; want?: { code: number; names: string } }[] = [
    { name: "a whole envelope", params: { _meta: meta } },
    {
      name: "unknown members and clientInfo",
      params: { a: 1, _meta: { ...meta, b: 2, [META.clientInfo]: { name: "x" } } },
    },
    { name: "an unknown method, which is for the server to judge", method: "x/y", params: { _meta: meta } },
    { name: "no params", params: undefined, want: { code: -32602, names: "_meta" } },
    { name: "params in an array", params: [meta], want: { code: -32602, names: "_meta" } },
    { name: "_meta: null", params: { _meta: null }, want: { code: -32602, names: "_meta" } },
    { name: "no version", params: { _meta: capabilities }, want: { code: -32602, names: META.protocolVersion } },
    {
      name: "a version that is no string",
      params: { _meta: { ...meta, [META.protocolVersion]: 2026 } },
      want: { code: -32602, names: META.protocolVersion },
    },
    { name: "no capabilities", params: { _meta: version }, want: { code: -32602, names: META.clientCapabilities } },
    {
      name: "capabilities in an array",
      params: { _meta: { ...version, [META.clientCapabilities]: [] } },
      want: { code: -32602, names: META.clientCapabilities },
    },
    {
      name: "clientInfo that is a string",
      params: { _meta: { ...meta, [META.clientInfo]: "x" } },
      want: { code: -32602, names: META.clientInfo },
    },
    {
      name: "an unknown version",
      params: { _meta: { ...meta, [META.protocolVersion]: "v999.0.0" } },
      want: { code: -32022, names: "2026-07-28" },
    },
    {
      name: "a legacy version: the envelope comes before the version",
      params: { _meta: { [META.protocolVersion]: "2025-11-25" } },
      want: { code: -32602, names: META.clientCapabilities },
    },
    {
      name: "a legacy version in a whole envelope",
      params: { _meta: { ...meta, [META.protocolVersion]: "2025-11-25" } },
      want: { code: -32022, names: "2026-07-28" },
    },
    ...[
      "initialize",
      "ping",
      "logging/setLevel",
      "resources/subscribe",
      "resources/unsubscribe",
      "tasks/list",
      "tasks/result",
    ].map((method) => ({
      name: `removed: ${method}`,
      method,
      params: { _meta: meta },
      want: { code: -32601, names: method },
    })),
    {
      name: "the envelope comes before the method",
      method: "ping",
      params: {},
      want: { code: -32602, names: "_meta" },
    },
  ];
  it.each(cases)("$name", ({ method = "tools/list", params, want }) => {
    const refusal = refusalOfRequest(messageFromRpc(request(method, params)));
    expect(refusal?.code).toBe(want?.code);
    expect(refusal?.message ?? "").toContain(want?.names ?? "");
  });

  it("tells an unknown version what is served, and what was asked for", () => {
    const params = { _meta: { ...meta, [META.protocolVersion]: "v999.0.0" } };
    expect(refusalOfRequest(messageFromRpc(request("tools/list", params)))?.data).toEqual({
      supported: ["2026-07-28"],
      requested: "v999.0.0",
    });
  });

  it("does not parse a large message as a whole", () => {
    const text = JSON.stringify(request("tools/call", { name: "a", _meta: version, arguments: "x".repeat(10_000) }));
    const broken = text.replace("xxx", "x\x01x"); // not JSON, where nobody looks
    expect(refusalOfRequest(messageOf([Buffer.from(broken)]))?.message).toContain(META.clientCapabilities);
  });
});
