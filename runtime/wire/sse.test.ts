import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answeredId } from "./json.js";
import { COMMENT, eventChunks, readEvents, type SseEvent } from "./sse.js";

const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString("utf8");

async function* inPieces(bytes: Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...at.map((n) => n % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (const [index, end] of places.slice(1).entries()) yield await Promise.resolve(bytes.subarray(places[index], end));
}

type Plain = Omit<SseEvent, "data" | "ends"> & { data: string };

async function eventsOf(bytes: Uint8Array, at: readonly number[] = [], maxBytes = 1000): Promise<Plain[]> {
  const events: Plain[] = [];
  for await (const { ends, ...event } of readEvents(inPieces(bytes, at), { maxBytes })) {
    expect(ends !== undefined).toBe(event.oversizeBytes !== undefined);
    events.push({ ...event, data: textOf(event.data) });
  }
  return events;
}

const message = (data: string, more: Partial<Plain> = {}): Plain => ({ event: "message", data, ...more });

describe("readEvents", () => {
  const cases: { name: string; given: string; want: Plain[]; maxBytes?: number }[] = [
    { name: "one event", given: "data: a\n\n", want: [message("a")] },
    { name: "no space", given: "data:a\n\ndata:  b\n\n", want: [message("a"), message(" b")] },
    { name: "CR", given: "data: a\r\rdata: b\r\r", want: [message("a"), message("b")] },
    { name: "CRLF", given: "id: 1\r\ndata: a\r\n\r\ndata: b\r\n\r\n", want: [message("a", { id: "1" }), message("b")] },
    { name: "mixed ends", given: "data: a\rdata: b\ndata: c\r\n\n", want: [message("a\nb\nc")] },
    {
      name: "all fields",
      given: "event: x\nid: 7\nretry: 50\ndata: a\n\n",
      want: [{ event: "x", id: "7", retryMs: 50, data: "a" }],
    },
    { name: "a priming event", given: "id: 1\nretry: 20\ndata:\n\n", want: [message("", { id: "1", retryMs: 20 })] },
    { name: "an id alone", given: "id: 1\n\n", want: [message("", { id: "1" })] },
    { name: "empty data lines", given: "data\ndata\n\n", want: [message("\n")] },
    { name: "comments and unknown fields", given: ": hi\n\nfoo: bar\n\n:\n\ndata: a\n:x\n\n", want: [message("a")] },
    { name: "a bad retry", given: "retry: 1x\ndata: a\n\n", want: [message("a")] },
    { name: "an id with NUL", given: "id: a\0b\ndata: a\n\n", want: [message("a")] },
    { name: "a cut-off event", given: "data: a\n\ndata: b\n", want: [message("a")] },
    { name: "a byte order mark", given: "\ufeffdata: a\n\n", want: [message("a")] },
    { name: "exactly the limit", given: "data: 12345\n\n", want: [message("12345")], maxBytes: 5 },
    {
      name: "over the limit",
      given: `id: 1\ndata: ${"x".repeat(30_000)}\ndata: y\n\ndata: ok\n\n`,
      want: [message("", { id: "1", oversizeBytes: 30_002 }), message("ok")],
      maxBytes: 5,
    },
    {
      name: "over the limit in small lines",
      given: `${"data: 1\n".repeat(10)}\n`,
      want: [message("", { oversizeBytes: 19 })],
      maxBytes: 5,
    },
  ];
  it.each(cases)("$name, in any pieces", async ({ given, want, maxBytes }) => {
    const bytes = Buffer.from(given);
    // A byte order mark cut in two is no longer seen as one: three bytes at the start come together.
    const first = given.startsWith("\ufeff") ? 3 : 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (at) => {
        const places = at.map((n) => first + (n % (bytes.length + 1 - first)));
        expect(await eventsOf(bytes, places, maxBytes)).toEqual(want);
      }),
      { numRuns: 60 },
    );
  });
});

describe("an event over the limit", () => {
  const long = "x".repeat(30_000);
  it.each([
    { name: "its id first", given: `data: {"id":7,"result":{},"y":"${long}"}\n\n` },
    { name: "its id last", given: `data: {"result":"${long}","id":7}\n\n` },
    { name: "its id last, on a line of its own", given: `data: {"result":"${long}"\ndata: ,"id":7}\n\n` },
    { name: "a long comment in between", given: `data: {"result":"${long}"\n:${long}\ndata: ,"id":7}\n\n` },
  ])("tells whose it was, with $name, in any pieces", async ({ given }) => {
    const bytes = Buffer.from(given);
    const property = fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (at) => {
      const ids: unknown[] = [];
      for await (const { ends } of readEvents(inPieces(bytes, at), { maxBytes: 5 }))
        ids.push(ends && answeredId(ends.head, ends.tail));
      expect(ids).toEqual([7]);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("eventChunks", () => {
  it("is read back as the same JSON, whatever line breaks its bytes hold", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 2 }),
        fc.constantFrom("", "\n", "\r", "\r\n", " \n\n"),
        fc.array(fc.nat(), { maxLength: 3 }),
        async (json, gap, at) => {
          const text = `${gap}{${gap}"a"${gap}:${gap}${json}${gap}}${gap}`;
          const data: Uint8Array[] = [];
          for await (const piece of inPieces(Buffer.from(text), at)) data.push(piece);
          const [event, ...others] = await eventsOf(Buffer.concat(eventChunks(data, { id: "1-2" })), at, 1e6);
          expect(others).toEqual([]);
          expect(event?.id).toBe("1-2");
          expect(JSON.parse(event?.data ?? "")).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it("writes its fields before the data", () => {
    expect(textOf(eventChunks([Buffer.from("{}")], { event: "e", id: "1", retryMs: 5 }))).toBe(
      "event: e\nid: 1\nretry: 5\ndata: {}\n\n",
    );
    expect(textOf(eventChunks([]))).toBe("data: \n\n");
  });

  it("keeps large data in its chunks", () => {
    const data = Buffer.alloc(100_000, "a");
    expect(eventChunks([data])).toContain(data);
  });

  it.each(["a\nb", "a\rb", "a\0b"])("refuses the id %j", (id) =>
    expect(() => eventChunks([], { id })).toThrow(expect.objectContaining({ code: "internal" })),
  );

  it("has a comment that is no event", async () => {
    expect(await eventsOf(Buffer.concat([COMMENT, ...eventChunks([Buffer.from("a")]), COMMENT]))).toEqual([
      message("a"),
    ]);
  });
});
