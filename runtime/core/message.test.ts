import { describe, expect, it } from "vitest";
import { RuntimeError } from "./errors.js";
import {
  byteLength,
  bytesOf,
  envelopeOf,
  failureResponse,
  messageFromBytes,
  messageFromRpc,
  parseRpc,
  type Rpc,
} from "./message.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const bad = expect.objectContaining({ code: "bad_message" }) as Error;

describe("envelopeOf", () => {
  const cases: { name: string; given: Rpc; want: object | undefined }[] = [
    { name: "a request", given: { id: 1, method: "m" }, want: { kind: "request", id: 1, method: "m" } },
    { name: "a string id", given: { id: "1", method: "m" }, want: { kind: "request", id: "1", method: "m" } },
    { name: "a notification", given: { method: "m" }, want: { kind: "notification", method: "m" } },
    { name: "a result", given: { id: 0, result: null }, want: { kind: "response", id: 0 } },
    { name: "an error", given: { id: 1, error: { code: 1, message: "" } }, want: { kind: "response", id: 1 } },
    { name: "an error without id", given: { id: null, error: { code: 1, message: "" } }, want: { kind: "response" } },
    {
      name: "the largest id",
      given: { id: 2 ** 53 - 1, method: "m" },
      want: { kind: "request", id: 2 ** 53 - 1, method: "m" },
    },
    { name: "an id beyond", given: { id: 2 ** 53, method: "m" }, want: undefined },
    { name: "a fraction", given: { id: 1.5, method: "m" }, want: undefined },
    { name: "a request with id null", given: { id: null, method: "m" }, want: undefined },
    { name: "a result with id null", given: { id: null, result: {} }, want: undefined },
    { name: "an id alone", given: { id: 1 }, want: undefined },
    { name: "a method that is no string", given: { method: 1 } as unknown as Rpc, want: undefined },
    { name: "an object as id", given: { id: {}, result: {} } as unknown as Rpc, want: undefined },
  ];
  it.each(cases)("$name", ({ given, want }) => {
    if (want) expect(envelopeOf(given)).toEqual(want);
    else expect(() => envelopeOf(given)).toThrow(bad);
  });
});

describe("parseRpc", () => {
  it("reads across chunks, in mid-character too", () => {
    const text = bytes('{"a":"é😀"}');
    for (let at = 0; at <= text.length; at++)
      expect(parseRpc([text.subarray(0, at), text.subarray(at)])).toEqual({ a: "é😀" });
  });

  it.each(["", "{", "[]", "null", "1", '"x"', "\ufeff{}", "NaN"])("refuses %j", (given) =>
    expect(() => parseRpc([bytes(given)])).toThrow(bad),
  );

  it("refuses invalid UTF-8, and answers with -32700", () => {
    expect(() => parseRpc([Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])).toThrow(
      expect.objectContaining({ rpcError: { code: -32700, message: "not valid JSON" } }) as Error,
    );
  });

  it("keeps lone surrogates and members that nobody knows", () => {
    expect(parseRpc([bytes('{"x":"\\ud800","__proto__":1}')])["x"]).toBe("\ud800");
  });
});

describe("messages", () => {
  it("from bytes parse once, when somebody looks", () => {
    const message = messageFromBytes({ kind: "notification", method: "m" }, [bytes('{"method":"m","x":{}}')], {
      relatedTo: 3,
    });
    expect(message).toMatchObject({ kind: "notification", method: "m", relatedTo: 3 });
    expect("id" in message).toBe(false);
    expect(message.rpc).toBe(message.rpc);
    const broken = messageFromBytes({ kind: "notification", method: "m" }, [bytes("{")]);
    expect(broken.method).toBe("m");
    expect(() => broken.rpc).toThrow(bad);
  });

  it("go out as they came, or serialised", () => {
    const raw = [bytes('{"method" :'), bytes(' "m"}')];
    expect(bytesOf(messageFromBytes({ kind: "notification", method: "m" }, raw))).toBe(raw);
    expect(Buffer.concat(bytesOf(messageFromRpc({ method: "é", x: 1 }))).toString()).toBe('{"method":"é","x":1}');
    expect(byteLength(raw)).toBe(16);
  });

  it("of our own are checked", () => expect(() => messageFromRpc({ jsonrpc: "2.0" })).toThrow(bad));

  it("answer in the server's place", () => {
    const failure = new RuntimeError("closed", "gone");
    const message = failureResponse(4, failure);
    expect(message).toMatchObject({ kind: "response", id: 4, relatedTo: 4, failure });
    expect(message.rpc).toEqual({
      jsonrpc: "2.0",
      id: 4,
      error: { code: -32603, message: "gone", data: { mcpgen: { code: "closed" } } },
    });
  });
});
