import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { INITIALIZED, scripted, type Script } from "../../generator/testing/scripted.js";
import type { Backend } from "../core/backend.js";
import { pipe } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Era } from "../core/session.js";
import { serve, type Running } from "../serve.js";
import { messageOf } from "../wire/json.js";
import { stdioFrontend } from "./stdio.js";

let running: Running | undefined;
afterEach(() => running?.close());

const SCRIPT: Script = {
  initialize: INITIALIZED,
  echo: (rpc) => ({ result: rpc.params }),
  wait: "silence",
  crash: "hang up",
};

interface Terminal {
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly running: Running;
  /** All lines so far, parsed. Throws if one is no JSON. */
  readonly lines: () => unknown[];
}

async function start(
  backend: Backend = scripted(SCRIPT),
  limits: Partial<Limits> = {},
  backendEra: "auto" | Era = "auto",
): Promise<Terminal> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let text = "";
  output.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  running = await serve({ backend, backendEra, frontends: [stdioFrontend({ input, output, limits })] });
  return {
    input,
    output,
    running,
    lines: () =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
  };
}

const request = (id: unknown, method: string, params: unknown = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

describe("stdioFrontend", () => {
  it("carries a conversation, and ends with stdin once all is answered", async () => {
    const backend = scripted(SCRIPT);
    const { input, running: proxy, lines } = await start(backend);
    expect(proxy.addresses).toEqual(["stdio"]);
    input.end(`${request(1, "initialize")}\n${request("a", "echo", { text: "\u2028é" })}\r\n\n${request(3, "echo")}`);
    await proxy.done;
    expect(lines()).toMatchObject([{ id: 1 }, { id: "a", result: { text: "\u2028é" } }, { id: 3, result: {} }]);
    expect(backend.stillOpen()).toBe(0);
  });

  const bad: readonly { name: string; given: string; code: number }[] = [
    { name: "no JSON", given: "hello", code: -32700 },
    { name: "half of it", given: '{"jsonrpc":"2.0"', code: -32700 },
    { name: "no message", given: '{"a":1}', code: -32600 },
    { name: "an id that is null", given: request(null, "echo"), code: -32600 },
    { name: "a method twice", given: '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', code: -32600 },
    { name: "a batch", given: `[${request(1, "echo")}]`, code: -32600 },
    { name: "129 levels", given: request(1, "echo", JSON.parse("[".repeat(128) + "]".repeat(128))), code: -32600 },
    { name: "more than the limit", given: request(1, "echo", "x".repeat(10_000)), code: -32600 },
  ];
  it.each(bad)("answers $name with $code, and goes on", async ({ given, code }) => {
    const backend = scripted(SCRIPT);
    const { input, running: proxy, lines } = await start(backend, { maxMessageBytes: 5_000 });
    input.end(`${given}\n${request(2, "echo")}\n`);
    await proxy.done;
    expect(lines()).toMatchObject([
      { jsonrpc: "2.0", id: null, error: { code } },
      { id: 2, result: {} },
    ]);
    expect(backend.heard).toEqual(["1 echo"]);
  });

  it("writes each message as one line, whatever line breaks its bytes have", async () => {
    const backend: Backend = {
      kind: "http",
      open() {
        const [near, far] = pipe();
        void (async () => {
          for await (const { id } of far.incoming)
            if (id !== undefined)
              await far.send(messageOf([Buffer.from(`{\r\n "jsonrpc": "2.0",\n "id":${id},"result":{}\r}`)]));
        })();
        return Promise.resolve(near);
      },
    };
    const { input, running: proxy, lines } = await start(backend, {}, "legacy");
    input.end(`${request(1, "initialize")}\n${request(2, "x")}\n`);
    await proxy.done;
    expect(lines()).toEqual([
      { jsonrpc: "2.0", id: 1, result: {} },
      { jsonrpc: "2.0", id: 2, result: {} },
    ]);
  });

  it("answers what waits when the server goes away, then fails", async () => {
    const { input, running: proxy, lines } = await start();
    input.write(`${request(1, "wait")}\n${request(2, "crash")}\n`);
    await expect(proxy.done).rejects.toMatchObject({ code: "closed" });
    expect(lines()).toMatchObject([
      { id: 1, error: { code: -32603 } },
      { id: 2, error: { code: -32603 } },
    ]);
  });

  it("tells the client why there is no server, then fails", async () => {
    const refused = new RuntimeError("unreachable", "cannot start it");
    const { input, running: proxy, lines } = await start({ kind: "stdio", open: () => Promise.reject(refused) });
    input.write(`${request(1, "initialize")}\n`);
    await expect(proxy.done).rejects.toBe(refused);
    expect(lines()).toMatchObject([{ id: 1, error: { message: "cannot start it" } }]);
  });

  it("waits for a reader, and loses nothing", async () => {
    const [input, taken] = [new PassThrough(), [] as Buffer[]];
    let release: () => void = () => undefined;
    const reader = new Promise<void>((resolve) => (release = resolve));
    const output = new Writable({
      highWaterMark: 1024,
      write: (chunk: Buffer, _, done) => void reader.then(() => taken.push(chunk)).then(() => done()),
    });
    const backend = scripted(SCRIPT);
    running = await serve({ backend, frontends: [stdioFrontend({ input, output })] });
    const count = 200;
    for (let id = 0; id < count; id++) input.write(`${request(id, "echo", { pad: "x".repeat(2000) })}\n`);
    await expect.poll(() => backend.heard.length).toBeGreaterThan(10);
    expect(output.writableLength).toBeLessThan(20 * 2100);
    release();
    input.end();
    await running.done;
    const ids = Buffer.concat(taken)
      .toString()
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids).toEqual(Array.from({ length: count }, (_, id) => id));
  });

  it("ends in order when nobody reads stdout any more", async () => {
    const backend = scripted(SCRIPT);
    const { input, output, running: proxy } = await start(backend);
    input.write(`${request(1, "echo")}\n`);
    await expect.poll(() => backend.heard).toContain("1 echo");
    output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await proxy.done;
    expect(backend.stillOpen()).toBe(0);
  });

  it("drains: what is under way is answered, nothing new is taken, and then it ends", async () => {
    let release: () => void = () => undefined;
    const slow: Script = {
      slow({ id }, peer) {
        release = () => peer.send({ jsonrpc: "2.0", id: id ?? null, result: {} });
        return "silence";
      },
    };
    const backend = scripted(slow);
    const { input, running: proxy, lines } = await start(backend);
    input.write(`${request(1, "slow")}\n`);
    await backend.untilHeard("1 slow");
    const drained = proxy.drain();
    input.write(`${request(2, "slow")}\n`);
    await expect.poll(() => lines()).toMatchObject([{ id: 2, error: { code: -32000 } }]);
    release();
    await Promise.all([drained, proxy.done]);
    expect(lines()).toMatchObject([{ id: 2 }, { id: 1, result: {} }]);
    expect([input.destroyed, backend.stillOpen()]).toEqual([true, 0]);
  });

  it("ends with the proxy", async () => {
    const backend = scripted(SCRIPT);
    const { input, running: proxy } = await start(backend);
    input.write(`${request(1, "wait")}\n`);
    await expect.poll(() => backend.heard).toContain("1 wait");
    await proxy.close();
    await proxy.done;
    expect([input.destroyed, backend.stillOpen()]).toEqual([true, 0]);
  });
});

