import { afterEach, describe, expect, it } from "vitest";
import { LOGGED, request, rpcs, stage, take, visit } from "../../generator/testing/http-visitor.js";
import type { Backend } from "../core/backend.js";
import type { Limits } from "../core/limits.js";
import { type Rpc } from "../core/message.js";
import { serve, type Running } from "../serve.js";
import { replayRing } from "./http-replay.js";
import { httpFrontend } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

async function start(backend: Backend, limits: Partial<Limits> = {}): Promise<string> {
  running = await serve({ backend, frontends: [httpFrontend({ host: "127.0.0.1", port: 0, limits })], limits });
  return running.addresses[0] ?? "";
}

describe("resuming", () => {
  it("gives each later event of the same stream exactly once, then goes on with it", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const post = visitor.post(request(1, "wait", { _meta: { progressToken: 1 } }));
    await expect.poll(() => server.heard).toContain("1 wait");
    const progress = (n: number): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken: 1, progress: n },
    });
    server.peer().send(progress(1));
    const answer = await post;
    const [first] = await take(answer, 1);
    await answer.drop();
    server.peer().send(progress(2)); // nobody is connected now
    const other = await visitor.get(); // another stream, which must not get them
    const resumed = await visitor.get(first?.id);
    expect(rpcs(await take(resumed, 1))).toEqual([progress(2)]);
    server.peer().send(progress(3));
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "done" });
    const rest = await take(resumed, 2);
    expect(rpcs(rest)).toEqual([progress(3), { jsonrpc: "2.0", id: 1, result: "done" }]);
    expect(await resumed.event()).toBeUndefined();
    const again = await visitor.get(first?.id);
    expect(rpcs(await take(again, 3))).toEqual([progress(2), progress(3), { jsonrpc: "2.0", id: 1, result: "done" }]);
    expect(await again.event()).toBeUndefined();
    server.peer().send(LOGGED);
    expect(rpcs(await take(other, 1))).toEqual([LOGGED]);
  });

  it("is not needed for the server to go on: a client that is gone has canceled nothing", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const post = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard).toContain("1 wait");
    server.peer().send(LOGGED);
    const answer = await post;
    const prime = await answer.event();
    await answer.drop();
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "kept" });
    await visitor.post(request(2, "echo"));
    expect(server.heard).not.toContain("1 notifications/cancelled");
    const resumed = await visitor.get(prime?.id);
    expect(rpcs(await take(resumed, 2))).toEqual([LOGGED, { jsonrpc: "2.0", id: 1, result: "kept" }]);
  });

  it("of the GET stream replaces the connection that was lost", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const lost = await visitor.get();
    server.peer().send(LOGGED);
    const [event] = await take(lost, 1);
    const resumed = await visitor.get(event?.id); // we still hold the old one
    server.peer().send({ ...LOGGED, params: 2 });
    expect(rpcs(await take(resumed, 1))).toEqual([{ ...LOGGED, params: 2 }]);
    await expect(lost.event()).rejects.toThrow();
  });

  it.each(["9-1", "nonsense", "0-99999999999"])(
    "from %j, which is no event of ours, opens a fresh stream",
    async (id) => {
      const server = stage();
      const visitor = await visit(await start(server));
      const stream = await visitor.get(id);
      expect(stream.status).toBe(200);
      server.peer().send(LOGGED);
      expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
    },
  );
});

describe("what is kept for replay", () => {
  it("is dropped after five minutes", () => {
    let now = 0;
    const dropped: number[] = [];
    const ring = replayRing({ maxBytes: 1000, onDrop: ({ seq }) => dropped.push(seq), now: () => now });
    ring.record(1, [Buffer.from("a")]);
    now = 200_000;
    ring.record(1, [Buffer.from("b")]);
    now = 300_000;
    expect(ring.after(1, 0).map(({ seq }) => seq)).toEqual([1, 2]);
    now = 300_001;
    expect(ring.after(1, 0).map(({ seq }) => seq)).toEqual([2]);
    expect(dropped).toEqual([1]);
  });
});
