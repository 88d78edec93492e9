import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../package-root.js";
import { startCli, startWitness, type CliOptions, type RunningCli, type Witness } from "../../testing/cli.js";
import { fixtureArgv, startFixtureHttp } from "../../testing/fixture.js";
import { ask } from "../../testing/http-peer.js";
import { callCli } from "../call-cli.js";

let folder: string;
let witness: Witness;
let running: RunningCli[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-serve-"));
  witness = await startWitness();
  running = [];
});
afterEach(async () => {
  for (const { child, done } of running) {
    child.kill("SIGKILL");
    await done;
  }
  await witness.allGone();
  await witness.close();
  await rm(folder, { recursive: true, force: true });
});

interface Proxy extends RunningCli {
  /** Resolves with what follows `mark` on the first line of stderr that has it; rejects if the process ends without one. */
  told(mark: string): Promise<string>;
}

function start(args: readonly string[], options: Partial<CliOptions> = {}): Proxy {
  const proxy = startCli(["serve", ...args], { cwd: folder, ...options });
  running.push(proxy);
  let stderr = "";
  proxy.child.stderr?.on("data", (text: string) => {
    stderr += text;
    proxy.child.emit("told");
  });
  return {
    ...proxy,
    async told(mark) {
      const ended = proxy.done.then(() => {
        throw new Error(`it ended: ${stderr}`);
      });
      ended.catch(() => undefined); // counts only while something is waited for
      for (;;) {
        const line = stderr.split("\n").find((one, i, all) => one.includes(mark) && i < all.length - 1);
        if (line !== undefined) return line.slice(line.indexOf(mark) + mark.length);
        await Promise.race([once(proxy.child, "told"), ended]);
      }
    },
  };
}

/** The fixture as a process of which it is known when it is gone. */
async function server(name: "everything" | "minimal" = "everything"): Promise<readonly string[]> {
  const path = JSON.stringify(fixtureArgv(name)[1]);
  await writeFile(join(folder, "server.mjs"), `${witness.script} process.argv[2] = "stdio"; await import(${path});`);
  return ["--", process.execPath, join(folder, "server.mjs")];
}

const FREE = ["--bind", "127.0.0.1:0"];
const INITIALIZE = {
  ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

test("five ways in on one command line, and every one of them is a server to the other commands", async () => {
  const frontends = ["http", "sse", "websocket", "tcp", "unix"].flatMap((kind) => ["--frontend", kind]);
  const socket = join(folder, "mcp.sock");
  const proxy = start([...frontends, ...FREE, "--tcp-bind", "127.0.0.1:0", "--socket", socket, ...(await server())]);
  const [tcp, websocket] = [await proxy.told("listening on tcp://"), await proxy.told("listening on ws:")];
  expect(await proxy.told("listening on unix:")).toBe(socket);
  const http = `http:${websocket}`;
  const sse = http.replace(/mcp$/, "sse");
  const ways = [
    ["--url", http],
    ["--backend", "sse", "--url", sse],
    ["--websocket", `ws:${websocket}`],
    ["--url", `ws:${websocket}`],
    ["--tcp", tcp],
    ["--tcp", `tcp://${tcp}`],
    ["--unix", socket],
    ["--unix", `unix:${socket}`],
  ];
  for (const way of ways) {
    const called = await callCli(["call", "strain_echo", "text=a", ...way], { cwd: folder });
    expect({ way, ...called, stdout: called.stdout.split("\n")[0] }).toMatchObject({
      code: 0,
      stdout: "a",
      stderr: "",
    });
    const asked = await callCli(["inspect", "--json", "--no-cache", ...way], { cwd: folder });
    expect(JSON.parse(asked.stdout)).toMatchObject({ server: { name: expect.stringMatching(/everything/) as string } });
  }
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  proxy.child.kill("SIGTERM");
  expect(await proxy.done).toMatchObject({ code: 0, stdout: "" });
  expect(await readdir(folder)).toEqual(["server.mjs"]);
});

test("a desktop client that only starts commands reaches a remote server", async () => {
  const remote = await startFixtureHttp("everything");
  const cli = join(packageRoot(), "dist", "cli.js");
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [cli, "serve", "--backend", "http", "--server", remote.url, "--frontend", "stdio"],
    stderr: "pipe",
  });
  const client = new Client({ name: "desktop", version: "1" });
  const strange: Error[] = [];
  client.onerror = (error) => strange.push(error);
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(10);
    const { content } = await client.callTool({ name: "strain_echo", arguments: { text: "hi" } });
    expect(content).toEqual([{ type: "text", text: "hi" }]);
    expect(strange).toEqual([]);
  } finally {
    await client.close();
    await remote.close();
  }
});

