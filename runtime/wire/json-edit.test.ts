import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageFromRpc } from "../core/message.js";
import { editJson, relabeled, REMOVE, setTo, type JsonEdits } from "./json-edit.js";

const edited = (text: string, edits: JsonEdits): string =>
  Buffer.concat(editJson([Buffer.from(text)], edits).map((part) => Buffer.from(part))).toString();

describe("editJson", () => {
  const cases: readonly { name: string; text: string; edits: JsonEdits; want: string }[] = [
    {
      name: "sets in place",
      text: '{"a": 1.0, "id" : 7 , "b":2}',
      edits: { id: setTo("x") },
      want: '{"a": 1.0, "id" : "x" , "b":2}',
    },
    { name: "adds at the end", text: '{"a":1}', edits: { id: setTo(2) }, want: '{"a":1,"id":2}' },
    { name: "adds to nothing", text: " { } ", edits: { id: setTo(2) }, want: ' {"id":2 } ' },
    { name: "removes the first", text: '{"a":1, "b":2}', edits: { a: REMOVE }, want: '{"b":2}' },
    { name: "removes the last", text: '{"a":1, "b":2 }', edits: { b: REMOVE }, want: '{"a":1 }' },
    { name: "removes the middle", text: '{"a":1, "b":2, "c":3}', edits: { b: REMOVE }, want: '{"a":1, "c":3}' },
    { name: "removes the only one and adds", text: '{"b":2}', edits: { b: REMOVE, c: setTo(1) }, want: '{"c":1}' },
    { name: "removes all", text: '{"a":1,"b":2}', edits: { a: REMOVE, b: REMOVE }, want: "{}" },
    {
      name: "keeps what is there",
      text: '{"a":1}',
      edits: { a: { setIfAbsent: "2" }, b: { setIfAbsent: "3" } },
      want: '{"a":1,"b":3}',
    },
    { name: "knows escaped names", text: '{"\\u0069d":1}', edits: { id: setTo(2) }, want: '{"\\u0069d":2}' },
    { name: "both of two", text: '{"id":1,"id":2}', edits: { id: setTo(3) }, want: '{"id":3,"id":3}' },
    {
      name: "goes deep and prunes",
      text: '{"p":{"_meta":{"x":1e400}},"q":12345678901234567890}',
      edits: { p: { members: { _meta: { members: { x: REMOVE }, prune: true } }, prune: true } },
      want: '{"q":12345678901234567890}',
    },
    {
      name: "creates",
      text: "{}",
      edits: { p: { create: true, members: { m: { create: true, members: { k: setTo("v") } } } } },
      want: '{"p":{"m":{"k":"v"}}}',
    },
    {
      name: "makes an object of none",
      text: '{"p":null}',
      edits: { p: { create: true, members: { k: setTo(1) } } },
      want: '{"p":{"k":1}}',
    },
    {
      name: "leaves no object alone",
      text: '{"p":[1]}',
      edits: { p: { members: { k: setTo(1) } } },
      want: '{"p":[1]}',
    },
    {
      name: "prototype names are names",
      text: '{"__proto__":1}',
      edits: { toString: setTo(1) },
      want: '{"__proto__":1,"toString":1}',
    },
  ];
  it.each(cases)("$name", ({ text, edits, want }) => expect(edited(text, edits)).toBe(want));

  it.each(['{"a"', "[1]", '{"a" 1}', "{a:1}", "", "7", '{"a":1 "b":2}'])("refuses %j", (text) => {
    expect(() => edited(text, { id: setTo(1) })).toThrow("bad_message");
  });

  it("does to any object what the same edit does to its parsed value", () => {
    const key = fc.constantFrom("a", "b", "c", "é", 'q"', "_meta");
    const edit = fc.oneof(
      fc.constant(REMOVE),
      fc.jsonValue().map(setTo),
      fc.jsonValue().map((v) => ({ setIfAbsent: JSON.stringify(v) })),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.jsonValue()),
        fc.dictionary(key, edit),
        fc.constantFrom(0, 2),
        (value, edits, indent) => {
          const want = new Map<string, unknown>(Object.entries(value));
          for (const [name, one] of Object.entries(edits)) {
            if ("remove" in one) want.delete(name);
            else if ("set" in one) want.set(name, JSON.parse(one.set));
            else if ("setIfAbsent" in one && !want.has(name)) want.set(name, JSON.parse(one.setIfAbsent));
          }
          const got = JSON.parse(edited(JSON.stringify(value, null, indent), edits)) as object;
          expect(got).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(want))));
        },
      ),
    );
  });
});

describe("relabeled", () => {
  it("gives another id and owner, and keeps the rest", () => {
    const message = messageFromRpc({ jsonrpc: "2.0", id: 1, method: "m", params: { a: 1 } }, { relatedTo: 5 });
    expect(relabeled(message, { id: "z" })).toMatchObject({
      kind: "request",
      id: "z",
      method: "m",
      relatedTo: 5,
      rpc: { id: "z", params: { a: 1 } },
    });
    expect(relabeled(message, { relatedTo: null }).relatedTo).toBeUndefined();
  });
});
