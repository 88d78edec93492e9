import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { transform } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { planNames } from "../ir/names.js";
import { readSpec } from "../ir/read.js";
import { packageRoot } from "../package-root.js";
import { compileFolder, MODULES } from "../testing/corpus-compile.js";
import { printClient } from "./client.js";
import { fileHeader } from "./header.js";
import { printTypes } from "./types.js";

const sum = {
  type: "object",
  properties: { a: { type: "number" }, b: { type: "number" } },
  required: ["a", "b"],
  additionalProperties: false,
};
const total = { type: "object", properties: { total: { type: "number" } }, required: ["total"] };
const HOSTILE_NAMES = ["__proto__", "constructor", "toString", "then", "a b"];

const spec = readSpec(
  {
    serverInfo: { name: "*/ evil(); /*", version: "1" },
    tools: [
      { name: "get-sum", title: "Sum", description: "Adds. */", inputSchema: sum, outputSchema: total },
      { name: "fail", inputSchema: { type: "object" }, annotations: { readOnlyHint: true, destructiveHint: false } },
      { name: "slow", inputSchema: { type: "object" } },
      ...HOSTILE_NAMES.map((name) => ({ name, inputSchema: { type: "object" } })),
    ],
    prompts: [{ name: "say-it", arguments: [{ name: "what", required: true }] }],
    resources: [{ uri: "demo://one", name: "one" }],
    resourceTemplates: [
      { name: "Dynamic Text Resource", uriTemplate: "demo://text/{id}" },
      { name: "pair", uriTemplate: "demo://{a,b}{?c}" },
      { name: "pair", uriTemplate: "demo://other/{a}" },
    ],
  },
  "test",
);

/** As the generated module looks to one who does not have its types. */
interface Made {
  createClient(target: unknown, options?: object): Promise<MadeClient>;
  readonly ToolError: new (
    tool: string,
    result: unknown,
  ) => Error & { tool: string; content: unknown; structuredContent: unknown };
}
type Call = (args?: unknown, options?: object) => Promise<Record<string, unknown>>;
interface MadeClient {
  readonly tools: Readonly<Record<string, Call>>;
  readonly prompts: Readonly<Record<string, Call>>;
  readonly resources: Readonly<Record<string, Call>>;
  call(name: string, args?: unknown, options?: object): Promise<Record<string, unknown>>;
  readonly sdk: Client;
  close(): Promise<void>;
}

let folder: string;
let made: Made;
let text: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcpgen-client-"));
  symlinkSync(join(packageRoot(), "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const names = planNames(spec);
  text = printClient(spec, names, { typesModule: "./types.gen.js", header: fileHeader(spec) });
  writeFileSync(join(folder, "client.gen.ts"), text);
  writeFileSync(join(folder, "types.gen.ts"), await printTypes(spec, names));
  const { code } = await transform(text, { loader: "ts" });
  writeFileSync(join(folder, "client.mjs"), code);
  made = (await import(pathToFileURL(join(folder, "client.mjs")).href)) as Made;
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What the server was asked, and closers of what a test opened. */
let asked: unknown[] = [];
let opened: { close(): Promise<void> }[] = [];
let aborted: Promise<void>;

afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
  asked = [];
});

async function startServer(): Promise<InMemoryTransport> {
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  const { server } = new McpServer({ name: "s", version: "1" }, { capabilities });
  let abort: () => void;
  aborted = new Promise((resolve) => (abort = resolve));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta }) => {
    asked.push(params);
    if (params.name === "fail")
      return { isError: true, content: [{ type: "text", text: "no luck" }], structuredContent: { why: 1 }, extra: 2 };
    if (params.name === "slow") {
      const token = _meta?.progressToken;
      if (token !== undefined)
        await sendNotification({
          method: "notifications/progress",
          params: { progressToken: token, progress: 1, total: 2 },
        });
      if (!signal.aborted) await once(signal, "abort");
      abort();
    }
    return { content: [], structuredContent: { total: 3 }, _meta: { m: 1 } };
  });
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    asked.push(params);
    return { messages: [] };
  });
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    asked.push(params);
    return { contents: [] };
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  opened.push(server);
  return near;
}

const connect = async (): Promise<MadeClient> => made.createClient(await startServer());

