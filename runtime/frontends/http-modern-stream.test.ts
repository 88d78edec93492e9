import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ask, exchangeRaw, type Answer } from "../../generator/testing/http-peer.js";
import { rpcs, take } from "../../generator/testing/http-visitor.js";
import { complete, modern, modernStage, rawWait, type ModernStage } from "../../generator/testing/modern-visitor.js";
import { servePlain, type Plain } from "../../generator/testing/plain-host.js";
import type { Script } from "../../generator/testing/scripted.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { META } from "../era/envelope.js";
import { httpFrontend } from "./http.js";

let started: Plain | undefined;
afterEach(() => started?.close());

async function start(script: Script = {}, limits: Partial<Limits> = {}): Promise<ModernStage> {
  const stage = await modernStage({ "prompts/get": complete(), ...script }, limits);
  started = stage;
  return stage;
}

describe("the stream of a request", () => {
  const progress = (n: number) => ({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: "t", progress: n },
  });

  it("begins with the first notification and ends with the answer, without ids and without requests", async () => {
    const { url } = await start({
      work: (_, its) => {
        its.send(progress(1));
        its.send({ jsonrpc: "2.0", id: 7, method: "sampling/createMessage" });
        its.send(progress(2));
        return complete();
      },
    });
    const answer = await ask(url, modern("work"));
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    expect(answer.headers).toMatchObject({ "x-accel-buffering": "no", "cache-control": "no-cache, no-transform" });
    const text = await answer.text();
    expect(text).not.toMatch(/^id:/m);
    expect(text.match(/^data: .*$/gm)?.map((line) => JSON.parse(line.slice(6)) as unknown)).toEqual([
      progress(1),
      progress(2),
      { jsonrpc: "2.0", id: 7, result: { resultType: "complete" } },
    ]);
  });

  it("begins after a silence, with comments", async () => {
    const { url, peer } = await start({}, { keepAliveMs: 20 });
    const answer = await ask(url, modern("wait"));
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    peer().send({ jsonrpc: "2.0", id: 7, ...complete() });
    expect(await answer.text()).toContain('"id":7');
  });

  it("begins after a silence of a server that starts slowly, and tells there that it failed", async () => {
    let fail: (error: Error) => void = () => undefined;
    const opening = new Promise<never>((_, reject) => (fail = reject));
    const frontend = httpFrontend({ host: "127.0.0.1", port: 0, limits: { keepAliveMs: 20 } });
    const plain = await servePlain({ kind: "stdio", open: () => opening }, frontend);
    started = plain;
    const answer = await ask(plain.url, modern("wait"));
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    fail(new RuntimeError("unreachable", "it did not start"));
    expect(rpcs(await take(answer, 1))).toMatchObject([{ id: 7, error: { code: -32603 } }]);
    expect(await answer.event()).toBeUndefined();
  });

  it.each(["before it begins", "after it has begun"])("cancels when the client leaves %s", async (when) => {
    const { url, server, peer } = await start();
    if (when === "before it begins") {
      const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
      socket.write(rawWait(url));
      await server.untilHeard("1 wait");
      socket.destroy();
    } else {
      const asked = ask(url, modern("wait"));
      await server.untilHeard("1 wait");
      peer().send(progress(1));
      const answer = await asked;
      await take(answer, 1);
      await answer.drop();
    }
    await server.untilHeard("1 notifications/cancelled");
    expect(server.messages.at(-1)).toMatchObject({ params: { requestId: 7 } });
    await expect.poll(() => server.stillOpen()).toBe(0);
  });
});

describe("a client that has ended its side", () => {
  it("is answered all the same", async () => {
    const { url, server, peer } = await start();
    const exchanged = exchangeRaw(url, rawWait(url));
    await server.untilHeard("1 wait");
    peer().send({ jsonrpc: "2.0", id: 7, ...complete({ done: true }) });
    expect((await exchanged).text).toContain('"done":true');
  });

  it("is answered after it has been probed", async () => {
    const { url, server, peer } = await start();
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    let text = "";
    const comment = new Promise<void>((resolve) => {
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
        if (/^:/m.test(text)) resolve();
      });
    });
    const closed = once(socket, "close");
    socket.end(rawWait(url));
    await server.untilHeard("1 wait");
    await comment;
    peer().send({ jsonrpc: "2.0", id: 7, ...complete({ done: true }) });
    await closed;
    expect(text).toContain('"done":true');
    expect(server.heard).toEqual(["1 wait"]);
  });
});

describe("subscriptions/listen", () => {
  const LISTEN = modern("subscriptions/listen", { notifications: { toolsListChanged: true } });
  const about = (method: string) => ({ jsonrpc: "2.0", method, params: { _meta: { [META.subscriptionId]: 7 } } });
  const listening: Script = {
    "subscriptions/listen": (_, its) => {
      its.send(about("notifications/subscriptions/acknowledged"));
      return "silence";
    },
  };

  async function listen(): Promise<ModernStage & { answer: Answer }> {
    const stage = await start(listening);
    const answer = await ask(stage.url, LISTEN);
    expect(rpcs(await take(answer, 1))).toEqual([about("notifications/subscriptions/acknowledged")]);
    return { ...stage, answer };
  }

  it("streams until the server ends it", async () => {
    const { answer, peer } = await listen();
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    peer().send(about("notifications/tools/list_changed"));
    expect(rpcs(await take(answer, 1))).toEqual([about("notifications/tools/list_changed")]);
    peer().send({ jsonrpc: "2.0", id: 7, ...complete() });
    expect(rpcs(await take(answer, 1))).toMatchObject([{ id: 7, result: { resultType: "complete" } }]);
    expect(await answer.event()).toBeUndefined();
  });

  it("keeps its status where the server has none", async () => {
    const { url } = await start();
    expect((await ask(url, LISTEN)).status).toBe(404);
  });

  it("is canceled when the client leaves", async () => {
    const { answer, server } = await listen();
    await answer.drop();
    await server.untilHeard("1 notifications/cancelled");
  });

  it("ends gracefully when the proxy is drained", async () => {
    const { answer, server } = await listen();
    const drained = started?.drain();
    expect(rpcs(await take(answer, 1))).toEqual([
      { jsonrpc: "2.0", id: 7, result: { resultType: "complete", _meta: { [META.subscriptionId]: 7 } } },
    ]);
    expect(await answer.event()).toBeUndefined();
    await drained;
    expect(server.stillOpen()).toBe(0);
  });
});

describe("drain", () => {
  it("lets a request under way be answered, and takes no new one", async () => {
    const { url, server, peer } = await start();
    const waiting = ask(url, modern("wait"));
    await server.untilHeard("1 wait");
    const drained = started?.drain();
    const refused = await ask(url, modern("prompts/get", { name: "a" }));
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
    peer().send({ jsonrpc: "2.0", id: 7, ...complete({ done: true }) });
    expect(await (await waiting).json()).toMatchObject({ result: { done: true } });
    await drained;
  });
});
