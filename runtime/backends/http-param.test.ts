import { afterEach, describe, expect, it } from "vitest";
import { json, rawServer, stream, type RawServer, type Script } from "../../generator/testing/raw-server.js";
import type { Backend } from "../core/backend.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message } from "../core/message.js";
import { META } from "../era/envelope.js";
import { httpBackend } from "./http.js";

const cleanUps: (() => Promise<unknown>)[] = [];
const logged: string[] = [];
const log: Log = (level, text) => void logged.push(`${level}: ${text}`);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  logged.length = 0;
});

const ENVELOPE = { [META.protocolVersion]: "2026-07-28", [META.clientCapabilities]: {} };
const modern = (id: number, method: string, params: object = {}): Message =>
  messageFromRpc({ jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...ENVELOPE, progressToken: "t" } } });
const tool = (name: string, properties: object) => ({ name, inputSchema: { type: "object", properties } });
const text = (header: string) => ({ type: "string", "x-mcp-header": header });

interface Listing {
  tools: readonly unknown[];
}

/** Lists tools, one each page, and takes calls that `accepts`. */
async function start(
  listing: Listing,
  accepts: (headers: RawServer["received"][number]["headers"]) => boolean = () => true,
) {
  const script: Script = ({ rpc, headers }, response) => {
    const { id, method, params } = rpc;
    if (method === "tools/list") {
      const page = Number((params as { cursor?: string }).cursor ?? 0);
      const next = page + 1 < listing.tools.length ? { nextCursor: String(page + 1) } : {};
      const answer = { jsonrpc: "2.0", id, result: { resultType: "complete", tools: [listing.tools[page]], ...next } };
      if (page % 2 === 0) json(response, answer);
      else stream(response, `data: ${JSON.stringify(answer)}\n\n`).end();
    } else if (accepts(headers)) json(response, { jsonrpc: "2.0", id, result: { resultType: "complete" } });
    else json(response, { jsonrpc: "2.0", id, error: { code: -32020, message: "Header mismatch" } }, { status: 400 });
  };
  const server = await rawServer(script);
  cleanUps.push(() => server.close());
  const backend = httpBackend({ url: server.url, log });
  const calls = () => server.received.filter((one) => one.rpc.method !== "tools/list");
  const lists = () => server.received.length - calls().length;
  return { backend, calls, lists };
}

async function ask(backend: Backend, message: Message): Promise<Message> {
  const channel = await backend.open(new AbortController().signal);
  cleanUps.push(() => channel.close());
  await channel.send(message);
  for await (const one of channel.incoming) if (one.kind === "response") return one;
  throw new Error("no answer");
}

const paramsOf = (headers: object): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("mcp-param-")));

describe("headers of a call", () => {
  it("say what the list has asked for, encoded, on every channel of the server", async () => {
    const properties = {
      region: text("Region"),
      padded: text("Padded"),
      count: { type: "integer", "x-mcp-header": "Count" },
      deep: { type: "object", properties: { flag: { type: "boolean", "x-mcp-header": "Flag" } } },
      nothing: text("Nothing"),
      plain: { type: "string" },
    };
    const { backend, calls } = await start({ tools: [tool("other", {}), tool("sql", properties)] });
    await ask(backend, modern(1, "tools/list"));
    await ask(backend, modern(2, "tools/list", { cursor: "1" }));
    const args = { region: "eu", padded: " a\r\nX: y", count: 42, deep: { flag: false }, nothing: null, plain: "p" };
    await ask(backend, modern(3, "tools/call", { name: "sql", arguments: args }));
    await ask(backend, modern(4, "tools/call", { name: "other", arguments: args }));
    await ask(backend, modern(5, "prompts/get", { name: "sql", arguments: args }));
    expect(calls().map(({ headers }) => paramsOf(headers))).toEqual([
      {
        "mcp-param-region": "eu",
        "mcp-param-padded": `=?base64?${Buffer.from(" a\r\nX: y").toString("base64")}?=`,
        "mcp-param-count": "42",
        "mcp-param-flag": "false",
      },
      {},
      {},
    ]);
  });

  it("follow the newest list", async () => {
    const listing: Listing = { tools: [tool("sql", { region: text("Region") })] };
    const { backend, calls } = await start(listing);
    await ask(backend, modern(1, "tools/list"));
    listing.tools = [tool("sql", { region: { type: "string" } })];
    await ask(backend, modern(2, "tools/list"));
    await ask(backend, modern(3, "tools/call", { name: "sql", arguments: { region: "eu" } }));
    expect(calls().map(({ headers }) => paramsOf(headers))).toEqual([{}]);
  });
});

