import { describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { bytesOf, failureResponse, type Message } from "../core/message.js";
import { messageOf } from "../wire/json.js";
import { discovered, embedded, toLegacy, toModern, urlsRequired } from "./modern-over-legacy-translate.js";

const message = (text: string): Message => messageOf([Buffer.from(text)]);
const textOf = (one: Message): string => Buffer.concat(bytesOf(one)).toString();

const ENVELOPE =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info"';
const SERVER = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}';

describe("toLegacy", () => {
  const cases: readonly { name: string; method?: string; given: string; want: string }[] = [
    { name: "nothing is left", given: `,"params":{"_meta":{${ENVELOPE}}}`, want: "" },
    {
      name: "the rest stays byte for byte",
      given: `,"params":{ "cursor" : "", "n":1.0e2,"_meta":{${ENVELOPE},"traceparent":"00-1"} ,"x":12345678901234567890}`,
      want: `,"params":{ "cursor" : "", "n":1.0e2,"_meta":{"traceparent":"00-1"} ,"x":12345678901234567890}`,
    },
    {
      name: "members of the modern era's calls",
      given: `,"params":{"name":"t","inputResponses":{},"requestState":"s","task":{},"_meta":{${ENVELOPE}}}`,
      want: `,"params":{"name":"t"}`,
    },
    {
      name: "the same names in another method are its own",
      method: "vendor/x",
      given: `,"params":{"task":{},"requestState":"s","_meta":{${ENVELOPE}}}`,
      want: `,"params":{"task":{},"requestState":"s"}`,
    },
  ];
  it.each(cases)("$name", ({ method = "tools/call", given, want }) => {
    const head = `{"jsonrpc":"2.0","id":1,"method":"${method}"`;
    expect(textOf(toLegacy(message(`${head}${given}}`)))).toBe(`${head}${want}}`);
  });
});

describe("toModern", () => {
  const cases: readonly { name: string; method?: string; given: string; want: string }[] = [
    {
      name: "stamps a result",
      given: '"result":{ "content" : [] , "n":1.0}',
      want: `"result":{ "content" : [] , "n":1.0,"resultType":"complete",${SERVER} }`.replace(" }", "}"),
    },
    {
      name: "stamps an empty result",
      method: "vendor/x",
      given: '"result":{}',
      want: `"result":{"resultType":"complete",${SERVER}}`,
    },
    {
      name: "keeps what the server says of itself",
      given: '"result":{"resultType":"x","_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{"name":"me"}}}',
      want: '"result":{"resultType":"x","_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{"name":"me"}}}',
    },
    ...["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"].map((method) => ({
      name: `hints of ${method}`,
      method,
      given: '"result":{"a":[]}',
      want: `"result":{"a":[],"resultType":"complete",${SERVER},"ttlMs":0,"cacheScope":"private"}`,
    })),
    {
      name: "tools without tasks",
      method: "tools/list",
      given:
        '"result":{"tools":[{"name":"a", "n":1.0,"execution":{"taskSupport":"optional"}},{"name":"b","execution":{"taskSupport":"required"}},{ "name":"c"}],"resultType":"complete","ttlMs":5,"cacheScope":"public"}',
      want: `"result":{"tools":[{"name":"a", "n":1.0},{ "name":"c"}],"resultType":"complete","ttlMs":5,"cacheScope":"public",${SERVER}}`,
    },
    {
      name: "a resource that is not there",
      method: "resources/read",
      given: '"error":{"code":-32002,"message":"gone","x":1}',
      want: '"error":{"code":-32602,"message":"gone","x":1,"data":{"uri":"test://u"}}',
    },
    {
      name: "that code elsewhere means what it means",
      given: '"error":{"code":-32002,"message":"m"}',
      want: '"error":{"code":-32002,"message":"m"}',
    },
    ...[-32020, -32021, -32022, -32042].map((code) => ({
      name: `${code} of a server that cannot mean it`,
      given: `"error":{"code":${code},"message":"m","data":{"n":1.0}}`,
      want: '"error":{"code":-32603,"message":"m","data":{"n":1.0}}',
    })),
    ...["-32601", "-32000", "7"].map((code) => ({
      name: `${code} stays`,
      given: `"error":{"code":${code},"message":"m","data":[1.0]}`,
      want: `"error":{"code":${code},"message":"m","data":[1.0]}`,
    })),
    ...['"no"', "null", "{}", '{"code":"1","message":"m"}'].map((error) => ({
      name: `an error that is none: ${error}`,
      given: `"error":${error}`,
      want: '"error":{"code":-32603,"message":"the server answered with an error that is none"}',
    })),
    ...["null", "[1]", '"x"', "1"].map((result) => ({
      name: `a result that is no object: ${result}`,
      given: `"result":${result}`,
      want: '"error":{"code":-32603,"message":"the server\'s result of tools/call is no object"}',
    })),
  ];
  it.each(cases)("$name", ({ method = "tools/call", given, want }) => {
    const asked = { id: "c", method, uri: "test://u", serverInfo: { name: "s", version: "1" } };
    const modern = toModern(message(`{"jsonrpc":"2.0","id":9,${given}}`), asked);
    expect(textOf(modern)).toBe(`{"jsonrpc":"2.0","id":"c",${want}}`);
    expect(modern).toMatchObject({ id: "c", relatedTo: "c" });
  });

  it("looks for errors in large answers too", () => {
    const padding = "x".repeat(10_000);
    const large = message(`{"jsonrpc":"2.0","id":9,"error":{"code":-32002,"message":"m","data":{"p":"${padding}"}}}`);
    const asked = { id: 1, method: "resources/read", uri: "test://u", serverInfo: undefined };
    expect(toModern(large, asked).rpc.error).toMatchObject({ code: -32602, data: { uri: "test://u" } });
  });

  it("knows no sessions", () => {
    const lost = failureResponse(9, new RuntimeError("unknown_session", "no longer knows the session"));
    const modern = toModern(lost, { id: 1, method: "tools/list", uri: undefined, serverInfo: undefined });
    expect(modern.rpc).toMatchObject({ id: 1, error: { code: -32603, data: { mcpgen: { code: "closed" } } } });
  });
});

