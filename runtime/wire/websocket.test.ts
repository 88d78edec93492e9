import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { dial, type WebSocketPeer } from "../../generator/testing/websocket-peer.js";
import { CLOSE, frameSocket, type FrameSocket } from "./websocket.js";

const cleaning: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleaning.splice(0)) clean();
});

interface PairOptions {
  readonly keepAliveMs?: number;
  readonly autoPong?: boolean;
}

/** Ours on the server's side, and a client. */
async function pair({ keepAliveMs = 60_000, autoPong = true }: PairOptions = {}): Promise<{
  ours: FrameSocket;
  ws: WebSocket;
  peer: WebSocketPeer;
}> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  const met = new Promise<{ ours: FrameSocket; ws: WebSocket }>((resolve) => {
    server.on("upgrade", (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (ws) =>
        resolve({ ws, ours: frameSocket(ws, { socket: request.socket, keepAliveMs, closeMs: 50 }) }),
      ),
    );
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleaning.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const peer = await dial(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { autoPong });
  return { ...(await met), peer };
}

const MEGABYTE = Buffer.alloc(1024 * 1024, "x");

describe("frameSocket", () => {
  it("makes writers wait for a peer that does not read, and goes on when it does", async () => {
    const { ours, ws, peer } = await pair();
    peer.ws.pause();
    const sent: Promise<unknown>[] = [];
    let taken = 0;
    const text = Buffer.concat([Buffer.from('"'), MEGABYTE, Buffer.from('"')]);
    for (let count = 0; count < 50; count++) sent.push(ours.send([text]).then(() => (taken += 1)));
    let last = -1;
    await expect.poll(() => last === (last = taken), { interval: 100 }).toBe(true);
    expect(taken).toBeLessThan(30);
    expect(ws.bufferedAmount).toBeLessThan(2 * MEGABYTE.length);
    peer.ws.resume();
    await Promise.all(sent);
    for (let count = 0; count < 50; count++) expect(await peer.next()).toHaveLength(MEGABYTE.length);
  });

  it("makes a peer wait while nobody reads, and does not take it for dead", async () => {
    const { ours, peer } = await pair({ keepAliveMs: 100 });
    const text = `"${"x".repeat(1024 * 1024)}"`;
    for (let count = 0; count < 30; count++) peer.ws.send(text);
    // Its answers to these wait behind what we do not read.
    for (let pings = 0; pings < 5; pings++) await once(peer.ws, "ping");
    expect(peer.ws.bufferedAmount).toBeGreaterThan(10 * MEGABYTE.length);
    let got = 0;
    for await (const { bytes } of ours.frames) {
      expect(bytes).toHaveLength(text.length);
      if (++got === 30) break;
    }
    expect(got).toBe(30);
  });

  it("cuts a message into slices that no other message comes between", async () => {
    const { ours, peer } = await pair();
    const large = Buffer.from(JSON.stringify("ä".repeat(2_000_000)));
    const sent = [ours.send([large.subarray(0, 3), large.subarray(3)]), ours.send([Buffer.from("1")])];
    await Promise.all(sent);
    expect([await peer.next(), await peer.next()]).toEqual(["ä".repeat(2_000_000), 1]);
  });

  it("cuts off a peer of which nothing comes", async () => {
    const { ours } = await pair({ keepAliveMs: 10, autoPong: false });
    expect(await ours.ended).toMatchObject({ code: 1006 });
  });

  it("says goodbye after what was sent, and cuts off who does not answer", async () => {
    const { ours, peer } = await pair();
    const said = ours.send([Buffer.from("1")]);
    const closed = ours.close(CLOSE.goingAway);
    await Promise.all([said, closed]);
    expect([await peer.next(), await peer.closed]).toEqual([1, 1001]);
    const mute = await pair();
    mute.peer.ws.pause();
    await mute.ours.close(CLOSE.normal);
    await expect(mute.ours.send([Buffer.from("2")])).rejects.toMatchObject({ code: "closed" });
  });
});