describe("a call that is refused for its headers", () => {
  const call = modern(7, "tools/call", { name: "sql", arguments: { region: "eu" } });

  it("is asked once more when the list explains it", async () => {
    const listing = { tools: [tool("other", {}), tool("sql", { region: text("Region") })] };
    const { backend, calls, lists } = await start(listing, (headers) => headers["mcp-param-region"] === "eu");
    expect((await ask(backend, call)).rpc).toEqual({ jsonrpc: "2.0", id: 7, result: { resultType: "complete" } });
    expect([calls().length, lists()]).toEqual([2, 2]);
  });

  it("fails as ours when it does not", async () => {
    const { backend, calls, lists } = await start({ tools: [tool("sql", {})] }, () => false);
    const answer = await ask(backend, call);
    expect(answer.rpc).toMatchObject({ id: 7, error: { code: -32603, data: { mcpgen: { code: "remote" } } } });
    expect([calls().length, lists()]).toEqual([1, 1]);
  });

  it("fails when it is refused again", async () => {
    const { backend, calls } = await start({ tools: [tool("sql", { region: text("Region") })] }, () => false);
    expect((await ask(backend, call)).rpc.error?.code).toBe(-32603);
    expect(calls().length).toBe(2);
  });

  it("keeps its code where it tells of the server's era", async () => {
    const { backend } = await start({ tools: [] }, () => false);
    expect((await ask(backend, modern(1, "server/discover"))).rpc.error?.code).toBe(-32020);
    expect((await ask(backend, modern(2, "prompts/list"))).rpc.error?.code).toBe(-32603);
  });
});

describe("tools that must not be offered over HTTP", () => {
  it("are left out, with a warning once; the others stay byte for byte", async () => {
    const server = await rawServer(({ rpc }, response) => {
      const good = `{"name":"good",  "n":12345678901234567890}`;
      const bad = JSON.stringify(tool("bad", { a: { type: "number", "x-mcp-header": "A" } }));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"jsonrpc":"2.0","id":${String(rpc.id)},"result":{"tools":[${bad},${good} ],"x":1.0}}`);
    });
    cleanUps.push(() => server.close());
    const backend = httpBackend({ url: server.url, log });
    for (const id of [1, 2]) {
      const { bytes = [] } = await ask(backend, modern(id, "tools/list"));
      const want = `{"jsonrpc":"2.0","id":${id},"result":{"tools":[{"name":"good",  "n":12345678901234567890}],"x":1.0}}`;
      expect(Buffer.concat(bytes).toString()).toBe(want);
    }
    expect(logged.filter((one) => one.startsWith("warn"))).toEqual([
      expect.stringMatching(/the tool bad of http:.* is left out: .*no string, integer or boolean/),
    ]);
  });

  it("are not looked for in a list that is no JSON: it is no answer", async () => {
    const server = await rawServer(({ rpc }, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        `{"jsonrpc":"2.0","id":${String(rpc.id)},"result":{"x-mcp-header":nope,"pad":"${"x".repeat(2000)}"}}`,
      );
    });
    cleanUps.push(() => server.close());
    const answer = await ask(httpBackend({ url: server.url, log }), modern(1, "tools/list"));
    expect(answer.failure?.code).toBe("bad_message");
  });

  it("are offered to clients of earlier revisions, which know nothing of it", async () => {
    const { backend } = await start({ tools: [tool("bad", { a: { type: "number", "x-mcp-header": "A" } })] });
    const answer = await ask(backend, messageFromRpc({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }));
    expect(answer.rpc.result).toMatchObject({ tools: [{ name: "bad" }] });
  });
});
