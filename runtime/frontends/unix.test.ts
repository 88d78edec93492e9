import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lineClient, requestLine as request, type LineClient } from "../../generator/testing/line-client.js";
import { scripted } from "../../generator/testing/scripted.js";
import { serve, type Running } from "../serve.js";
import { unixFrontend } from "./unix.js";

const cleanUps: (() => unknown)[] = [];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcp-"));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  rmSync(folder, { recursive: true });
});

async function start(path: string): Promise<Running> {
  const backend = scripted({ echo: (rpc) => ({ result: rpc.params }) });
  const running = await serve({ backend, frontends: [unixFrontend({ path, limits: { killAfterMs: 100 } })] });
  cleanUps.push(() => running.close());
  return running;
}

async function open(path: string): Promise<LineClient> {
  const client = await lineClient({ path });
  cleanUps.push(() => client.socket.destroy());
  return client;
}

/** A socket whose program was killed. */
async function stale(path: string): Promise<void> {
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe("a Unix socket", () => {
  it("carries conversations, is for nobody else, and is removed at the end", async () => {
    const path = join(folder, "s");
    const mask = process.umask(0);
    let running: Running;
    try {
      running = await start(path);
      expect(process.umask(0)).toBe(0);
    } finally {
      process.umask(mask);
    }
    expect(running.addresses).toEqual([`unix:${path}`]);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    const clients = await Promise.all([open(path), open(path)]);
    for (const [nonce, { socket }] of clients.entries()) socket.end(request(1, "echo", { nonce }));
    for (const [nonce, client] of clients.entries()) {
      expect(await client.answer(1)).toMatchObject({ result: { nonce } });
      await client.ended;
    }
    await running.close();
    expect(existsSync(path)).toBe(false);
  });

  it("that an ended program has left is replaced", async () => {
    const path = join(folder, "s");
    await stale(path);
    await start(path);
    const client = await open(path);
    client.socket.write(request(1, "echo"));
    await client.answer(1);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it("on which another program listens is left to it", async () => {
    const path = join(folder, "s");
    await start(path);
    await expect(start(path)).rejects.toMatchObject({
      code: "config",
      text: `the socket ${path} is in use`,
      why: "another program listens there",
    });
    const client = await open(path);
    client.socket.write(request(1, "echo"));
    await client.answer(1);
  });

  it("never takes the place of a file", async () => {
    const path = join(folder, "precious");
    writeFileSync(path, "text");
    await expect(start(path)).rejects.toMatchObject({ code: "config", why: "there is a file that is no socket" });
    expect(readFileSync(path, "utf8")).toBe("text");
  });

  it.each([
    { name: "no folder", path: "none/s", why: "its folder does not exist" },
    { name: "a file for a folder", path: "file/s", why: "its folder does not exist" },
  ])("cannot be made: $name", async ({ path, why }) => {
    writeFileSync(join(folder, "file"), "");
    await expect(start(join(folder, path))).rejects.toMatchObject({ code: "config", why });
  });

  it.each([
    { name: "138 bytes", path: `/tmp/${"x".repeat(133)}`, text: /has 138 bytes; the limit is 10[37]/ },
    { name: "54 letters of 2 bytes", path: `/tmp/${"é".repeat(54)}`, text: /has 113 bytes/ },
    { name: "nothing", path: "", text: /is empty/ },
    { name: "NUL", path: "\0abstract", text: /NUL/ },
  ])("has no path of $name", ({ path, text }) => {
    expect(() => unixFrontend({ path })).toThrow(text);
  });

  it.runIf(process.platform === "linux")("has a path of 107 bytes, whole", async () => {
    const path = `${folder}/${"x".repeat(106 - Buffer.byteLength(folder))}`;
    await start(path);
    expect([Buffer.byteLength(path), lstatSync(path).isSocket()]).toEqual([107, true]);
  });
});
