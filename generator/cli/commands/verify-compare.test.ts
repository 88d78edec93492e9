import { describe, expect, test } from "vitest";
import { printExact, readExact } from "../exact.js";
import { differences, eraNeutral, HANDSHAKE } from "./verify-compare.js";

const found = (a: string, b: string, ignore: readonly string[] = []): unknown =>
  differences(readExact(a), readExact(b), { ignore }).map(({ pointer, direct, proxied }) => [
    pointer,
    direct === undefined ? undefined : printExact(direct),
    proxied === undefined ? undefined : printExact(proxied),
  ]);

describe("differences", () => {
  test.each([
    { name: "order of members", a: '{"a":1,"b":2}', b: '{"b":2,"a":1}', want: [] },
    { name: "spelling of a number", a: '{"a":1.0}', b: '{"a":1}', want: [["/a", "1.0", "1"]] },
    { name: "a number and its text", a: '["1"]', b: "[1]", want: [["/0", '"1"', "1"]] },
    { name: "a member less", a: '{"a":{"b/~":null}}', b: '{"a":{}}', want: [["/a/b~1~0", "null", undefined]] },
    { name: "an item more", a: "[1]", b: "[1,2]", want: [["/1", undefined, "2"]] },
    { name: "an object and an array", a: "{}", b: "[]", want: [["", "{}", "[]"]] },
    { name: "a name of every object", a: "{}", b: '{"toString":1}', want: [["/toString", undefined, "1"]] },
  ])("$name", ({ a, b, want }) => {
    expect(found(a, b)).toEqual(want);
  });

  test("what is ignored does not count, with all below it, and only that", () => {
    const [a, b] = ['{"r":[{"t":1,"u":{"v":1}},{"t":1}]}', '{"r":[{"t":2,"u":{"v":2}},{"t":2}]}'];
    expect(found(a, b, ["/r/*/t", "/r/0/u"])).toEqual([]);
    expect(found(a, b, ["/r/0"])).toEqual([["/r/1/t", "1", "2"]]);
    expect(found(a, b, ["/r/0/t/x", "/t"])).toHaveLength(3);
  });

  test("many differences are told as some", () => {
    const list = (value: number): string => JSON.stringify(Array.from({ length: 100 }, () => value));
    expect(found(list(1), list(2))).toHaveLength(20);
  });
});

describe("eraNeutral", () => {
  const P = "io.modelcontextprotocol";
  test.each([
    {
      name: "stamps of the modern era",
      method: "tools/list",
      modern: `{"result":{"tools":[{"name":"a"}],"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{"${P}/serverInfo":{"name":"s"}}}}`,
      legacy: '{"jsonrpc":"2.0","result":{"tools":[{"name":"a","execution":{"taskSupport":"optional"}}]}}',
    },
    {
      name: "a resource that is not there",
      method: "resources/read",
      modern: '{"error":{"code":-32602,"message":"no","data":{"uri":"x:y"}}}',
      legacy: '{"error":{"code":-32002,"message":"no"}}',
    },
    {
      name: "the first exchange",
      method: HANDSHAKE,
      modern: `{"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"i","_meta":{"${P}/serverInfo":{"name":"s"}}}}`,
      legacy:
        '{"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"logging":{},"tasks":{}},"instructions":"i","serverInfo":{"name":"s"}}}',
    },
  ])("$name", ({ method, modern, legacy }) => {
    const neutral = (text: string) => eraNeutral(readExact(text), method);
    expect(differences(neutral(legacy), neutral(modern), { ignore: [] })).toEqual([]);
  });

  test.each([
    { name: "other codes", method: "tools/call", a: '{"error":{"code":-32602}}', b: '{"error":{"code":-32002}}' },
    { name: "own _meta", method: "tools/call", a: '{"result":{"_meta":{"a":1}}}', b: '{"result":{}}' },
    { name: "another type", method: "tools/call", a: '{"result":{"resultType":"task"}}', b: '{"result":{}}' },
    { name: "another name", method: HANDSHAKE, a: '{"result":{"serverInfo":{"name":"a"}}}', b: '{"result":{}}' },
  ])("tells apart: $name", ({ method, a, b }) => {
    const neutral = (text: string) => eraNeutral(readExact(text), method);
    expect(differences(neutral(a), neutral(b), { ignore: [] })).not.toEqual([]);
  });
});
