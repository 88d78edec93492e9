import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startCli, startWitness, type Witness } from "../testing/cli.js";
import { fixtureArgv } from "../testing/fixture.js";

let folder: string;
let witness: Witness;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-interrupt-"));
  witness = await startWitness();
});
afterEach(async () => {
  await witness.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);

const expectInterrupted = (
  signal: string,
  { code, stdout, stderr }: { code: number | null; stdout: string; stderr: string },
): void => {
  expect({ code, stdout, first: stderr.split("\n")[0] }).toEqual({
    code: 130,
    stdout: "",
    first: `error: interrupted by ${signal}`,
  });
  expect(stderr.trimEnd().split("\n")).toHaveLength(3);
};

/** Answers the handshake, announces itself at the list, and is silent then. */
const SILENT_AT_LIST = `
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (method === "initialize") console.log(JSON.stringify({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "x", version: "1" } } }));
  else if (method === "tools/list") await $announce();
  else if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } }));
}`;

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("while a server starts", async () => {
    await put("server.mjs", `${witness.script} setInterval(() => {}, 1000);`);
    const { child, done } = startCli(["inspect", "--", process.execPath, "server.mjs"], { cwd: folder });
    await witness.started();
    child.kill(signal);
    expectInterrupted(signal, await done);
    await witness.allGone();
  });

  test("while a list is awaited", async () => {
    const announce = witness.script.replace("await new Promise", "const $announce = () => new Promise");
    await put("server.mjs", announce + SILENT_AT_LIST);
    const { child, done } = startCli(["generate", "-o", "out", "--", process.execPath, "server.mjs"], { cwd: folder });
    await witness.started();
    child.kill(signal);
    expectInterrupted(signal, await done);
    await witness.allGone();
    expect(await readdir(folder)).toEqual(["server.mjs"]);
  });
});

test("while an HTTP server is silent", async () => {
  const server = createServer((request) => server.emit("asked", request.resume()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { child, done } = startCli(["inspect", "--url", `http://127.0.0.1:${port}/mcp`], { cwd: folder });
  await once(server, "asked");
  child.kill("SIGINT");
  expectInterrupted("SIGINT", await done);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

test("while an emitter works: nothing is written", async () => {
  await put("spec.json", JSON.stringify({ tools: [] }));
  await put(
    "slow.mjs",
    `${witness.script.replace("await new Promise", "const $announce = () => new Promise")}
export default { api: 1, name: "slow", summary: "Never ends", parseOptions: (raw) => raw,
  emit: async () => { await $announce(); return new Promise(() => setInterval(() => {}, 1000)); } };`,
  );
  const { child, done } = startCli(["generate", "--spec", "spec.json", "-o", "out", "--emit", "./slow.mjs"], {
    cwd: folder,
  });
  await witness.started();
  child.kill("SIGINT");
  expectInterrupted("SIGINT", await done);
  expect((await readdir(folder)).sort()).toEqual(["slow.mjs", "spec.json"]);
});

test("a second signal does not wait for a server that refuses to end, and leaves none", async () => {
  await put("server.mjs", `${witness.script} process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`);
  const { child, done } = startCli(["inspect", "--", process.execPath, "server.mjs"], { cwd: folder });
  await witness.started();
  child.kill("SIGINT");
  child.kill("SIGTERM");
  expect(await done).toMatchObject({ code: 130, stdout: "" });
  await witness.allGone();
});

test("a proxy in the foreground gets the signal, and its end is ours", async () => {
  await put(
    "server.mjs",
    `${witness.script} process.argv[2] = "stdio"; await import(${JSON.stringify(fixtureArgv("minimal")[1])});`,
  );
  const args = [
    "generate",
    "--out",
    "p",
    "--frontend",
    "stdio",
    "--run",
    "--",
    process.execPath,
    join(folder, "server.mjs"),
  ];
  const { child, done } = startCli(args, { cwd: folder, stdin: "open" });
  const line = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  });
  child.stdin?.write(`${line}\n`);
  if (child.stdout) await once(child.stdout, "data");
  child.kill("SIGINT");
  expect((await done).code).toBe(130);
  await witness.allGone();
});
