import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCli, startWitness, type Witness } from "../testing/cli.js";
import { misfits, type WantedFailure } from "../testing/failure.js";

let folder: string;
let witness: Witness;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-cli-"));
  witness = await startWitness();
});
afterEach(async () => {
  await witness.close();
  await rm(folder, { recursive: true, force: true });
});

describe("servers that are none", () => {
  test.each<WantedFailure & { name: string; script: string; args?: string[] }>([
    {
      name: "ends at once",
      script: 'console.error("boot"); console.error("cannot find the moon"); process.exitCode = 7;',
      code: 3,
      what: "exited with code 7",
      why: "cannot find the moon",
    },
    {
      name: "hangs",
      script: "setInterval(() => {}, 1000);",
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
      why: "",
    },
    {
      name: "speaks garbage",
      script: 'setInterval(() => console.log("hello"), 20);',
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
    },
    {
      name: "ignores the end of stdin and SIGTERM",
      script: 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);',
      args: ["--connect-timeout", "400ms"],
      code: 3,
      what: "did not answer within 400 ms",
    },
  ])("$name", async ({ script, args = [], ...want }) => {
    await writeFile(join(folder, "server.mjs"), witness.script + script);
    const result = await runCli(["inspect", ...args, "--", process.execPath, "server.mjs"], { cwd: folder });
    expect(misfits(result, want)).toEqual([]);
    expect(witness.count()).toBeGreaterThan(0);
    await witness.allGone();
  });

  test("a missing program", async () => {
    const result = await runCli(["inspect", "--cmd", "no-such-program-here --token s3cret"], { cwd: folder });
    expect(
      misfits(result, { code: 3, what: 'cannot start "no-such-program-here"', why: "there is no such program" }),
    ).toEqual([]);
    expect(result.stderr).not.toContain("s3cret");
  });

  test("a secret that the server prints stays hidden", async () => {
    await writeFile(join(folder, "server.mjs"), "console.error(`token is ${process.env.TOKEN}`); process.exit(1);");
    const args = ["inspect", "-vv", "--env", "TOKEN=s3cret-value", "--", process.execPath, "server.mjs"];
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain("token is ***");
    expect(stderr).not.toContain("s3cret-value");
  });
});

describe("addresses that are no server", () => {
  let server: Server;
  let url: string;
  const answers: Record<string, RequestListener> = {
    "/401": (_, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end("who are you"),
    "/403": (_, response) => response.writeHead(403).end("no"),
    "/404": (_, response) => response.writeHead(404).end("nothing"),
    "/500": (_, response) => response.writeHead(500).end("oops"),
    "/html": (_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><h1>Welcome"),
    "/empty": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(),
    "/hang": () => undefined,
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      answers[request.url ?? ""]?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each<WantedFailure & { path: string; args?: string[] }>([
    { path: "/401", code: 4, what: "wants authentication (HTTP 401)" },
    { path: "/403", code: 4, what: "refuses access (HTTP 403)" },
    { path: "/404", code: 3, what: "gave no MCP answer (HTTP 404)" },
    { path: "/500", code: 3, what: "gave no MCP answer (HTTP 500)" },
    { path: "/html", code: 3, what: "gave no MCP answer (HTTP 200)", why: "<!doctype html>" },
    { path: "/empty", code: 1, what: "not valid JSON" },
    { path: "/hang", args: ["--connect-timeout", "400ms"], code: 3, what: "did not answer within 400 ms" },
  ])("$path", async ({ path, args = [], ...want }) => {
    const result = await runCli(["inspect", "--url", url + path, "--auth-token", "s3cret-token", ...args], {
      cwd: folder,
    });
    expect(misfits(result, want)).toEqual([]);
    expect(result.stderr).not.toContain("s3cret-token");
  });

  test("a closed port", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(
      misfits(await runCli(["inspect", "--url", `http://127.0.0.1:${port}/mcp`], { cwd: folder }), {
        code: 3,
        what: `cannot reach http://127.0.0.1:${port}/mcp`,
      }),
    ).toEqual([]);
  });

  test("a name that nobody has", async () => {
    expect(
      misfits(await runCli(["inspect", "--url", "http://no-such-host.invalid/mcp"], { cwd: folder }), {
        code: 3,
        what: "cannot reach http://no-such-host.invalid/mcp",
      }),
    ).toEqual([]);
  });
});
