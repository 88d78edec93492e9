import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { httpBackend } from "../../runtime/backends/http.js";
import { sseBackend } from "../../runtime/backends/sse.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import { tcpBackend } from "../../runtime/backends/tcp.js";
import { unixBackend } from "../../runtime/backends/unix.js";
import { websocketBackend } from "../../runtime/backends/websocket.js";
import type { Backend } from "../../runtime/core/backend.js";
import { serve, type Running } from "../../runtime/serve.js";
import { leaks, type LeakCheck } from "./leak.js";
import { rawClient, type RawClient } from "./matrix-client.js";
import { frontOf, KINDS, type Kind } from "./matrix-front.js";
import { peerArgv, startPeer, type Peer } from "./matrix-peer.js";
import { SCENARIOS, type Pair } from "./matrix-scenario.js";
import { socketWire } from "./matrix-wire.js";

let folder = "";
let direct: RawClient;
let hello = "";
let directPeer: Peer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpgen-matrix-"));
  await mkdir(join(folder, "tmp"));
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
  directPeer = await startPeer("tcp");
  direct = rawClient(await socketWire(directPeer.address));
  hello = await direct.initialize();
});
afterAll(async () => {
  direct.wire.kill();
  await directPeer.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A session whose HTTP client has died ends by this alone. Starting fifty processes takes a while, in which clients say nothing. */
const idle = (backend: Kind): { readonly sessionIdleMs: number } => ({
  sessionIdleMs: backend === "stdio" ? 15_000 : 3_000,
});

function backendOf(kind: Kind, address: string): Backend {
  const { hostname: host, port } = new URL(kind === "tcp" ? address.replace(/^tcp:/, "http:") : "http://none");
  switch (kind) {
    case "stdio":
      return stdioBackend({ argv: peerArgv("stdio") });
    case "http":
      return httpBackend({ url: address });
    case "sse":
      return sseBackend({ url: address });
    case "tcp":
      return tcpBackend({ host, port: Number(port) });
    case "unix":
      return unixBackend({ path: address.slice("unix:".length) });
    case "websocket":
      return websocketBackend({ url: address });
  }
}

describe.each(KINDS)("%s backend", (backendKind) => {
  let peer: Peer | undefined;
  let check: LeakCheck;
  beforeAll(async () => {
    if (backendKind !== "stdio") peer = await startPeer(backendKind, join(folder, "peer.sock"));
    check = await leaks();
  });
  afterAll(() => peer?.close());
  afterEach(() => check.expectNone());

  describe.each(KINDS)("behind %s", (frontendKind) => {
    it("carries everything", { timeout: 60_000 }, async () => {
      const running: Running[] = [];
      const limits = idle(backendKind);
      const front = frontOf(frontendKind, { folder, limits });
      running.push(
        await serve({ backend: backendOf(backendKind, peer?.address ?? ""), frontends: [front.frontend], limits }),
      );
      const connect = async (): Promise<RawClient> => rawClient(await front.wire(running[0]?.addresses[0] ?? ""));
      const pair: Pair = { connect, direct, hello, many: frontendKind !== "stdio" };
      try {
        const client = await connect();
        expect(await client.initialize()).toBe(hello);
        for (const scenario of SCENARIOS) {
          try {
            await scenario.run(client, pair);
          } catch (error) {
            throw new Error(`${scenario.name}: ${String(error)}`, { cause: error });
          }
        }
        await client.wire.close();
        await vi.waitFor(() => expect(running[0]?.gauges()).toEqual({ sessions: 0, underWay: 0 }), { timeout: 20_000 });
      } finally {
        await Promise.all(running.map((one) => one.close()));
      }
    });
  });
});
