import { afterEach, describe, expect, it } from "vitest";
import { ask, type AskOptions } from "../../generator/testing/http-peer.js";
import {
  complete,
  ENVELOPE,
  modern,
  modernStage,
  VERSION,
  type ModernStage,
} from "../../generator/testing/modern-visitor.js";
import type { PlainOptions } from "../../generator/testing/plain-host.js";
import type { Script } from "../../generator/testing/scripted.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { META } from "../era/envelope.js";

let stage: ModernStage | undefined;
afterEach(() => stage?.close());

const TOOL = {
  name: "sql",
  inputSchema: {
    type: "object",
    properties: {
      region: { type: "string", "x-mcp-header": "Region" },
      shard: { type: "object", properties: { no: { type: "integer", "x-mcp-header": "Shard" } } },
    },
  },
};
async function start(
  script: Script = {},
  limits: Partial<Limits> = {},
  options: PlainOptions = {},
): Promise<ModernStage> {
  const all: Script = {
    "tools/list": complete({ tools: [TOOL] }),
    "tools/call": (rpc) => complete({ got: rpc.params }),
    "prompts/get": complete(),
    "resources/read": complete(),
    "tasks/get": complete(),
    "server/discover": complete(),
    ping: complete(),
    big: (rpc) => complete({ got: JSON.stringify(rpc.params).length }),
    ...script,
  };
  stage = await modernStage(all, limits, options);
  return stage;
}

const raw = (body: unknown, headers: AskOptions["headers"] = {}): AskOptions => ({
  headers: { "mcp-protocol-version": VERSION, "mcp-method": "tools/list", ...headers },
  body,
});
const list = (meta: unknown, headers: AskOptions["headers"] = {}): AskOptions =>
  raw({ jsonrpc: "2.0", id: 7, method: "tools/list", params: { _meta: meta } }, headers);
