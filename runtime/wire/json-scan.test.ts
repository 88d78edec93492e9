import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuntimeErrorCode } from "../core/errors.js";
import { scan, scanMessage } from "./json.js";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const options = { maxDepth: 128 };
const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);
const call = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;

function outcome(
  given: string | Uint8Array,
  maxDepth = options.maxDepth,
): "fine" | { code: RuntimeErrorCode; text: string } {
  try {
    scan([typeof given === "string" ? utf8(given) : given], { maxDepth });
    return "fine";
  } catch (error) {
    return error as { code: RuntimeErrorCode; text: string };
  }
}

describe("scan", () => {
  it("takes what JSON.parse takes, and nothing else", () => {
    const json = fc.oneof(
      fc.json(),
      fc.json({ noUnicodeString: false }),
      fc.constant("-0.5e+10"),
      fc.constant("[1E5,-0]"),
    );
    const damaged = fc.tuple(
      json,
      fc.nat(),
      fc.constantFrom("", ",", '"', "}", "]", "{", "[", ":", "0", "\\", "\u0001", "e", " ", "nul"),
    );
    let bad = 0;
    fc.assert(
      fc.property(damaged, fc.boolean(), ([text, at, change], remove) => {
        const place = at % (text.length + 1);
        const given = text.slice(0, place) + change + text.slice(place + (remove ? 1 : 0));
        // Duplicates are refused besides: these documents have none of the names that count.
        fc.pre(!/"(?:\\.|[^"\\])*"\s*:/.test(given) || hasUniqueKeys(given));
        let valid = true;
        try {
          JSON.parse(given);
        } catch {
          valid = false;
          bad++;
        }
        expect(outcome(given) === "fine").toBe(valid);
      }),
      { numRuns: 3000 },
    );
    expect(bad).toBeGreaterThan(100);
  });

  const fine: { name: string; given: string }[] = [
    { name: "a call", given: call('{"name":"a","arguments":{"name":"b","uri":1,"x":[],"y":{}},"_meta":{}}') },
    { name: "a member twice in the arguments", given: call('{"name":"a","arguments":{"x":1,"x":2}}') },
    { name: "unknown members", given: '{"method":"m","trace":1,"x":{"id":1,"ID":2}}' },
    {
      name: "the same member in two elements of a batch",
      given: '[{"id":1,"method":"m"},{"id":2,"method":"m","params":{"name":"a"}}]',
    },
    { name: "names twice outside of params", given: '{"params":{},"result":{"name":1,"name":2}}' },
    { name: "128 levels", given: `{"params":${nested(127)}}` },
    { name: "128 levels in a batch", given: `[{"params":${nested(127)}}]` },
    { name: "names in a second object at the level of params", given: '{"params":{"name":"a"},"result":{"name":"b"}}' },
  ];
  it.each(fine)("takes $name", ({ given }) => expect(outcome(given)).toBe("fine"));

  const refused: { name: string; given: string; want: { code?: RuntimeErrorCode; text: RegExp } }[] = [
    {
      name: "method twice",
      given: '{"method":"tools/list","id":1,"method":"tools/call"}',
      want: { text: /"method" is there twice/ },
    },
    { name: "id twice, once escaped", given: '{"id":1,"\\u0069d":2}', want: { text: /"id" is there twice/ } },
    { name: "any member twice at the top", given: '{"x":1,"x":1}', want: { text: /"x" is there twice/ } },
    {
      name: "name twice",
      given: call('{"name":"a","arguments":{},"name":"b"}'),
      want: { text: /"name" in params is there twice/ },
    },
    {
      name: "arguments twice",
      given: call('{"arguments":{},"arguments":{}}'),
      want: { text: /"arguments" in params/ },
    },
    { name: "_meta twice", given: call('{"_meta":{"a":1},"_meta":{}}'), want: { text: /"_meta" in params/ } },
    { name: "uri twice, in a batch", given: `[${call('{"uri":"a","uri":"b"}')}]`, want: { text: /"uri" in params/ } },
    { name: "Method", given: '{"Method":"tools/call"}', want: { text: /must be spelled "method"/ } },
    { name: "paramſ", given: '{"method":"m","param\u017f":{}}', want: { text: /must be spelled "params"/ } },
    { name: "NAME in params", given: call('{"NAME":"a"}'), want: { text: /in params must be spelled "name"/ } },
    { name: "129 levels", given: `{"params":${nested(128)}}`, want: { text: /at most 128 levels/ } },
    {
      name: "129 levels of objects",
      given: `${'{"a":'.repeat(129)}1${"}".repeat(129)}`,
      want: { text: /at most 128 levels/ },
    },
    { name: "129 levels in a batch", given: `[{"params":${nested(128)}}]`, want: { text: /at most 128 levels/ } },
    {
      name: "a million empty objects",
      given: `[${"{},".repeat(400_000)}{}]`,
      want: { code: "too_large", text: /1000000/ },
    },
    { name: "two documents", given: "{}{}", want: { text: /after the end/ } },
    { name: "a byte order mark", given: "\ufeff{}", want: { text: /no JSON/ } },
    { name: "NaN", given: '{"x":NaN}', want: { text: /no JSON/ } },
    { name: "nothing", given: " ", want: { text: /too early/ } },
    { name: "an open string", given: '{"x":"', want: { text: /does not end/ } },
    { name: "mixed brackets", given: '{"x":[}]', want: { text: /no JSON/ } },
  ];
  it.each(refused)("refuses $name", ({ given, want }) =>
    expect(outcome(given)).toMatchObject({
      code: want.code ?? "bad_message",
      text: expect.stringMatching(want.text) as unknown,
    }),
  );

  it("refuses invalid UTF-8", () => {
    expect(outcome(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toMatchObject({ code: "bad_message" });
  });

  it("answers broken JSON with -32700, anything else with -32600", () => {
    expect(outcome("{")).toMatchObject({ rpcError: { code: -32700 } });
    expect(outcome('{"id":1,"id":2}')).toMatchObject({ rpcError: undefined });
  });

  it("refuses five million levels at the 129th, without a RangeError", () => {
    for (const open of ["[", '{"a":'])
      expect(outcome(open.repeat(5_000_000))).toMatchObject({ text: expect.stringMatching(/levels/) as unknown });
  });

  it("reads across chunks", () => {
    const bytes = utf8(call('{"name":"é😀","arguments":{"a":[1,2,{}]}}'));
    for (let at = 0; at <= bytes.length; at++)
      expect(() => scan([bytes.subarray(0, at), bytes.subarray(at)], options)).not.toThrow();
  });
});

/** Whether no object of the text repeats a key, nor spells a known one in another way. */
function hasUniqueKeys(text: string): boolean {
  const keys = [...text.matchAll(/"((?:\\.|[^"\\])*)"\s*:/g)].map((match) => (match[1] ?? "").toLowerCase());
  const known = ["jsonrpc", "id", "method", "params", "result", "error", "name", "uri", "arguments", "_meta"];
  return new Set(keys).size === keys.length && !keys.some((one) => known.includes(one) || one.includes("\\"));
}

