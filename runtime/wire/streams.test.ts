import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { writeAll } from "./streams.js";

const bytes = (length: number): Buffer => Buffer.alloc(length, "a");
const gone = expect.objectContaining({ code: "closed" }) as unknown;

describe("writeAll", () => {
  it.each([
    { name: "one chunk", given: [5] },
    { name: "small chunks", given: [1, 2, 3] },
    { name: "large chunks", given: [20_000, 30_000, 1] },
  ])("writes $name and does not wait while there is room", async ({ given }) => {
    const stream = new PassThrough({ highWaterMark: 1e6 });
    expect(writeAll(stream, given.map(bytes))).toBeUndefined();
    stream.end();
    expect((await stream.toArray()).reduce((sum: number, chunk: Buffer) => sum + chunk.length, 0)).toBe(
      given.reduce((a, b) => a + b),
    );
  });

  it("waits for room, all writers on one listener, and never mixes messages", async () => {
    const stream = new PassThrough({ highWaterMark: 1000 });
    const writers = Array.from({ length: 50 }, async (_, index) =>
      writeAll(stream, [Buffer.alloc(20_000, index + 1), Buffer.alloc(1, 255)]),
    );
    expect(stream.listenerCount("drain")).toBe(1);
    let text = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => (text = Buffer.concat([text, chunk])));
    await Promise.all(writers);
    stream.end();
    await once(stream, "end");
    for (let index = 0; index < 50; index++) {
      const one = text.subarray(index * 20_001, (index + 1) * 20_001);
      expect(one.subarray(0, -1).every((byte) => byte === index + 1) && one.at(-1) === 255).toBe(true);
    }
    expect(stream.listenerCount("drain") + stream.listenerCount("close")).toBe(0);
  });

  it("rejects the waiting when the stream closes, and leaves no listener", async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const waiting = writeAll(stream, [bytes(100)]);
    stream.destroy();
    await expect(waiting).rejects.toEqual(gone);
    expect(["drain", "error", "close"].map((name) => stream.listenerCount(name))).toEqual([0, 0, 0]);
  });

  it("rejects the waiting with what failed", async () => {
    const broken = new Error("EPIPE");
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void setImmediate(done, broken),
    });
    stream.on("error", () => undefined);
    await expect(writeAll(stream, [bytes(10)])).rejects.toMatchObject({ code: "closed", cause: broken });
    await expect(writeAll(stream, [bytes(10)])).rejects.toEqual(gone);
  });

  it("rejects after the end", async () => {
    const stream = new PassThrough();
    stream.end();
    await expect(writeAll(stream, [bytes(1)])).rejects.toEqual(gone);
  });
});