const b64 = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`;

/** Node writes the headers in the encoding of a body that is a string. */
const inLatin1 = ({ body, ...rest }: AskOptions): AskOptions => ({ ...rest, body: Buffer.from(JSON.stringify(body)) });

describe("what a modern request must be like", () => {
  const call = (args: object, headers: AskOptions["headers"]): AskOptions =>
    modern("tools/call", { name: "sql", arguments: args }, headers);
  const versionless = { ...ENVELOPE, [META.protocolVersion]: undefined };
  const cases: readonly { name: string; given: AskOptions; want: number; code?: number; says?: string }[] = [
    { name: "an ordinary one", given: modern("tools/list"), want: 200 },
    {
      name: "header names in capitals",
      given: list(ENVELOPE, { "MCP-METHOD": "tools/list", "mcp-method": undefined }),
      want: 200,
    },
    { name: "spaces around values", given: modern("prompts/get", { name: "a" }, { "mcp-name": "  a\t " }), want: 200 },
    {
      name: "a session id, which means nothing",
      given: modern("tools/list", {}, { "mcp-session-id": "x" }),
      want: 200,
    },
    { name: "Last-Event-ID, the same", given: modern("tools/list", {}, { "last-event-id": "1-1" }), want: 200 },
    { name: "no clientInfo", given: list({ ...ENVELOPE, [META.clientInfo]: undefined }), want: 200 },

    { name: "a batch", given: raw([{ jsonrpc: "2.0", id: 7, method: "tools/list" }]), want: 400, code: -32600 },
    {
      name: "a batch with a claim, without the header",
      given: raw([modern("tools/list").body], { "mcp-protocol-version": undefined }),
      want: 400,
      code: -32600,
    },
    { name: "a response", given: raw({ jsonrpc: "2.0", id: 1, result: {} }), want: 400, code: -32600 },

    {
      name: "no _meta",
      given: raw({ jsonrpc: "2.0", id: 7, method: "tools/list" }),
      want: 400,
      code: -32602,
      says: "_meta",
    },
    { name: "no version", given: list(versionless), want: 400, code: -32602, says: META.protocolVersion },
    {
      name: "no capabilities",
      given: list({ ...ENVELOPE, [META.clientCapabilities]: undefined }),
      want: 400,
      code: -32602,
      says: META.clientCapabilities,
    },
    {
      name: "the envelope comes before the headers",
      given: list(versionless, { "mcp-method": undefined }),
      want: 400,
      code: -32602,
    },

    {
      name: "header and claim that differ",
      given: list({ ...ENVELOPE, [META.protocolVersion]: "v999.0.0" }),
      want: 400,
      code: -32020,
    },
    {
      name: "a legacy header beside a modern claim",
      given: list(ENVELOPE, { "mcp-protocol-version": "2025-11-25" }),
      want: 400,
      code: -32020,
    },
    {
      name: "an unknown version in both",
      given: list({ ...ENVELOPE, [META.protocolVersion]: "v999.0.0" }, { "mcp-protocol-version": "v999.0.0" }),
      want: 400,
      code: -32022,
    },
    {
      name: "an unknown version, without the header",
      given: list({ ...ENVELOPE, [META.protocolVersion]: "2027-01-01" }, { "mcp-protocol-version": undefined }),
      want: 400,
      code: -32022,
    },
    {
      name: "a modern version that is not served",
      given: list({ ...ENVELOPE, [META.protocolVersion]: "2027-01-01" }, { "mcp-protocol-version": "2027-01-01" }),
      want: 400,
      code: -32022,
    },
    {
      name: "a legacy version in both",
      given: list({ ...ENVELOPE, [META.protocolVersion]: "2025-11-25" }, { "mcp-protocol-version": "2025-11-25" }),
      want: 400,
      code: -32022,
    },

    {
      name: "no version header",
      given: list(ENVELOPE, { "mcp-protocol-version": undefined }),
      want: 400,
      code: -32020,
    },
    {
      name: "two version headers",
      given: list(ENVELOPE, { "mcp-protocol-version": [VERSION, VERSION] }),
      want: 400,
    },
    {
      name: "no Mcp-Method",
      given: list(ENVELOPE, { "mcp-method": undefined }),
      want: 400,
      code: -32020,
      says: "Mcp-Method",
    },
    { name: "another Mcp-Method", given: list(ENVELOPE, { "mcp-method": "prompts/list" }), want: 400, code: -32020 },
    { name: "Mcp-Method in capitals", given: list(ENVELOPE, { "mcp-method": "TOOLS/LIST" }), want: 400, code: -32020 },
    {
      name: "two Mcp-Method",
      given: list(ENVELOPE, { "mcp-method": ["tools/list", "tools/list"] }),
      want: 400,
      code: -32020,
    },
    {
      name: "no Mcp-Name",
      given: modern("tools/call", { name: "x" }, { "mcp-name": undefined }),
      want: 400,
      code: -32020,
      says: "Mcp-Name",
    },
    {
      name: "another Mcp-Name",
      given: modern("tools/call", { name: "x" }, { "mcp-name": "y" }),
      want: 400,
      code: -32020,
    },
    {
      name: "no Mcp-Name for a URI",
      given: modern("resources/read", { uri: "a:b" }, { "mcp-name": undefined }),
      want: 400,
      code: -32020,
    },
    {
      name: "no Mcp-Name for a task",
      given: modern("tasks/get", { taskId: "t" }, { "mcp-name": undefined }),
      want: 400,
      code: -32020,
    },
    { name: "Mcp-Name in Base64", given: modern("prompts/get", { name: "ü" }, { "mcp-name": b64("ü") }), want: 200 },
    {
      name: "Mcp-Name in Base64 of another",
      given: modern("prompts/get", { name: "ü" }, { "mcp-name": b64("u") }),
      want: 400,
      code: -32020,
    },
    {
      name: "Mcp-Name in broken Base64",
      given: modern("prompts/get", { name: "Hello" }, { "mcp-name": "=?base64?SGVsbG8?=" }),
      want: 400,
      code: -32020,
    },
    {
      name: "Mcp-Name in capital BASE64, which is no encoding",
      given: modern("prompts/get", { name: "a" }, { "mcp-name": "=?BASE64?YQ==?=" }),
      want: 400,
      code: -32020,
    },
    {
      name: "Mcp-Name outside ASCII",
      given: inLatin1(modern("prompts/get", { name: "ü" }, { "mcp-name": "ü" })),
      want: 400,
      code: -32020,
    },
    {
      name: "a name that is no text is the server's to judge",
      given: modern("prompts/get", { name: 7 }, { "mcp-name": undefined }),
      want: 200,
    },

    ...["initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/list"].map((method) => ({
      name: `${method}, which is gone`,
      given: modern(method),
      want: 404,
      code: -32601,
    })),
    {
      name: "the headers come before the method",
      given: modern("ping", {}, { "mcp-method": undefined }),
      want: 400,
      code: -32020,
    },

    {
      name: "parameters in headers",
      given: call({ region: "eu", shard: { no: 4 } }, { "mcp-param-region": "eu", "mcp-param-shard": "4.0" }),
      want: 200,
    },
    { name: "a parameter in Base64", given: call({ region: "ü" }, { "mcp-param-region": b64("ü") }), want: 200 },
    {
      name: "a parameter like Base64 without its prefix",
      given: call({ region: "SGVsbG8=" }, { "mcp-param-region": "SGVsbG8=" }),
      want: 200,
    },
    {
      name: "a parameter like Base64 without its suffix",
      given: call({ region: "=?base64?SGVsbG8=" }, { "mcp-param-region": "=?base64?SGVsbG8=" }),
      want: 200,
    },
    { name: "no value, no header", given: call({ region: null }, {}), want: 200 },
    { name: "headers that no tool declares", given: call({}, { "mcp-param-other": "x" }), want: 200 },
    {
      name: "a parameter without its header",
      given: call({ region: "eu" }, {}),
      want: 400,
      code: -32020,
      says: "Mcp-Param-Region",
    },
    {
      name: "a parameter that differs",
      given: call({ region: "eu" }, { "mcp-param-region": "EU" }),
      want: 400,
      code: -32020,
    },
    {
      name: "a deeper one that differs",
      given: call({ shard: { no: 4 } }, { "mcp-param-shard": "5" }),
      want: 400,
      code: -32020,
    },
    {
      name: "a parameter with bad padding",
      given: call({ region: "Hello" }, { "mcp-param-region": "=?base64?SGVsbG8?=" }),
      want: 400,
      code: -32020,
    },
    {
      name: "a parameter with bad characters",
      given: call({ region: "Hello" }, { "mcp-param-region": "=?base64?SGVs!!!bG8=?=" }),
      want: 400,
      code: -32020,
    },
    { name: "a header without its parameter", given: call({}, { "mcp-param-region": "eu" }), want: 400, code: -32020 },

    { name: "GET", given: { method: "GET", headers: { "mcp-protocol-version": VERSION } }, want: 405 },
    {
      name: "DELETE",
      given: { method: "DELETE", headers: { "mcp-protocol-version": VERSION, "mcp-session-id": "x" } },
      want: 405,
    },
  ];
  it.each(cases)("$name → $want", async ({ given, want, code, says = "" }) => {
    const { url, server } = await start();
    const answer = await ask(url, given);
    const text = await answer.text();
    expect(answer.status, text).toBe(want);
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    if (want === 405) expect(answer.headers["allow"]).toBe("POST");
    if (code !== undefined)
      expect(JSON.parse(text)).toMatchObject({
        error: { code, message: expect.stringContaining(says) as unknown },
        ...(Array.isArray(given.body) || code === -32600 ? {} : { id: 7 }),
      });
    // What is refused is heard by no server, but for the question which headers a tool declares.
    expect(server.heard.filter((one) => !one.endsWith("tools/list")).length > 0 || want === 200).toBe(want === 200);
  });

  it("names what it serves, and what was asked for", async () => {
    const { url } = await start();
    const version = { "mcp-protocol-version": "v999.0.0" };
    const answer = await ask(url, list({ ...ENVELOPE, [META.protocolVersion]: "v999.0.0" }, version));
    expect(await answer.json()).toMatchObject({
      id: 7,
      error: { data: { supported: [VERSION], requested: "v999.0.0" } },
    });
  });

  it("hands a request on byte for byte", async () => {
    const { url, server } = await start({ echo: complete() });
    const body = `{"method":"echo", "id":7,"x":1.0,"jsonrpc":"2.0","params":{"n":12345678901234567890,"_meta":${JSON.stringify(ENVELOPE)}}}`;
    await (await ask(url, { ...modern("echo"), body })).text();
    expect(server.messages[0]).toMatchObject({ x: 1, params: { n: 12345678901234567890 } });
  });

  it("takes a large request", async () => {
    const { url } = await start();
    const answer = await ask(url, modern("big", { text: "x".repeat(3_000_000) }));
    expect(await answer.json()).toMatchObject({ id: 7, result: { got: expect.any(Number) as unknown } });
  });
});

describe("notifications", () => {
  const notification = (method: string, params: object = {}): AskOptions => raw({ jsonrpc: "2.0", method, params });

  it("are accepted and handed on", async () => {
    const { url, server } = await start();
    const answer = await ask(url, notification("notifications/other", { a: 1 }));
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    await server.untilHeard("1 notifications/other");
  });

  it("cancel nobody else's request", async () => {
    const { url, server, peer } = await start();
    const waiting = ask(url, modern("wait"));
    await server.untilHeard("1 wait");
    expect((await ask(url, notification("notifications/cancelled", { requestId: 7 }))).status).toBe(202);
    peer().send({ jsonrpc: "2.0", id: 7, result: { done: true } });
    expect(await (await waiting).json()).toMatchObject({ id: 7, result: { done: true } });
    expect(server.heard).toEqual(["1 wait"]);
  });
});

describe("the status of an answer", () => {
  const error = (code: number): Script[string] => ({ error: { code, message: "no" } });
  const cases: readonly { name: string; method?: string; given: Script[string]; want: number; code?: number }[] = [
    { name: "a method that the server does not know", given: error(-32601), want: 404, code: -32601 },
    { name: "a tool that it does not know", method: "tools/call", given: error(-32601), want: 200, code: -32601 },
    { name: "bad params", given: error(-32602), want: 200, code: -32602 },
    { name: "an error of the server", given: error(-32603), want: 200, code: -32603 },
    { name: "an error of its own", given: error(-1), want: 200, code: -1 },
    { name: "a missing capability", method: "tools/call", given: error(-32021), want: 400, code: -32021 },
    {
      name: "an error that names no request",
      given: { error: { code: -5, message: "?" }, id: null },
      want: 200,
      code: -5,
    },
    {
      name: "a failed connection",
      given: { failure: new RuntimeError("unreachable", "gone") },
      want: 502,
      code: -32603,
    },
    { name: "a time-out", given: { failure: new RuntimeError("timeout", "late") }, want: 504, code: -32603 },
    { name: "no room", given: { failure: new RuntimeError("overloaded", "full") }, want: 503, code: -32000 },
    {
      name: "a server that wants to know who we are",
      given: { failure: new RuntimeError("unauthenticated", "who") },
      want: 502,
      code: -32000,
    },
    {
      name: "a lost session behind us",
      given: { failure: new RuntimeError("unknown_session", "?") },
      want: 502,
      code: -32001,
    },
    { name: "a server that hangs up", given: "hang up", want: 502, code: -32603 },
    {
      name: "input that is wanted",
      method: "tools/call",
      given: { result: { resultType: "input_required" } },
      want: 200,
    },
  ];
  it.each(cases)("$name → $want", async ({ method = "do/it", given, want, code }) => {
    const { url } = await start({ [method]: given });
    const answer = await ask(url, modern(method, method === "tools/call" ? { name: "x" } : {}));
    expect(answer.status).toBe(want);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.headers["retry-after"]).toBe(want === 503 ? "5" : undefined);
    expect(await answer.json()).toMatchObject({ id: 7, ...(code !== undefined && { error: { code } }) });
  });

  it("is 503 with a time to wait when there is no room", async () => {
    const { url, server, peer } = await start({}, {}, { max: 1 });
    const waiting = ask(url, modern("wait"));
    await server.untilHeard("1 wait");
    const refused = await ask(url, modern("prompts/get", { name: "a" }));
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ id: 7, error: { code: -32000 } });
    peer().send({ jsonrpc: "2.0", id: 7, ...complete() });
    expect((await waiting).status).toBe(200);
  });
});

describe("what is known of a tool's headers", () => {
  const call = (headers: AskOptions["headers"] = {}): AskOptions =>
    modern("tools/call", { name: "sql", arguments: { region: "eu" } }, headers);
  const RIGHT = { "mcp-param-region": "eu" };
  const lists = ({ heard }: { heard: readonly string[] }): number =>
    heard.filter((one) => one.endsWith("tools/list")).length;

  it("is asked for once, over all pages, by all who come at the same time", async () => {
    const page = (rpc: { params?: unknown }): Script[string] & object =>
      (rpc.params as { cursor?: string }).cursor === ""
        ? complete({ tools: [TOOL] })
        : complete({ tools: [{ name: "other", inputSchema: {} }], nextCursor: "" });
    const { url, server } = await start({ "tools/list": page as Script[string] });
    const answers = await Promise.all([1, 2, 3].map(() => ask(url, call(RIGHT))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(url, call())).status).toBe(400);
    expect(lists(server)).toBe(2);
    expect(server.messages.find(({ method }) => method === "tools/list")?.params).toEqual({ _meta: ENVELOPE });
    expect(server.stillOpen()).toBeLessThan(2);
  });

  it.each([
    { name: "no list", given: { error: { code: -32601, message: "no" } } },
    { name: "a list that is none", given: { result: { tools: "none" } } },
    {
      name: "a tool that declares them wrongly",
      given: complete({ tools: [{ name: "sql", inputSchema: { "x-mcp-header": "A" } }] }),
    },
  ])("is nothing with $name", async ({ given }) => {
    const { url } = await start({ "tools/list": given as Script[string] });
    expect((await ask(url, call())).status).toBe(200);
  });
});
