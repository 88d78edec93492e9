// Servers and clients of others, with a proxy between: what they say directly they say through it.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpBackend } from "../../runtime/backends/http.js";
import { sseBackend } from "../../runtime/backends/sse.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import type { Backend } from "../../runtime/core/backend.js";
import { httpFrontend } from "../../runtime/frontends/http.js";
import { serve, type Running } from "../../runtime/serve.js";
import { fixtureArgv } from "./fixture.js";

const require = createRequire(import.meta.url);
const SERVER = join(dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")), "dist/index.js");
const INSPECTOR = dirname(require.resolve("@modelcontextprotocol/inspector-cli/package.json"));

const info = { name: "peer", version: "1" };
type Asked = Readonly<Record<string, unknown>>;

interface Tool {
  readonly name: string;
  readonly execution?: { readonly taskSupport?: string };
}

/** What a client sees of a server: lists, a call, a resource, a prompt. */
interface Asking {
  listTools(): Promise<{ readonly tools: readonly unknown[] }>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  listPrompts(): Promise<{ readonly prompts: readonly unknown[] }>;
  callTool(params: { name: string; arguments: Asked }): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
}

async function seen(client: Asking, call: { name: string; arguments: Asked }): Promise<Asked> {
  const { resources } = await client.listResources();
  const { tools } = await client.listTools();
  const { prompts } = await client.listPrompts();
  const [first] = resources;
  const read = first && (await client.readResource({ uri: first.uri }));
  return { tools, resources, prompts, called: await client.callTool(call), read };
}

async function withV1<T>(url: string, work: (client: Asking) => Promise<T>): Promise<T> {
  const client = new ClientV1(info);
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(new HttpV1(new URL(url)));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

type Mode = "legacy" | "auto" | { readonly pin: "2026-07-28" };
async function withV2<T>(url: string, mode: Mode, work: (client: Asking) => Promise<T>): Promise<T> {
  const client = new ClientV2(info, { versionNegotiation: { mode } });
  await client.connect(new HttpV2(new URL(url)));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const running: { close(): Promise<unknown> }[] = [];
afterAll(() => Promise.all(running.map((one) => one.close())));

async function proxied(backend: Backend): Promise<string> {
  const proxy: Running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })] });
  running.push(proxy);
  return proxy.addresses[0] ?? "";
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** server-everything says on stderr that it listens. */
async function startEverything(mode: "sse" | "streamableHttp"): Promise<number> {
  const port = await freePort();
  const child = spawn(process.execPath, [SERVER, mode], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.push({
    async close() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    },
  });
  await new Promise<void>((resolve, reject) => {
    child.once("close", () => reject(new Error(`server-everything ${mode} ended`)));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (chunk.includes(String(port))) resolve();
    });
  });
  return port;
}

describe("server-everything", () => {
  const call = { name: "get-sum", arguments: { a: 2, b: 3 } };
  let direct: Asked;
  let directUrl = "";
  beforeAll(async () => {
    directUrl = `http://127.0.0.1:${await startEverything("streamableHttp")}/mcp`;
    direct = await withV2(directUrl, "legacy", (client) => seen(client, call));
  });

  const backends: readonly { readonly name: string; readonly make: () => Promise<Backend> }[] = [
    { name: "stdio", make: () => Promise.resolve(stdioBackend({ argv: [process.execPath, SERVER, "stdio"] })) },
    { name: "http", make: () => Promise.resolve(httpBackend({ url: directUrl })) },
    {
      name: "sse",
      make: async () => sseBackend({ url: `http://127.0.0.1:${await startEverything("sse")}/sse` }),
    },
  ];
  describe.each(backends)("over $name", ({ make }) => {
    let url = "";
    beforeAll(async () => {
      url = await proxied(await make());
    });
    it("looks the same to an SDK v1 client", async () => {
      expect(await withV1(url, (client) => seen(client, call))).toEqual(direct);
    });
    it.each(["legacy", "auto"] as const)("looks the same to an SDK v2 client, %s", async (mode) => {
      expect(await withV2(url, mode, (client) => seen(client, call))).toMatchObject(
        mode === "legacy" ? direct : { called: direct["called"] },
      );
    });
    it("serves an SDK v2 client that speaks 2026-07-28 only", async () => {
      const through = await withV2(url, { pin: "2026-07-28" }, (client) => seen(client, call));
      const names = (list: unknown): unknown[] => (list as Tool[]).map(({ name }) => name).sort();
      // What can only be called as a task cannot be called across eras.
      const callable = (direct["tools"] as Tool[]).filter(({ execution }) => execution?.taskSupport !== "required");
      expect(names(through["tools"])).toEqual(names(callable));
      expect(through).toMatchObject({ called: direct["called"], resources: direct["resources"] });
    });
  });

  /** The published package lacks the file that it reads its version from: it gets one, in a folder of its own. */
  async function inspector(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "mcpgen-inspector-"));
    running.push({ close: () => rm(folder, { recursive: true, force: true }) });
    await cp(join(INSPECTOR, "build"), join(folder, "cli/build"), { recursive: true });
    await writeFile(join(folder, "package.json"), '{"name":"inspector","version":"0.22.0","type":"module"}');
    await symlink(resolve(INSPECTOR, "../.."), join(folder, "node_modules"));
    return join(folder, "cli/build/index.js");
  }

  it("answers the Inspector's command line", async () => {
    const url = await proxied(stdioBackend({ argv: [process.execPath, SERVER, "stdio"] }));
    const args = [
      "--transport",
      "http",
      "--method",
      "tools/call",
      "--tool-name",
      "get-sum",
      "--tool-arg",
      "a=2",
      "b=3",
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [await inspector(), url, ...args]);
    expect(JSON.parse(stdout)).toEqual(direct["called"]);
  });
});

describe.each(["legacy", "modern", "dual"])("a server of the SDK v2, %s", (era) => {
  const call = { name: "strain_echo", arguments: { text: "é\u2028", times: 2 } };
  it("is the same to every client", async () => {
    const url = await proxied(stdioBackend({ argv: fixtureArgv("everything"), env: { FIXTURE_ERA: era } }));
    const views = [
      await withV1(url, (client) => seen(client, call)),
      await withV2(url, "legacy", (client) => seen(client, call)),
      await withV2(url, "auto", (client) => seen(client, call)),
      await withV2(url, { pin: "2026-07-28" }, (client) => seen(client, call)),
    ];
    for (const view of views) expect(view["called"]).toMatchObject({ structuredContent: { text: "é\u2028é\u2028" } });
    for (const member of ["resources", "prompts"])
      for (const view of views) expect(view[member]).toEqual(views[0]?.[member]);
  });
});
