import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stdioBackend } from "../../../runtime/backends/stdio.js";
import type { TransportKind } from "../../../runtime/core/backend.js";
import type { EmitTarget } from "../../emit/emitter.js";
import { generate } from "../../generate.js";
import { introspect } from "../../introspect/introspect.js";
import type { ServerSpec } from "../../ir/spec.js";
import { fixtureArgv } from "../../testing/fixture.js";
import { socketWire, webSocketWire } from "../../testing/matrix-wire.js";
import {
  bundleProxy,
  overWire,
  startBundle,
  type ProxyBundle,
  type StartedBundle,
} from "../../testing/proxy-bundle.js";
import { FRONTENDS } from "./options.js";
import { projectEmitter } from "./project.js";

const run = promisify(execFile);

let folder = "";
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-transport-"));
});
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function client(transport: Transport): Promise<Client> {
  const one = new Client({ name: "proof", version: "1.0.0" }, { capabilities: { elicitation: {} } });
  one.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: "accept",
    content: { response: `to ${params.message}` },
  }));
  await one.connect(transport);
  cleanUp.push(() => one.close());
  return one;
}

const overStdio = ([command = "", ...args]: readonly string[], cwd?: string): Transport =>
  new StdioClientTransport({ command, args, ...(cwd !== undefined && { cwd }), stderr: "ignore" });

const CLIENTS: Readonly<Record<Exclude<TransportKind, "stdio">, (address: string) => Transport | Promise<Transport>>> =
  {
    http: (address) => new StreamableHTTPClientTransport(new URL(address)),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- such clients are what HTTP+SSE is there for
    sse: (address) => new SSEClientTransport(new URL(address)),
    websocket: async (address) => overWire(await webSocketWire(address)),
    tcp: async (address) => overWire(await socketWire(address)),
    unix: async (address) => overWire(await socketWire(address)),
  };

const FIXTURE_CALLS = {
  minimal: [["add", { a: 1, b: 2 }]],
  everything: [
    ["strain_echo", { text: "h\u00e9llo \u2028", times: 2 }],
    ["strain_echo", { times: 2 }],
    ["test_image_content", {}],
    ["test_error_handling", {}],
    ["test_elicitation", { message: "asked" }],
  ],
} as const;
type Fixture = keyof typeof FIXTURE_CALLS;

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a client is shown: all lists, and what becomes of some calls. */
async function view(one: Client, fixture: Fixture): Promise<unknown> {
  const calls: unknown[] = [];
  for (const [name, args] of [...FIXTURE_CALLS[fixture], ["nope", {}]] as const)
    calls.push(await one.callTool({ name, arguments: args }).catch(told));
  return {
    server: one.getServerVersion(),
    capabilities: one.getServerCapabilities(),
    instructions: one.getInstructions(),
    tools: await one.listTools(),
    resources: await one.listResources().catch(told),
    templates: await one.listResourceTemplates().catch(told),
    prompts: await one.listPrompts().catch(told),
    resource: await one.readResource({ uri: "test://static-text" }).catch(told),
    calls,
  };
}

/** Flags and variables of the help that the README does not tell. */
async function untold(dir: string, alone: string): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [join(alone, "proxy.mjs"), "--help"]);
  const readme = await readFile(join(dir, "README.md"), "utf8");
  const flags = [...stdout.matchAll(/--[a-z-]+|MCPGEN_[A-Z_]+/g)].map(([flag]) => flag);
  expect(flags.length).toBeGreaterThan(20);
  return flags.filter((flag) => !/^--(help|version)$/.test(flag) && !readme.includes(flag));
}

/** The target that an address of ours is. */
function targetOf(kind: Exclude<TransportKind, "stdio">, address: string): EmitTarget {
  if (kind === "unix") return { kind, path: address.replace("unix:", "") };
  if (kind !== "tcp") return { kind, url: address, headerNames: [] };
  const { hostname: host, port } = new URL(address);
  return { kind, host, port: Number(port), tls: false };
}

describe.each(["minimal", "everything"] as const)("a project of %s with every frontend", (fixture) => {
  const argv = fixtureArgv(fixture);
  let spec: ServerSpec;
  let made: ProxyBundle;
  let proxy: StartedBundle;
  let direct: unknown;
  const listen = (socket: string): readonly string[] => [
    ...["--bind", "127.0.0.1:0", "--tcp-bind", "127.0.0.1:0", "--socket", join(folder, socket)],
  ];
  beforeAll(async () => {
    spec = await introspect(stdioBackend({ argv }));
    made = await bundleProxy(folder, {
      name: fixture,
      spec,
      options: { frontend: [...FRONTENDS] },
      target: { kind: "stdio", argv, envNames: [] },
    });
    // Without a client on its stdin, which is empty, it serves the others all the same.
    proxy = await startBundle(made.alone, listen(`${fixture}.sock`), { listens: 5 });
    const one = await client(overStdio(argv));
    direct = await view(one, fixture);
    await one.close();
  });
  afterAll(() => proxy.stop());
  const addressOf = (kind: Exclude<TransportKind, "stdio">): string => proxy.addresses[FRONTENDS.indexOf(kind)] ?? "";

  it.each(["http", "sse", "websocket", "tcp", "unix"] as const)("is over %s what the server is", async (kind) => {
    expect(await view(await client(await CLIENTS[kind](addressOf(kind))), fixture)).toEqual(direct);
  });

  it("is over stdio what the server is, and stands alone", async () => {
    const transport = overStdio([process.execPath, "proxy.mjs", ...listen("stdio.sock")], made.alone);
    expect(await view(await client(transport), fixture)).toEqual(direct);
    expect(await readdir(made.alone)).toEqual(["proxy.mjs"]);
    expect(await untold(made.dir, made.alone)).toEqual([]);
  });

  it.each(["http", "sse", "websocket", "tcp", "unix"] as const)(
    "is what a project of a server over %s shows",
    async (kind) => {
      const name = `${fixture}-of-${kind}`;
      const target = targetOf(kind, addressOf(kind));
      const { dir, alone } = await bundleProxy(folder, { name, spec, options: { frontend: "stdio" }, target });
      const got = await view(await client(overStdio([process.execPath, "proxy.mjs"], alone)), fixture);
      expect(got).toEqual(direct);
      expect(await untold(dir, alone)).toEqual([]);
    },
  );
});