describe("a process", () => {
  const module = (path: string): string => JSON.stringify(pathToFileURL(resolve(import.meta.dirname, path)).href);
  const program = (server: string): string => `
    import { serve } from ${module("../serve.ts")};
    import { stdioFrontend } from ${module("stdio.ts")};
    import { stdioBackend } from ${module("../backends/stdio.ts")};
    const argv = [process.execPath, "-e", ${JSON.stringify(server)}];
    const running = await serve({ backend: stdioBackend({ argv }), frontends: [stdioFrontend()] });
    await running.done.catch((error) => { console.error("failed:", error.message); process.exitCode = 3; });
  `;
  const answering = `
    const lines = require("node:readline").createInterface({ input: process.stdin });
    lines.on("line", (line) => { const { id } = JSON.parse(line); if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: {} })); });
  `;
  const run = (server: string) =>
    spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program(server)], {
      cwd: resolve(import.meta.dirname, "../.."),
    });

  it("answers a pipe and exits by itself with 0", async () => {
    const child = run(answering);
    child.stdin.end(`${request(1, "initialize")}\n${request(2, "ping")}\n`);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    const [code] = (await once(child, "close")) as [number];
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(code).toBe(0);
  });

  it("exits quietly when its reader goes away", async () => {
    const child = run(answering);
    child.stdin.on("error", () => undefined);
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    child.stdin.write(`${request(1, "initialize")}\n`);
    await once(child.stdout, "data");
    child.stdout.destroy();
    child.stdin.write(`${request(2, "ping")}\n`);
    const [code] = (await once(child, "exit")) as [number];
    expect([code, err]).toEqual([0, ""]);
  });

  it.each([
    { stdin: "still open", half: false },
    { stdin: "at its end", half: true },
  ])("fails with a message when its server ends at once, stdin $stdin", async ({ half }) => {
    const child = run("process.exit(7)");
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    child.stdin.write(`${request(1, "initialize")}\n`);
    if (half) child.stdin.end();
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(3);
    expect(err).toMatch(/^failed: \[\w+\] /);
    expect(JSON.parse(out)).toMatchObject({ id: 1, error: { code: -32603 } });
  });
});