describe("scanMessage", () => {
  const check = (text: string): void => scanMessage([Buffer.from(text)], { maxDepth: 8 });
  it.each([
    '{"jsonrpc":"2.0","id":1,"method":"m"}',
    '{ "params" : { } , "method":"m", "jsonrpc" : "2.0" }',
    '{"jsonrpc":"2.0","id":1,"result":{"jsonrpc":1,"params":[]}}',
    '[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]',
  ])("takes %s", (text) => expect(() => check(text)).not.toThrow());
  it.each([
    { text: '{"id":1,"method":"m"}', want: '"jsonrpc": "2.0" is missing' },
    { text: '{"jsonrpc":"1.0","id":1,"method":"m"}', want: '"jsonrpc" must be "2.0"' },
    { text: '{"jsonrpc":2.0,"id":1,"method":"m"}', want: '"jsonrpc" must be "2.0"' },
    { text: '{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}', want: '"params" must be an object' },
    { text: '{"jsonrpc":"2.0","id":1,"method":"m","params":null}', want: '"params" must be an object' },
    { text: '{"jsonrpc":"2.0","id":1,"method":"m","result":{}}', want: "not both" },
    { text: '[{"jsonrpc":"2.0","method":"a"},{"method":"b"}]', want: "is missing" },
    { text: '{"jsonrpc":"1.0"', want: "not valid JSON" },
  ])("refuses $text", ({ text, want }) => expect(() => check(text)).toThrow(want));
});