describe("a project of TCP alone", () => {
  it("listens where a platform says, and lets nobody in without proof where that is required", async () => {
    const argv = fixtureArgv("minimal");
    const spec = await introspect(stdioBackend({ argv }));
    const target: EmitTarget = { kind: "stdio", argv, envNames: [] };
    const { dir, alone } = await bundleProxy(folder, { name: "tcp-alone", spec, options: { frontend: "tcp" }, target });
    const proxy = await startBundle(alone, [], { env: { HOST: "127.0.0.2", PORT: "0" } });
    cleanUp.push(() => proxy.stop());
    expect(proxy.addresses[0]).toMatch(/^tcp:\/\/127\.0\.0\.2:/);
    const one = await client(await CLIENTS.tcp(proxy.addresses[0] ?? ""));
    expect((await one.listTools()).tools.length).toBeGreaterThan(0);

    const refused = await startBundle(alone, ["--bind", "127.0.0.1:0"], { env: { MCPGEN_REQUIRE_AUTH: "1" } });
    expect(await refused.exited).toBe(2);
    expect(refused.stderr()).toContain("TCP on 127.0.0.1 would let in everybody");
    expect(await untold(dir, alone)).toEqual([]);
  });
});

describe("the README tells which revisions are spoken", () => {
  it.each([
    { frontend: "sse", newest: false },
    { frontend: "http,sse", newest: true },
    { frontend: "stdio", newest: true },
  ])("$frontend", async ({ frontend, newest }) => {
    const spec = await introspect(stdioBackend({ argv: fixtureArgv("minimal") }));
    const files = await generate({ spec, emitters: [{ emitter: projectEmitter, options: { frontend } }] });
    const readme = files.find(({ path }) => path === "README.md")?.contents ?? "";
    expect(readme.includes("from 2024-11-05 to 2026-07-28 are served")).toBe(newest);
    expect(readme.includes("It is spoken as in MCP 2024-11-05")).toBe(!newest);
  });
});

describe("what a project brings along", () => {
  const cases: readonly {
    name: string;
    frontend: string;
    backend: TransportKind;
    without: readonly string[];
    has: readonly string[];
  }[] = [
    {
      name: "lines alone",
      frontend: "stdio,tcp,unix",
      backend: "stdio",
      has: ["frontends/stdio.ts", "frontends/tcp.ts", "frontends/unix.ts", "backends/stdio.ts"],
      without: ["node:http", "node:https", '"ws"', "frontends/web.ts", "frontends/sse.ts", "backends/tcp.ts"],
    },
    {
      name: "stdio alone",
      frontend: "stdio",
      backend: "stdio",
      has: ["frontends/stdio.ts"],
      without: ["node:http", "node:https", "node:net", "node:tls", '"ws"', "app/access.ts"],
    },
    {
      name: "HTTP",
      frontend: "http,sse",
      backend: "http",
      has: ["frontends/http.ts", "frontends/sse.ts", "frontends/web.ts"],
      without: ['"ws"', "node:child_process", "frontends/tcp.ts", "frontends/websocket.ts", "backends/stdio.ts"],
    },
    {
      name: "WebSocket",
      frontend: "websocket",
      backend: "unix",
      has: ["frontends/websocket.ts", '"ws"', "backends/unix.ts"],
      without: ["frontends/http.ts", "frontends/sse.ts", "backends/tcp.ts", "node:child_process"],
    },
  ];
  let spec: ServerSpec;
  beforeAll(async () => {
    spec = await introspect(stdioBackend({ argv: fixtureArgv("minimal") }));
  });
  it.each(cases)("$name", async ({ frontend, backend, has, without }) => {
    const files = await generate({ spec, emitters: [{ emitter: projectEmitter, options: { frontend, backend } }] });
    const runtime = files.filter(({ path }) => path.startsWith("src/runtime/"));
    const mentions = (what: string): boolean =>
      runtime.some(({ path, contents }) =>
        what.endsWith(".ts")
          ? path === `src/runtime/${what}`
          : new RegExp(`^import .*${what.replaceAll('"', "")}"`, "m").test(contents),
      );
    expect(has.filter((one) => !mentions(one))).toEqual([]);
    expect(without.filter(mentions)).toEqual([]);
    const manifest = JSON.parse(files.find(({ path }) => path === "package.json")?.contents ?? "") as object;
    expect(manifest).toMatchObject({ dependencies: has.includes('"ws"') ? { ws: expect.any(String) as string } : {} });
    if (!has.includes('"ws"')) expect(JSON.stringify(manifest)).not.toContain('ws"');
  });
});
