import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RuntimeError } from "../core/errors.js";
import { envelopeOf, parseRpc, type Envelope } from "../core/message.js";
import { answeredId, isBatch, messageOf, peek, splitBatch } from "./json.js";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString("utf8");

/** What the full parse says, or the code of what it throws. */
function truth(bytes: readonly Uint8Array[]): Envelope | string {
  try {
    return envelopeOf(parseRpc(bytes));
  } catch (error) {
    return RuntimeError.from(error).code;
  }
}

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const plainKey = fc.constantFrom("jsonrpc", "id", "method", "params", "result", "error", "_meta", "x", "__proto__");
/** A key as JSON text, some of its letters spelled as escapes. */
const key = fc
  .tuple(plainKey, fc.nat(20), fc.boolean())
  .map(([name, at, escaped]) =>
    escaped && at < name.length
      ? `"${name.slice(0, at)}\\u${name.charCodeAt(at).toString(16).padStart(4, "0")}${name.slice(at + 1)}"`
      : JSON.stringify(name),
  );
const idText = fc.oneof(
  fc.constantFrom(
    "1",
    "0",
    "-0",
    "-1",
    "1.0",
    "1.5",
    "1e3",
    "1e400",
    "9007199254740991",
    "9007199254740993",
    "null",
    "true",
    "{}",
    "[1]",
  ),
  fc.string().map((text) => JSON.stringify(text)),
  fc.constant('"\\ud800"'),
);
const big = fc
  .nat(9000)
  .map((length) => JSON.stringify({ text: 'a"b\\{[\u00e9'.repeat(length / 9), id: 7, method: "inner", list: [[{}]] }));
const value = fc.oneof(
  { weight: 3, arbitrary: fc.json() },
  { weight: 1, arbitrary: big },
  { weight: 2, arbitrary: idText },
);
const member = fc.tuple(space, key, space, fc.oneof(value, fc.constantFrom('"tools/call"', "1", '"a"')), space);
const document = fc
  .tuple(space, fc.array(member, { maxLength: 7 }), space)
  .map(
    ([before, members, after]) =>
      `${before}{${members.map(([a, k, b, v, c]) => `${a}${k}${b}:${v}${c}`).join(",")}}${after}`,
  );

function cut(text: string, at: readonly number[]): Uint8Array[] {
  const bytes = utf8(text);
  const places = [...new Set([0, ...at.map((n) => n % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("peek", () => {
  it("never tells anything else than the full parse, whatever order, spelling, size and split", () => {
    let told = 0;
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 4 }), (text, at) => {
        const bytes = cut(text, at);
        const known = peek(bytes);
        if (known === undefined) return;
        told++;
        expect(known).toEqual(truth(bytes));
      }),
      { numRuns: 3000 },
    );
    expect(told).toBeGreaterThan(100);
  });

  it("throws at nothing", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void peek([bytes])));
    fc.assert(
      fc.property(document, fc.nat(), (text, at) => void peek([utf8(text).subarray(0, at % (text.length + 1))])),
    );
  });

  const told: { name: string; given: string; want: Envelope | undefined }[] = [
    {
      name: "a request",
      given: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      want: { kind: "request", id: 1, method: "ping" },
    },
    { name: "a notification", given: '{"method":"n"}', want: { kind: "notification", method: "n" } },
    {
      name: "a response, id last",
      given: '{"result":{"id":9},"jsonrpc":"2.0","id":"a"}',
      want: { kind: "response", id: "a" },
    },
    { name: "an escaped key", given: '{"\\u0069d":3,"result":{}}', want: { kind: "response", id: 3 } },
    {
      name: "the last of two ids",
      given: `{"id":1,"result":"${"x".repeat(9000)}","id":2,"z":{}}`,
      want: { kind: "response", id: 2 },
    },
    {
      name: "a method behind a large result",
      given: `{"result":[${"1,".repeat(5000)}1],"method":"m","id":1}`,
      want: { kind: "request", id: 1, method: "m" },
    },
    {
      name: "a long text with escapes",
      given: `{"id":1,"method":"m","params":"${'x"{'.repeat(50).replaceAll('"', '\\"')}${"x".repeat(9000)}\\"}"}`,
      want: { kind: "request", id: 1, method: "m" },
    },
    { name: "an id that is no integer", given: '{"id":1.5,"method":"m"}', want: undefined },
    { name: "an id beyond 2^53", given: '{"id":9007199254740993,"method":"m"}', want: undefined },
    { name: "an error without id", given: '{"id":null,"error":{}}', want: undefined },
    { name: "a comma too many", given: '{"id":1,"method":"m",}', want: undefined },
    { name: "text behind", given: '{"id":1,"method":"m"}x', want: undefined },
    { name: "a batch", given: '[{"id":1,"method":"m"}]', want: undefined },
    { name: "nothing", given: "", want: undefined },
  ];
  it.each(told)("$name", ({ given, want }) => expect(peek([utf8(given)])).toEqual(want));

  it("does not take invalid UTF-8 for a message", () => {
    const bytes = Buffer.from('{"id":1,"method":"m","params":"\u0001"}');
    bytes[bytes.indexOf(1)] = 0xff;
    expect(peek([bytes])).toBeUndefined();
  });

  it("steps over five million levels without a stack", () => {
    const deep = Buffer.alloc(10_000_000, "[").fill("]", 5_000_000);
    expect(peek([utf8('{"params":'), deep, utf8(',"id":1,"method":"m"}')])).toEqual({
      kind: "request",
      id: 1,
      method: "m",
    });
  });
});