test("what the server is shown is nobody else's: token and headers reach it, and no log", async () => {
  const seen: IncomingMessage["headers"][] = [];
  const remote = createServer((request, response) => {
    seen.push(request.headers);
    request.resume();
    response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  await once(remote, "listening");
  const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/mcp`;
  await writeFile(join(folder, "token"), "s3cret-token\n");
  const args = [
    "--http",
    url,
    "--auth-token-file",
    "token",
    "--header",
    "X-Tenant: t3nant-1",
    "--frontend",
    "stdio",
    "-vv",
  ];
  const proxy = start(args, { stdin: `${JSON.stringify(INITIALIZE)}\n` });
  const { stdout, stderr } = await proxy.done;
  remote.closeAllConnections();
  remote.close();
  expect(seen[0]).toMatchObject({ authorization: "Bearer s3cret-token", "x-tenant": "t3nant-1" });
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly id: unknown }).id),
  ).toEqual([1]);
  expect(stdout + stderr).not.toMatch(/s3cret|t3nant/);
});

test("a port in use is told, and nothing was started", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { done } = start(["--bind", `127.0.0.1:${port}`, ...(await server())]);
  expect(await done).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(`127.0.0.1:${port}`) as string,
  });
  expect(witness.count()).toBe(0);
  other.close();
});

describe("signals", () => {
  const callOf = (name: string, args: object, more: object = {}): object => ({
    ...{ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name, arguments: args, ...more } },
  });

  test("the first lets what is under way be answered, and the server goes last", async () => {
    const proxy = start([...FREE, ...(await server())]);
    const url = await proxy.told("listening on ");
    const { headers } = await ask(url, { body: INITIALIZE });
    const session = { "mcp-session-id": String(headers["mcp-session-id"]) };
    const call = callOf("test_tool_with_progress", {}, { _meta: { progressToken: "p" } });
    const answer = await ask(url, { headers: session, body: call });
    const first = await answer.event();
    expect(first?.rpc ?? (await answer.event())?.rpc).toMatchObject({ method: "notifications/progress" });
    proxy.child.kill("SIGTERM");
    const heard: unknown[] = [];
    for (let event = await answer.event(); event; event = await answer.event()) heard.push(event.rpc);
    expect(heard.at(-1)).toMatchObject({ id: 2, result: { content: [{ type: "text" }] } });
    expect(await proxy.done).toMatchObject({ code: 0, stdout: "" });
    await witness.allGone();
  });

  test("the second ends at once", async () => {
    const proxy = start([...FREE, ...(await server())]);
    const url = await proxy.told("listening on ");
    const { headers } = await ask(url, { body: INITIALIZE });
    const session = String(headers["mcp-session-id"]);
    const waiting = ask(url, { headers: { "mcp-session-id": session }, body: callOf("strain_wait", { ms: 600_000 }) });
    waiting.catch(() => undefined); // it is cut
    await ask(url, { headers: { "mcp-session-id": session }, body: { jsonrpc: "2.0", id: 3, method: "ping" } });
    proxy.child.kill("SIGINT");
    proxy.child.kill("SIGTERM");
    expect((await proxy.done).code).toBe(130);
    await witness.allGone();
  });
});

describe("nobody is let in by accident", () => {
  test("a public address without a key gets one for this run", async () => {
    const proxy = start(["--bind", "0.0.0.0:0", "--api-key-header", "x-my-key", ...(await server())]);
    const file = await proxy.told("key file: ");
    const url = (await proxy.told("listening on ")).replace("0.0.0.0", "127.0.0.1");
    const key = (await readFile(file, "utf8")).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await ask(url, { body: INITIALIZE })).status).toBe(401);
    expect((await ask(url, { headers: { "x-my-key": key }, body: INITIALIZE })).status).toBe(200);
    proxy.child.kill("SIGTERM");
    const { code, stderr } = await proxy.done;
    expect(code).toBe(0);
    expect(stderr).not.toContain(key);
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("MCPGEN_API_KEY", async () => {
    const key = "a-key-of-the-environment";
    const proxy = start([...FREE, ...(await server())], { env: { MCPGEN_API_KEY: key } });
    const url = await proxy.told("listening on ");
    expect((await ask(url, { body: INITIALIZE })).status).toBe(401);
    expect((await ask(url, { headers: { "x-api-key": key }, body: INITIALIZE })).status).toBe(200);
  });
});

describe("what is refused", () => {
  test.each([
    { args: ["--frontend", "stdio", ...FREE], text: "--bind HOST:PORT has no effect here" },
    { args: ["--frontend", "tcp", "--endpoint", "/x"], text: "--endpoint has no effect here" },
    { args: ["--frontend", "unix", "--socket", "/tmp/x", "--tls-ca", "x"], text: "--tls-ca has no effect here" },
    { args: ["--socket", "/tmp/x", "--frontend", "http"], text: "--socket has no effect here" },
    { args: ["--frontend", "sse", "--tcp-bind", "127.0.0.1:0"], text: "--tcp-bind has no effect here" },
    { args: ["--frontend", "unix"], text: "there is no path for the Unix socket" },
    { args: ["--bind", "unix:/tmp/a", "--socket", "/tmp/b"], text: "2 paths of a Unix socket are given" },
    { args: [...FREE, "--bind", "127.0.0.1:1"], text: "2 addresses are given" },
    { args: ["--frontend", "tcp", ...FREE, "--tcp-bind", "127.0.0.1:1"], text: "2 addresses are given" },
    { args: ["--bind", "unix:"], text: "there is no path for the Unix socket" },
    { args: ["--socket", "."], text: "why: it is a folder" },
    { args: ["--bind", "nowhere"], text: '--bind cannot be "nowhere"' },
    { args: ["--require-auth", "--insecure-no-auth"], text: "--require-auth and --insecure-no-auth contradict" },
    { args: ["--frontend", "tcp", "--bind", "0.0.0.0:0"], text: "TCP on 0.0.0.0 would let in everybody" },
    { args: ["--frontend", "tcp", "--require-auth"], text: "TCP on 127.0.0.1 would let in everybody" },
    {
      args: ["--frontend", "http", "--frontend", "tcp", "--require-auth", "--api-key-file", "keys"],
      text: "TCP on 127.0.0.1 would let in everybody",
    },
    { args: ["--tls-cert", "x"], text: "--tls-key is missing" },
    { args: ["--warm", "many"], text: '--warm cannot be "many"' },
    { args: ["--max-sessions", "0"], text: '--max-sessions cannot be "0"' },
  ])("$args", async ({ args, text }) => {
    await writeFile(join(folder, "keys"), "a-key-of-somebody\n");
    const { code, stdout, stderr } = await callCli(["serve", "--cmd", "no-such-program", ...args], { cwd: folder });
    expect({ code, stdout, stderr }).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(text) as string,
    });
  });

  test.each([
    { name: "a command that is not there", command: ["no-such-program"], text: 'cannot start "no-such-program"' },
    { name: "a command that ends at once", command: ["false"], text: '"false" exited with code 1' },
  ])("$name, at the start", async ({ command, text }) => {
    const { code, stderr } = await callCli(["serve", ...FREE, "--", ...command], { cwd: folder });
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(text) as string });
  });

  test("a client without a key on loopback, where --require-auth is given", async () => {
    const proxy = start([...FREE, "--require-auth", "--", ...fixtureArgv("minimal")]);
    const file = await proxy.told("key file: ");
    const url = await proxy.told("listening on ");
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const key = (await readFile(file, "utf8")).trim();
    const statusWith = async (more: Record<string, string>): Promise<number> =>
      (await fetch(url, { method: "POST", headers: { ...headers, ...more }, body })).status;
    expect([await statusWith({}), await statusWith({ "x-api-key": key })]).toEqual([401, 200]);
  });

  test("a description of a server", async () => {
    await writeFile(join(folder, "spec.json"), "{}");
    const { code, stderr } = await callCli(["serve", "--spec", "spec.json"], { cwd: folder });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("serve has nothing to serve") as string,
    });
  });
});