describe("tools", () => {
  it("are one function by method and by the server's name, and give the typed answer", async () => {
    const { tools } = await connect();
    expect(tools["getSum"]).toBe(tools["get-sum"]);
    const answer = await tools["getSum"]?.({ a: 1, b: 2 });
    expect(answer).toEqual({ content: [], structuredContent: { total: 3 }, _meta: { m: 1 }, isError: false });
    expect(asked).toEqual([{ name: "get-sum", arguments: { a: 1, b: 2 } }]);
  });

  it("need no arguments where none are required", async () => {
    const { tools } = await connect();
    await tools["a b"]?.();
    expect(asked).toEqual([{ name: "a b", arguments: {} }]);
  });

  it("that fail throw ToolError, or are told apart by call", async () => {
    const client = await connect();
    const error = await client.tools["fail"]?.().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(made.ToolError);
    expect(error).toMatchObject({
      message: 'tool "fail" failed: no luck',
      tool: "fail",
      content: [{ type: "text", text: "no luck" }],
      structuredContent: { why: 1 },
      result: { isError: true, extra: 2 },
    });
    expect(await client.call("fail")).toMatchObject({ isError: true, structuredContent: { why: 1 } });
    expect(await client.call("get-sum", { a: 1, b: 2 })).toMatchObject({ isError: false });
  });

  it.each(HOSTILE_NAMES)("may be called %s", async (name) => {
    const client = await connect();
    await client.call(name);
    if (name !== "then") await client.tools[name]?.();
    expect(asked).toEqual(Array.from({ length: name === "then" ? 1 : 2 }, () => ({ name, arguments: {} })));
    expect(Object.getPrototypeOf(client.tools)).toBeNull();
    expect(await Promise.resolve(client.tools)).toBe(client.tools);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("report progress and are cancelled by a signal", async () => {
    const { tools } = await connect();
    const controller = new AbortController();
    const progress: unknown[] = [];
    const onProgress = (one: unknown): void => {
      progress.push(one);
      controller.abort(new Error("enough"));
    };
    await expect(tools["slow"]?.({}, { signal: controller.signal, onProgress })).rejects.toThrow("enough");
    await aborted;
    expect(progress).toEqual([{ progress: 1, total: 2 }]);
  });

  it.each([{ timeoutMs: 20 }, { maxTotalTimeoutMs: 20, timeoutMs: 10_000, onProgress: () => undefined }])(
    "end after %o",
    async (options) => {
      const { tools } = await connect();
      await expect(tools["slow"]?.({}, options)).rejects.toMatchObject({ code: -32001 });
      await aborted;
    },
  );
});

it("gets prompts", async () => {
  const { prompts } = await connect();
  expect(await prompts["sayIt"]?.({ what: "a" })).toEqual({ messages: [] });
  expect(prompts["sayIt"]).toBe(prompts["say-it"]);
  expect(asked).toEqual([{ name: "say-it", arguments: { what: "a" } }]);
});

it("reads resources, known and of templates, values encoded", async () => {
  const { resources } = await connect();
  await resources["read"]?.("demo://one");
  await resources["dynamicText"]?.({ id: "1/2 ü" });
  await resources["pair"]?.({ a: "1,2", b: "&", c: "=" });
  await resources["pair2"]?.({ a: "x" });
  expect(resources["Dynamic Text Resource"]).toBe(resources["dynamicText"]);
  const uris = ["demo://one", "demo://text/1%2F2%20%C3%BC", "demo://1%2C2,%26?c=%3D", "demo://other/x"];
  expect(asked).toEqual(uris.map((uri) => ({ uri })));
});

describe("the connection", () => {
  it("that it made is closed by it", async () => {
    const client = await made.createClient(await startServer(), { clientInfo: { name: "me", version: "2" } });
    await client.close();
    await expect(client.call("get-sum")).rejects.toThrow(/not connected|closed/i);
  });

  it("of a client that was passed in stays open", async () => {
    const sdk = new Client({ name: "c", version: "1" });
    await sdk.connect(await startServer());
    const client = await made.createClient(sdk);
    expect(client.sdk).toBe(sdk);
    await client.close();
    expect(await client.call("get-sum", { a: 1, b: 2 })).toMatchObject({ isError: false });
  });
});

it("imports nothing but the SDK and the types", () => {
  const modules = [...text.matchAll(/ from "([^"]+)"/g)].map(([, module]) => module);
  expect(modules.filter((module) => !module?.startsWith("@modelcontextprotocol/sdk/"))).toEqual(["./types.gen.js"]);
  expect(text).not.toMatch(/\bimport\(|\brequire\(/);
});

it("documents what the server says, harmlessly", () => {
  expect(text).toContain(`  /**
   * Sum
   *
   * Adds. *\\/
   *
   * Tool \`get-sum\`.
   */
  readonly getSum: ToolMethod<"get-sum">;`);
  expect(text).toContain("Tool `fail`. The server says of it: read-only, not destructive.");
});

const USAGE = `import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { createClient, ToolError } from "./client.gen.js";

export const byStdio = createClient(new StdioClientTransport({ command: "x" }));
const client = await createClient(new StreamableHTTPClientTransport(new URL("http://localhost")));
const total: number = (await client.tools.getSum({ a: 1, b: 2 })).structuredContent.total;
await client.tools["get-sum"]({ a: 1, b: 2 }, { timeoutMs: 5, signal: AbortSignal.timeout(1), onProgress: (p) => void p.progress });
await client.tools.fail();
await client.tools.toString();
await client.tools["__proto__"]();
await client.prompts.sayIt({ what: "a" });
await client.resources.dynamicText({ id: "1" });
await client.resources.pair({ a: "1", b: "2" });
await client.resources.read("demo://one");
await client.resources.read("any://thing");
const outcome = await client.call("get-sum", { a: 1, b: 2 });
const typed: number | string = outcome.isError ? JSON.stringify(outcome.content) : outcome.structuredContent.total;
export const tell = (error: unknown): string => (error instanceof ToolError ? error.tool : "");
// @ts-expect-error -- both are required
await client.tools.getSum();
// @ts-expect-error -- closed
await client.tools.getSum({ a: 1, b: 2, c: 3 });
// @ts-expect-error -- a number
await client.tools.getSum({ a: "1", b: 2 });
// @ts-expect-error -- no such tool
await client.call("get-product");
// @ts-expect-error -- not there: whoever awaits the tools would call it
await client.tools.then();
// @ts-expect-error -- required
await client.prompts.sayIt();
// @ts-expect-error -- required
await client.resources.dynamicText({});
// @ts-expect-error -- a failure has no typed output
export const untyped: number = outcome.structuredContent.total;
export { total, typed };
`;

it("is typed for those who use it, in both module systems", async () => {
  writeFileSync(join(folder, "usage.ts"), USAGE);
  const compiled = await Promise.all(MODULES.map((module) => compileFolder(folder, { module, rootDirs: ["."] })));
  expect(compiled).toEqual([[], []]);
}, 120_000);
