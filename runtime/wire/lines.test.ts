import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf, readLines } from "./lines.js";

const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString("utf8");

async function* inPieces(bytes: Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...at.map((n) => n % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (const [index, end] of places.slice(1).entries()) yield await Promise.resolve(bytes.subarray(places[index], end));
}

async function linesOf(source: AsyncIterable<Uint8Array>, maxBytes = 1000): Promise<(string | number)[]> {
  const lines: (string | number)[] = [];
  for await (const line of readLines(source, { maxBytes }))
    lines.push("oversize" in line ? line.oversize : textOf(line.bytes));
  return lines;
}

describe("readLines", () => {
  const cases: { name: string; given: string; want: (string | number)[]; maxBytes?: number }[] = [
    { name: "LF", given: "a\nb\n", want: ["a", "b"] },
    { name: "CRLF", given: "a\r\nb\r\n", want: ["a", "b"] },
    { name: "one CR of two", given: "a\r\r\n", want: ["a\r"] },
    { name: "a bare CR is whitespace", given: '{"d":1}\r{"e":2}\n', want: ['{"d":1}\r{"e":2}'] },
    { name: "U+2028, U+2029 and U+0085 are text", given: "a\u2028b\u2029c\u0085d\n", want: ["a\u2028b\u2029c\u0085d"] },
    { name: "empty lines are left out", given: "\n\r\n\na\n\n", want: ["a"] },
    { name: "a last line without LF", given: "a\nb", want: ["a", "b"] },
    { name: "a last line with CR alone", given: "a\nb\r", want: ["a", "b"] },
    { name: "exactly the limit", given: "12345\n", want: ["12345"], maxBytes: 5 },
    { name: "exactly the limit, CRLF", given: "12345\r\n", want: ["12345"], maxBytes: 5 },
    { name: "one over the limit", given: "a\n123456\nb\n", want: ["a", 6, "b"], maxBytes: 5 },
    { name: "far over the limit", given: `a\n${"x".repeat(5000)}\r\nb\n`, want: ["a", 5001, "b"], maxBytes: 5 },
    { name: "over the limit at the end", given: "123456789", want: [9], maxBytes: 5 },
    { name: "nothing", given: "", want: [] },
  ];
  it.each(cases)("$name, in any pieces", async ({ given, want, maxBytes }) => {
    const bytes = Buffer.from(given);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (at) => {
        expect(await linesOf(inPieces(bytes, at), maxBytes)).toEqual(want);
      }),
    );
  });

  it("keeps split code points whole", async () => {
    const bytes = Buffer.from('{"é":"😀"}\n');
    expect(await linesOf(inPieces(bytes, [...bytes.keys()]))).toEqual(['{"é":"😀"}']);
  });

  it("gives the two ends of a line that is too long, without keeping the rest", async () => {
    const line = `HEAD${"x".repeat(100_000)}TAIL`;
    for await (const one of readLines(inPieces(Buffer.from(`${line}\n`), [4, 50_000, 99_999, 100_006]), {
      maxBytes: 10,
    })) {
      if (!("oversize" in one)) throw new Error("not told as oversize");
      expect(one.oversize).toBe(line.length);
      expect(Buffer.from(one.head).toString()).toMatch(/^HEADx*$/);
      expect(Buffer.from(one.tail).toString()).toMatch(/^x*TAIL$/);
      expect(one.head.buffer.byteLength + one.tail.buffer.byteLength).toBeLessThan(64 * 1024);
    }
    expect.assertions(4);
  });

  it("copies nothing of a line in many chunks", async () => {
    const chunks = Array.from({ length: 100 }, () => Buffer.alloc(1000, "a"));
    async function* source(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    }
    for await (const line of readLines(source(), { maxBytes: 1e6 })) {
      if ("oversize" in line) throw new Error("too long");
      expect(line.bytes).toHaveLength(100);
      expect(line.bytes.every((chunk, index) => chunk.buffer === chunks[index]?.buffer)).toBe(true);
    }
    expect.assertions(2);
  });
});

describe("lineOf", () => {
  it.each([
    { name: "one line as it is", given: ['{"a":1}'], want: '{"a":1}\n' },
    { name: "line breaks between tokens", given: ['{\r\n"a"', ":\n1}"], want: '{  "a": 1}\n' },
  ])("$name", ({ given, want }) => expect(textOf(lineOf(given.map((text) => Buffer.from(text))))).toBe(want));

  it("leaves the given chunks alone", () => {
    const chunk = Buffer.from("{\n}");
    lineOf([chunk]);
    expect(chunk.toString()).toBe("{\n}");
  });
});
