import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Backend, Client } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError, type RuntimeErrorCode } from "../core/errors.js";
import { failureResponse, messageFromRpc } from "../core/message.js";
import { breaking } from "./breaker.js";

/** What becomes of a channel as soon as it is open. */
type Fate = "dies" | "answers" | "answers, then dies" | "answers unreachable" | RuntimeErrorCode;

const logged: string[] = [];
const log = (_: string, text: string): void => void logged.push(text);
const signal = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  logged.length = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Server extends Backend {
  fate: Fate;
  /** When it was opened, in seconds. */
  readonly openedAt: number[];
}

function serverOf(fate: Fate): Server {
  const server: Server = {
    kind: "stdio",
    fate,
    openedAt: [],
    open() {
      server.openedAt.push(performance.now() / 1000);
      const { fate } = server;
      const incoming = new MessageQueue();
      const channel: Channel = {
        incoming,
        send: () => undefined,
        close: () => {
          incoming.end();
          return Promise.resolve();
        },
      };
      if (fate === "answers unreachable") void incoming.push(failureResponse(1, new RuntimeError("unreachable", "no")));
      else if (fate === "answers" || fate === "answers, then dies")
        void incoming.push(messageFromRpc({ jsonrpc: "2.0", id: 1, result: {} }));
      else if (fate !== "dies") return Promise.reject(new RuntimeError(fate, "no server"));
      if (fate.endsWith("dies")) incoming.end(new RuntimeError("closed", "exited with code 1"));
      return Promise.resolve(channel);
    },
  };
  return server;
}

/** Opens, reads to the end, or as long as something comes. */
async function use(backend: Backend, client?: Client): Promise<Channel | RuntimeError> {
  try {
    const channel = await backend.open(signal, client);
    void (async () => {
      try {
        for await (const { kind } of channel.incoming) expect(kind).toBe("response");
      } catch {
        // the fate of some
      }
    })();
    await vi.advanceTimersByTimeAsync(0);
    return channel;
  } catch (error) {
    return RuntimeError.from(error);
  }
}

/** Somebody who tries every 100 ms. */
async function insist(backend: Backend, seconds: number): Promise<void> {
  const untilMs = performance.now() + seconds * 1000;
  let trying = false;
  while (performance.now() < untilMs) {
    if (!trying) {
      trying = true;
      void use(backend).finally(() => (trying = false));
    }
    await vi.advanceTimersByTimeAsync(100);
  }
}

const FAILING: readonly Fate[] = [
  "dies",
  "answers, then dies",
  "answers unreachable",
  "unreachable",
  "closed",
  "timeout",
];

