import { describe, expect, it } from "vitest";
import { MessageQueue, pipe } from "./channel.js";
import { RuntimeError } from "./errors.js";
import { messageFromRpc, type Message } from "./message.js";

const message = (method: string): Message => messageFromRpc({ method });
const closed = expect.objectContaining({ code: "closed" }) as Error;

async function methodsOf(source: AsyncIterable<Message>): Promise<(string | undefined)[]> {
  const methods: (string | undefined)[] = [];
  for await (const one of source) methods.push(one.method);
  return methods;
}

/** Whether the promise is settled once everything that is due has run. */
async function settled(promise: unknown): Promise<boolean> {
  let done = false;
  void Promise.resolve(promise).finally(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe("MessageQueue", () => {
  it("keeps the order, whoever is first", async () => {
    const queue = new MessageQueue();
    void queue.push(message("a"));
    const all = methodsOf(queue);
    void queue.push(message("b"));
    await new Promise((resolve) => setImmediate(resolve));
    void queue.push(message("c"));
    queue.end();
    expect(await all).toEqual(["a", "b", "c"]);
  });

  it("holds writers up from the high-water mark on, until there is room", async () => {
    const queue = new MessageQueue(2);
    expect(queue.push(message("a"))).toBeUndefined();
    const waiting = queue.push(message("b"));
    const too = queue.push(message("c"));
    expect(await settled(waiting)).toBe(false);
    const reader = queue[Symbol.asyncIterator]();
    await reader.next();
    expect(await settled(waiting)).toBe(false);
    await reader.next();
    expect([await settled(waiting), await settled(too)]).toEqual([true, true]);
  });

  it("lets what waits be read before the end, or the error", async () => {
    const queue = new MessageQueue();
    void queue.push(message("a"));
    queue.end(new RuntimeError("too_large", "x"));
    queue.end();
    const reader = queue[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: { method: "a" } });
    await expect(reader.next()).rejects.toMatchObject({ code: "too_large" });
    expect(() => queue.push(message("b"))).toThrow(closed);
  });

  it("tells a waiting reader of the end and of the error", async () => {
    for (const error of [undefined, new RuntimeError("closed", "gone")]) {
      const queue = new MessageQueue();
      const next = queue[Symbol.asyncIterator]().next();
      queue.end(error);
      if (error) await expect(next).rejects.toBe(error);
      else expect(await next).toEqual({ value: undefined, done: true });
    }
  });

  it("lets writers go when it ends and when the reader walks away", async () => {
    const ended = new MessageQueue(1);
    const first = ended.push(message("a"));
    ended.end();
    expect(await settled(first)).toBe(true);

    const left = new MessageQueue(1);
    const second = left.push(message("a"));
    const third = left.push(message("b"));
    for await (const one of left) {
      expect(one.method).toBe("a");
      break;
    }
    expect([await settled(second), await settled(third)]).toEqual([true, true]);
    expect(left.ended).toBe(true);
    expect(() => left.push(message("c"))).toThrow(closed);
  });
});

describe("pipe", () => {
  it("joins two channels, both ways, and ends both", async () => {
    const [left, right] = pipe();
    await left.send(message("to right"));
    await right.send(message("to left"));
    await right.close();
    await right.close();
    expect([await methodsOf(left.incoming), await methodsOf(right.incoming)]).toEqual([["to left"], ["to right"]]);
    expect(() => left.send(message("late"))).toThrow(closed);
  });
});
