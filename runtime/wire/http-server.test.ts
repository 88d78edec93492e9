import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ask, exchangeRaw } from "../../generator/testing/http-peer.js";
import { RuntimeError } from "../core/errors.js";
import { readBody, type BodyBudget } from "./http-body.js";
import { listenHttp, type HttpHandler, type HttpServer, type HttpTimeouts } from "./http-server.js";

let server: HttpServer | undefined;
afterEach(() => server?.close());

const hello: HttpHandler = (_, response) => {
  response.end("hello");
  return Promise.resolve();
};

async function start(handler: HttpHandler = hello, timeouts: Partial<HttpTimeouts> = {}): Promise<string> {
  server = await listenHttp({ host: "127.0.0.1", port: 0, handler, timeouts });
  return server.origin;
}

const HEAD = "POST / HTTP/1.1\r\nHost: x\r\n";
const SHORT: Partial<HttpTimeouts> = { headersMs: 50, requestMs: 100, checkMs: 20 };

describe("clients that keep a connection for nothing", () => {
  const cases = [
    { name: "nothing at all", given: "", want: "408" },
    { name: "half of the headers", given: HEAD, want: "408" },
    { name: "half of the body", given: `${HEAD}Content-Length: 10\r\n\r\nhalf`, want: "408" },
  ];
  // The body is waited for, as the real handler does.
  const reading: HttpHandler = async ({ stream }, response) => {
    await readBody(stream, { maxBytes: 100, budget: { maxBytes: 100, usedBytes: 0 } }).catch(() => undefined);
    response.end();
  };
  it.each(cases)("$name: closed", async ({ given, want }) => {
    const url = await start(reading, SHORT);
    const { text } = await exchangeRaw(url, given, { end: false });
    expect(text).toContain(want);
  });
});

describe("listenHttp", () => {
  it("answers a client that has ended its side", async () => {
    const url = await start(async (_, response) => {
      await new Promise((resolve) => response.socket?.once("end", resolve));
      response.end("late");
    });
    const { text } = await exchangeRaw(url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(text).toContain("late");
  });

  it("gives doubled headers as lists, and the path without its query", async () => {
    const url = await start((request, response) => {
      response.end(
        JSON.stringify([request.path, request.headers["x-a"], request.headers["x-b"], request.headers["__proto__"]]),
      );
      return Promise.resolve();
    });
    const answer = await ask(`${url}/a%2fb?c#d`, { method: "GET", headers: { "x-a": ["1", "2"], "x-b": "3" } });
    expect(await answer.json()).toEqual(["/a%2fb", ["1", "2"], "3", null]);
  });

  it("answers 500 when its handler fails", async () => {
    const url = await start(() => Promise.reject(new Error("bug")));
    const answer = await ask(url, { method: "GET" });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("bug");
  });

  it("says what is in use, and what to do", async () => {
    const url = new URL(await start());
    const second = listenHttp({ host: "127.0.0.1", port: Number(url.port), handler: hello });
    await expect(second).rejects.toMatchObject({
      code: "config",
      text: `127.0.0.1:${url.port} is in use`,
      hint: expect.stringContaining("another port") as unknown,
    });
  });

  it.each([
    { name: "an address of nobody here", host: "192.0.2.1" },
    { name: "a name that does not exist", host: "no-such-host.invalid" },
  ])("refuses to bind $name", async ({ host }) => {
    await expect(listenHttp({ host, port: 0, handler: hello })).rejects.toMatchObject({ code: "config" });
  });

  it("closes what is idle at once and what is open at its deadline", async () => {
    const unfinished: HttpHandler = (_, response) => {
      response.flushHeaders();
      return Promise.resolve();
    };
    const url = new URL(await start(unfinished, { closeMs: 50 }));
    const open = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = connect({ host: url.hostname, port: Number(url.port) }, () => resolve(socket));
      });
    const silent = await open();
    const streaming = await open();
    streaming.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => streaming.once("data", resolve));
    const ends = [silent, streaming].map(
      (socket) =>
        new Promise((resolve) =>
          socket
            .resume()
            .on("error", () => undefined)
            .once("close", resolve),
        ),
    );
    await server?.close();
    await Promise.all(ends);
  });
});

describe("readBody", () => {
  const upload = async (size: number, budget: BodyBudget): Promise<string> => {
    const outcome: string[] = [];
    const url = await start(async ({ stream }, response) => {
      try {
        const body = await readBody(stream, { maxBytes: 1000, budget, discardMs: 50 });
        outcome.push(`${body.chunks.reduce((sum, chunk) => sum + chunk.length, 0)} of ${budget.usedBytes}`);
        body.release();
        body.release();
      } catch (error) {
        outcome.push(RuntimeError.from(error).code);
      }
      response.end();
    });
    await (await ask(url, { body: Buffer.alloc(size, 0x20), headers: { "transfer-encoding": "chunked" } })).text();
    return outcome.join();
  };
  const cases = [
    { name: "at the limit", size: 1000, free: 5000, want: "1000 of 6000" },
    { name: "over the limit", size: 1001, free: 5000, want: "too_large" },
    { name: "over what all may hold together", size: 500, free: 499, want: "overloaded" },
  ];
  it.each(cases)("$name: $want", async ({ size, free, want }) => {
    const budget = { maxBytes: 10_000, usedBytes: 10_000 - free };
    expect(await upload(size, budget)).toBe(want);
    expect(budget.usedBytes).toBe(10_000 - free);
  });

  it("throws when the client goes away, and gives its bytes back", async () => {
    const budget = { maxBytes: 10_000, usedBytes: 0 };
    let told: ((code: string) => void) | undefined;
    const code = new Promise<string>((resolve) => (told = resolve));
    const url = new URL(
      await start(({ stream }) =>
        readBody(stream, { maxBytes: 1000, budget }).then(
          () => told?.("body"),
          (error: unknown) => told?.(RuntimeError.from(error).code),
        ),
      ),
    );
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.write(`${HEAD}Content-Length: 100\r\n\r\nhalf`);
    await expect.poll(() => budget.usedBytes).toBe(4);
    socket.resetAndDestroy();
    expect(await code).toBe("closed");
    expect(budget.usedBytes).toBe(0);
  });
});
