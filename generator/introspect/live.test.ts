import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { httpBackend } from "../../runtime/backends/http.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import type { ServerSpec } from "../ir/spec.js";
import { fixtureArgv, startFixtureHttp } from "../testing/fixture.js";
import { introspect } from "./introspect.js";

const EVERYTHING = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const LIMITS = { killAfterMs: 200 };

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The reference server of the legacy era, over Streamable HTTP. */
async function startEverything(): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, [EVERYTHING, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let said = "";
  for await (const chunk of child.stderr.setEncoding("utf8")) {
    said += String(chunk);
    if (said.includes("listening")) break;
  }
  return `http://127.0.0.1:${port}/mcp`;
}

const counts = (spec: ServerSpec): readonly number[] => [
  spec.tools.length,
  spec.resources.length,
  spec.resourceTemplates.length,
  spec.prompts.length,
];

describe("introspect, real servers", () => {
  it("shows all of server-everything, over stdio as over HTTP", async () => {
    const stdio = await introspect(stdioBackend({ argv: [process.execPath, EVERYTHING, "stdio"], limits: LIMITS }));
    expect(counts(stdio)).toEqual([16, 7, 2, 4]);
    expect(stdio).toMatchObject({ protocolVersion: "2025-11-25", server: { version: "2.0.0" }, diagnostics: [] });
    const http = await introspect(httpBackend({ url: await startEverything() }));
    expect(http).toEqual(stdio);
  });

  it.each([
    { name: "both eras, auto", server: "dual", era: "auto", want: "2026-07-28" },
    { name: "both eras, legacy asked", server: "dual", era: "legacy", want: "2025-11-25" },
    { name: "both eras, modern asked", server: "dual", era: "modern", want: "2026-07-28" },
    { name: "legacy only, auto", server: "legacy", era: "auto", want: "2025-11-25" },
    { name: "modern only, auto", server: "modern", era: "auto", want: "2026-07-28" },
    { name: "legacy only, modern asked", server: "legacy", era: "modern", want: /does not speak a modern revision/ },
    { name: "modern only, legacy asked", server: "modern", era: "legacy", want: /does not speak a legacy revision/ },
  ] as const)("a server of $name", async ({ server, era, want }) => {
    const env = { FIXTURE_ERA: server };
    const http = await startFixtureHttp("everything", { env });
    try {
      const backends = [
        stdioBackend({ argv: fixtureArgv("everything"), env, limits: LIMITS }),
        httpBackend({ url: http.url }),
      ];
      for (const backend of backends) {
        if (typeof want !== "string") {
          await expect(introspect(backend, { era })).rejects.toMatchObject({
            code: "remote",
            text: expect.stringMatching(want) as string,
          });
          continue;
        }
        const spec = await introspect(backend, { era });
        expect(spec.protocolVersion).toBe(want);
        expect(spec.server.name).toBe("everything");
        expect(spec.tools.length).toBeGreaterThan(20);
      }
    } finally {
      await http.close();
    }
  });

  it("a slow modern server behind a probe that gives up early is still modern", async () => {
    const backend = stdioBackend({ argv: fixtureArgv("everything"), limits: LIMITS });
    const spec = await introspect(backend, { probeTimeoutMs: 1 });
    expect(spec.protocolVersion).toBe("2026-07-28");
    expect(spec.tools.length).toBeGreaterThan(20);
  });

  it("a slow legacy server is asked to initialize beside the probe", async () => {
    const backend = stdioBackend({ argv: fixtureArgv("minimal"), limits: LIMITS });
    const spec = await introspect(backend, { probeTimeoutMs: 1 });
    expect(spec).toMatchObject({ protocolVersion: "2025-11-25", server: { name: "minimal" } });
  });

  it("a program that is no server says so with its last words", async () => {
    const argv = [process.execPath, "-e", "console.error('no such database'); process.exit(3)"];
    await expect(introspect(stdioBackend({ argv, limits: LIMITS }))).rejects.toMatchObject({
      code: "closed",
      why: expect.stringContaining("no such database") as string,
    });
  });

  it("a program that hangs: the time-out names the step", async () => {
    const backend = stdioBackend({ argv: [process.execPath, "-e", "process.stdin.resume()"], limits: LIMITS });
    await expect(introspect(backend, { connectTimeoutMs: 400, probeTimeoutMs: 50 })).rejects.toMatchObject({
      code: "timeout",
      text: "initialize did not answer within 400 ms",
    });
  });
});