it("discovers from the answer to initialize", () => {
  const initialized = message(
    '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"x":1.0},"tasks":{},"extensions":{"io.modelcontextprotocol/tasks":{}}},"serverInfo":{"name":"s","version":"1"},"instructions":"hi"}}',
  );
  expect(textOf(discovered(initialized, { id: 4, serverInfo: { name: "s", version: "1" } }))).toBe(
    `{"jsonrpc":"2.0","id":4,"result":{"capabilities":{"tools":{"x":1.0}},"instructions":"hi","supportedVersions":["2026-07-28"],"ttlMs":0,"cacheScope":"private","resultType":"complete",${SERVER}}}`,
  );
});

it("embeds a request without what only the legacy era has", () => {
  const ask = message(
    '{"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{"mode":"url","url":"https://e.x","message":"m","elicitationId":"1","task":{},"_meta":{"progressToken":1},"n":1.0}}',
  );
  expect(embedded(ask)).toBe(
    '{"method":"elicitation/create","params":{"mode":"url","url":"https://e.x","message":"m","n":1.0}}',
  );
  expect(embedded(message('{"id":1,"jsonrpc":"2.0","method":"roots/list","params":{"_meta":{}}}'))).toBe(
    '{"method":"roots/list"}',
  );
});

describe("urlsRequired", () => {
  const cases: readonly { name: string; given: unknown; want: readonly unknown[] | undefined }[] = [
    {
      name: "one",
      given: {
        code: -32042,
        message: "m",
        data: { elicitations: [{ mode: "url", url: "u", message: "m", elicitationId: "e" }] },
      },
      want: [{ method: "elicitation/create", params: { mode: "url", message: "m", url: "u" } }],
    },
    {
      name: "none that can be used",
      given: { code: -32042, message: "m", data: { elicitations: [{ url: 1 }] } },
      want: undefined,
    },
    { name: "no data", given: { code: -32042, message: "m" }, want: undefined },
    {
      name: "another code",
      given: { code: -32041, message: "m", data: { elicitations: [{ url: "u", message: "m" }] } },
      want: undefined,
    },
  ];
  it.each(cases)("$name", ({ given, want }) => {
    const urls = urlsRequired(message(JSON.stringify({ jsonrpc: "2.0", id: 1, error: given })));
    expect(urls?.map((text) => JSON.parse(text) as unknown)).toEqual(want);
  });
});