describe("a server that cannot stay up", () => {
  it.each(FAILING)("%s: at most 12 starts in a minute, 30 s between two at the most, and it is told", async (fate) => {
    const server = serverOf(fate);
    const backend = breaking(server, { log });
    await insist(backend, 5);
    expect(backend.ready()).toMatchObject({ ready: false, why: expect.stringContaining("5 times in 60 s") as unknown });
    await insist(backend, 55);
    expect(server.openedAt.length).toBeGreaterThanOrEqual(6);
    expect(server.openedAt.length).toBeLessThanOrEqual(12);
    await insist(backend, 200);
    const pauses = server.openedAt.slice(1).map((at, n) => at - (server.openedAt[n] ?? 0));
    expect(Math.max(...pauses)).toBeLessThan(30.3);
    expect(logged.filter((text) => text.includes("failed 5 times"))).toHaveLength(1);
  });

  it.each([0, 0.999])("whatever the dice say (%d)", async (dice) => {
    vi.spyOn(Math, "random").mockReturnValue(dice);
    const server = serverOf("dies");
    await insist(breaking(server, { log }), 60);
    expect(server.openedAt.length).toBeLessThanOrEqual(12);
  });

  it("is refused with what went wrong and when to come again", async () => {
    const backend = breaking(serverOf("dies"), { log });
    await insist(backend, 3);
    const refused = await use(backend);
    expect(refused).toMatchObject({
      code: "overloaded",
      text: expect.stringMatching(/^the server was restarted 5 times in 60 s; next try in [12] s$/) as unknown,
      why: expect.stringContaining("exited with code 1") as unknown,
    });
  });

  it("is used again at the next try after it was mended, and everybody may", async () => {
    const server = serverOf("dies");
    const backend = breaking(server, { log });
    await insist(backend, 100);
    expect(backend.ready().ready).toBe(false);
    server.fate = "answers";
    const before = performance.now();
    await insist(backend, 31);
    expect(backend.ready()).toEqual({ ready: true });
    const count = server.openedAt.length;
    for (let n = 0; n < 10; n++) expect(await use(backend)).toHaveProperty("send");
    expect(server.openedAt.length).toBe(count + 10);
    expect(performance.now() - before).toBeLessThan(31_200);
  });

  it("one attempt at a time: the others wait for its outcome", async () => {
    const server = serverOf("dies");
    const backend = breaking(server, { log });
    await use(backend);
    server.fate = "answers";
    const all = Array.from({ length: 10 }, () => backend.open(signal));
    await vi.advanceTimersByTimeAsync(0);
    expect(server.openedAt).toHaveLength(2);
    const first = await all[0];
    await first?.incoming[Symbol.asyncIterator]().next();
    await Promise.all(all);
    expect(server.openedAt).toHaveLength(11);
  });

  it("an attempt of which nothing is heard holds the others up for five seconds", async () => {
    const server = serverOf("dies");
    const backend = breaking(server, { log });
    await use(backend);
    server.fate = "answers";
    await backend.open(signal); // nobody reads it
    const second = backend.open(signal);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(server.openedAt).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    await second;
    expect(server.openedAt).toHaveLength(3);
  });

  it("who waits may give up", async () => {
    const server = serverOf("dies");
    const backend = breaking(server, { log });
    await use(backend);
    await use(backend);
    const control = new AbortController();
    const waiting = backend.open(control.signal);
    control.abort(new RuntimeError("canceled", "enough"));
    await expect(waiting).rejects.toMatchObject({ code: "canceled" });
  });

  it("a minute of health and all is forgotten", async () => {
    const server = serverOf("answers, then dies");
    const backend = breaking(server, { log });
    for (let n = 0; n < 4; n++) await Promise.all([use(backend), vi.advanceTimersByTimeAsync(5_000)]);
    server.fate = "answers";
    await use(backend);
    await vi.advanceTimersByTimeAsync(61_000);
    server.fate = "dies";
    await use(backend);
    expect(await Promise.all([use(backend), vi.advanceTimersByTimeAsync(0)])).toBeDefined();
    expect(server.openedAt).toHaveLength(7);
    expect(backend.ready()).toEqual({ ready: true });
  });
});

describe("no failures of the server", () => {
  const innocent: readonly RuntimeErrorCode[] = ["unauthenticated", "forbidden", "config", "overloaded", "canceled"];
  it.each(innocent)("%s is passed on and not counted", async (code) => {
    const server = serverOf(code);
    const backend = breaking(server, { log });
    for (let n = 0; n < 20; n++) expect(await use(backend)).toMatchObject({ code });
    expect(backend.ready()).toEqual({ ready: true });
  });

  it("channels that we close", async () => {
    const server = serverOf("answers");
    const backend = breaking(server, { log });
    for (let n = 0; n < 20; n++) await ((await use(backend)) as Channel).close();
    expect(server.openedAt).toHaveLength(20);
    expect(backend.ready()).toEqual({ ready: true });
  });

  it("many that end at once count as one", async () => {
    const backend = breaking(serverOf("answers, then dies"), { log });
    const all = await Promise.all(Array.from({ length: 50 }, () => backend.open(signal)));
    for (const { incoming } of all) {
      const messages = incoming[Symbol.asyncIterator]();
      await messages.next();
      await expect(messages.next()).rejects.toThrow();
    }
    expect(backend.ready()).toEqual({ ready: true });
    expect(await use(backend)).toHaveProperty("send");
  });

  it("a client that makes its server crash shuts out itself, and nobody else", async () => {
    const server = serverOf("answers, then dies");
    const backend = breaking(server, { log });
    const mallory = { principal: { id: "mallory" } };
    for (let n = 0; n < 5; n++) await Promise.all([use(backend, mallory), vi.advanceTimersByTimeAsync(1_500)]);
    expect(await use(backend, mallory)).toMatchObject({ code: "overloaded" });
    expect(backend.ready()).toEqual({ ready: true });
    server.fate = "answers";
    expect(await use(backend, { principal: { id: "alice" } })).toHaveProperty("send");
  });
});
