import { afterEach, describe, expect, it } from "vitest";
import type { Answer } from "../../generator/testing/http-peer.js";
import { LOGGED, request, rpcs, stage, take, visit } from "../../generator/testing/http-visitor.js";
import type { Backend } from "../core/backend.js";
import { pipe } from "../core/channel.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Rpc } from "../core/message.js";
import { serve, type Running } from "../serve.js";
import { httpFrontend } from "./http.js";

let running: Running | undefined;
afterEach(() => running?.close());

const logged: string[] = [];

async function start(backend: Backend, limits: Partial<Limits> = {}): Promise<string> {
  logged.length = 0;
  const log: Log = (level, text) => void logged.push(`${level}: ${text}`);
  const frontends = [httpFrontend({ host: "127.0.0.1", port: 0, limits, log })];
  running = await serve({ backend, frontends, limits });
  return running.addresses[0] ?? "";
}

describe("streams", () => {
  it("become one when something comes before the answer", async () => {
    const visitor = await visit(await start(stage()));
    const answer = await visitor.post(request(1, "log"));
    expect(answer.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(rpcs(await take(answer, 2))).toEqual([LOGGED, { jsonrpc: "2.0", id: 1, result: { after: 1 } }]);
    expect(await answer.event()).toBeUndefined();
  });

  const primings = [
    { version: "2025-11-25", want: true },
    { version: "2025-06-18", want: false },
    { version: "2025-03-26", want: false },
  ];
  it.each(primings)("begin with an event without data for $version: $want", async ({ version, want }) => {
    const server = stage();
    const visitor = await visit(await start(server), version);
    const get = await visitor.get();
    server.peer().send(LOGGED);
    const post = await visitor.post(request(1, "log"));
    for (const stream of [get, post]) {
      const first = await stream.event();
      if (want) expect(first).toMatchObject({ retryMs: 1000, id: expect.stringMatching(/^\d+-\d+$/) as unknown });
      expect(first?.rpc).toEqual(want ? undefined : LOGGED);
    }
  });

  it("keep a silent answer alive with comments", async () => {
    const server = stage();
    const visitor = await visit(await start(server, { keepAliveMs: 20 }));
    const answer = await visitor.post(request(1, "wait"));
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    let comments = 0;
    let text = "";
    for await (const chunk of answer.message as AsyncIterable<Buffer>) {
      text += chunk.toString();
      comments = text.split(":\n\n").length - 1;
      if (comments === 3) server.peer().send({ jsonrpc: "2.0", id: 1, result: "at last" });
    }
    expect(comments).toBeGreaterThanOrEqual(3);
    expect(text).toContain('"at last"');
  });

  it("carry what the server asks, and the client's answer goes back", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const answer = await Promise.all([
      visitor.post(request(1, "wait")),
      expect
        .poll(() => server.heard)
        .toContain("1 wait")
        .then(() => server.peer().send(request("ask-1", "elicitation/create", { message: "?" }))),
    ]);
    const [stream] = answer;
    expect(rpcs(await take(stream, 1))).toMatchObject([{ id: "ask-1", method: "elicitation/create" }]);
    expect((await visitor.post({ jsonrpc: "2.0", id: "ask-1", result: { action: "accept" } })).status).toBe(202);
    await expect.poll(() => server.messages.at(-1)).toMatchObject({ id: "ask-1", result: { action: "accept" } });
    server.peer().send({ jsonrpc: "2.0", id: 1, result: "done" });
    expect(rpcs(await take(stream, 1))).toMatchObject([{ id: 1, result: "done" }]);
  });

  it("put what is related to a request with it", async () => {
    const [near, far] = pipe();
    const url = await start({ kind: "http", open: () => Promise.resolve(near) });
    const heard: Rpc[] = [];
    void (async () => {
      for await (const { rpc, id, method } of far.incoming) {
        heard.push(rpc);
        if (method !== "wait" && id !== undefined)
          await far.send(messageFromRpc({ jsonrpc: "2.0", id, result: rpc.params }));
      }
    })();
    const visitor = await visit(url);
    const posts = [1, 2].map((id) => visitor.post(request(id, "wait")));
    await expect.poll(() => heard.filter((rpc) => rpc.method === "wait").length).toBe(2);
    await far.send(messageFromRpc(LOGGED, { relatedTo: 1 }));
    for (const id of [1, 2]) await far.send(messageFromRpc({ jsonrpc: "2.0", id, result: id }));
    const [first, second] = await Promise.all(posts);
    expect(rpcs(await take(first as Answer, 2))).toMatchObject([LOGGED, { id: 1 }]);
    expect(second?.headers["content-type"]).toBe("application/json");
  });

  it("put progress with the request that asked for it, whatever else is under way", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const posts = [7, "7"].map((token, index) =>
      visitor.post(request(index, "wait", { _meta: { progressToken: token } })),
    );
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    const progress = (progressToken: unknown): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken, progress: 1 },
    });
    server.peer().send(progress("7"));
    server.peer().send(progress(7));
    for (const id of [0, 1]) server.peer().send({ jsonrpc: "2.0", id, result: {} });
    const [number, text] = await Promise.all(posts);
    expect(rpcs(await take(number as Answer, 2))).toEqual([progress(7), { jsonrpc: "2.0", id: 0, result: {} }]);
    expect(rpcs(await take(text as Answer, 2))).toEqual([progress("7"), { jsonrpc: "2.0", id: 1, result: {} }]);
  });

  it("put what belongs to no request on the GET stream, once, when several are under way", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const stream = await visitor.get();
    const posts = [1, 2].map((id) => visitor.post(request(id, "wait")));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    server.peer().send(LOGGED);
    expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
    for (const id of [1, 2]) server.peer().send({ jsonrpc: "2.0", id, result: id });
    for (const answer of await Promise.all(posts)) expect(answer.headers["content-type"]).toBe("application/json");
  });

  it("put it on the newest request where there is no GET stream", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const first = visitor.post(request(1, "wait"));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(1);
    const second = visitor.post(request(2, "wait"));
    await expect.poll(() => server.heard.filter((one) => one === "1 wait").length).toBe(2);
    server.peer().send(LOGGED);
    expect(rpcs(await take(await second, 1))).toEqual([LOGGED]);
    for (const id of [1, 2]) server.peer().send({ jsonrpc: "2.0", id, result: id });
    expect((await first).headers["content-type"]).toBe("application/json");
  });

  it("hold it for the next GET where nothing is open, and drop the oldest past the bound", async () => {
    const server = stage();
    const visitor = await visit(await start(server, { replayBytes: 1000 }));
    const note = (n: number): Rpc => ({
      jsonrpc: "2.0",
      method: "notifications/n",
      params: { n, pad: "x".repeat(200) },
    });
    for (let n = 0; n < 5; n++) server.peer().send(note(n));
    await visitor.post(request(1, "echo")); // answered after them, so they have arrived
    const stream = await visitor.get();
    expect(rpcs(await take(stream, 3))).toEqual([note(2), note(3), note(4)]);
    server.peer().send(note(5));
    expect(rpcs(await take(stream, 1))).toEqual([note(5)]);
    expect(logged.filter((line) => line.includes("dropped")).map((line) => line.split(":")[0])).toEqual([
      "warn",
      "debug",
    ]);
  });

  it("allow one GET at a time, and another once the first is gone", async () => {
    const visitor = await visit(await start(stage()));
    const first = await visitor.get();
    expect((await visitor.get()).status).toBe(409);
    await first.drop();
    await expect.poll(async () => (await visitor.get()).status).toBe(200);
  });

  it("drop an answer that nobody waits for", async () => {
    const server = stage();
    const visitor = await visit(await start(server));
    const stream = await visitor.get();
    server.peer().send({ jsonrpc: "2.0", id: 99, result: "stray" });
    server.peer().send(LOGGED);
    expect(rpcs(await take(stream, 1))).toEqual([LOGGED]);
  });
});