describe("messageOf", () => {
  it("keeps the bytes, small or large, with the relation", () => {
    for (const text of ['{"id":1,"method":"m"}', JSON.stringify({ id: 1, method: "m", params: "x".repeat(5000) })]) {
      const bytes = cut(text, [3, 11]);
      const message = messageOf(bytes, { relatedTo: 5 });
      expect(message).toMatchObject({ kind: "request", id: 1, method: "m", relatedTo: 5 });
      expect(message.bytes).toBe(bytes);
      expect(message.rpc).toEqual(JSON.parse(text));
    }
  });

  it("tells the same as the full parse", () => {
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 3 }), (text, at) => {
        const bytes = cut(text, at);
        let told: Envelope | string;
        try {
          const { kind, id, method } = messageOf(bytes);
          told = { kind, ...(id === undefined ? {} : { id }), ...(method === undefined ? {} : { method }) };
        } catch (error) {
          told = RuntimeError.from(error).code;
        }
        expect(told).toEqual(truth(bytes));
      }),
    );
  });

  it("drops a byte order mark from what is passed on", () => {
    const message = messageOf([utf8('\ufeff{"method":"m"}')]);
    expect(textOf(message.bytes ?? [])).toBe('{"method":"m"}');
  });

  const refused = [
    "",
    "hello",
    "[]",
    "1",
    '{"id":{},"method":"m"}',
    '{"id":1}',
    '{"id":1e400,"method":"m"}',
    '{"jsonrpc":"2.0"}',
  ];
  it.each(refused)("refuses %j", (given) =>
    expect(() => messageOf([utf8(given)])).toThrow(expect.objectContaining({ code: "bad_message" })),
  );
});

describe("splitBatch", () => {
  it("gives the elements as they are", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, fc.json(), space)), fc.array(fc.nat(), { maxLength: 4 }), (elements, at) => {
        const text = `[${elements.map((parts) => parts.join("")).join(",")}]`;
        const split = splitBatch(cut(text, at)).map((one) => textOf(one));
        expect(split).toEqual(elements.map(([, json]) => json.trim()));
      }),
    );
  });

  it.each(["", "{}", "[1", "[1 2]", "[1,]", "[,]", "[1]]", '["a]', "[1]x"])("refuses %j", (given) =>
    expect(() => splitBatch([utf8(given)])).toThrow(expect.objectContaining({ code: "bad_message" })),
  );

  it("is told from a message by its first byte", () => {
    expect(isBatch([utf8(" \n"), utf8(" [1]")])).toBe(true);
    expect(isBatch([utf8(' {"a":[]}')])).toBe(false);
    expect(isBatch([])).toBe(false);
  });
});

describe("answeredId", () => {
  const cases: { name: string; given: [head: string, tail: string]; want: string | number | undefined }[] = [
    { name: "from the head", given: ['{"jsonrpc":"2.0","id":7,"result":{"a":"xx', 'xx"}}'], want: 7 },
    { name: "from the tail", given: ['{"result":{"a":"xx', 'xx"},"jsonrpc":"2.0","id":8}'], want: 8 },
    { name: "a string", given: ['{"error":{"a":"xx', 'xx"} , "id" : "ab" , "jsonrpc":"2.0" } \r'], want: "ab" },
    { name: "of a request", given: ['{"id":1,"method":"m","params":"xx', 'xx"}'], want: undefined },
    { name: "without a result in sight", given: ['{"params":"xx', 'xx","id":1}'], want: undefined },
    { name: "inside of a text", given: ['{"result":"xx', 'x,\\"id\\":1}"}'], want: undefined },
    { name: "of no JSON at all", given: ["hello", "world"], want: undefined },
  ];
  it.each(cases)("$name", ({ given: [head, tail], want }) => expect(answeredId(utf8(head), utf8(tail))).toBe(want));
});
