import { describe, expect, it } from "vitest";
import { lockRefusal, lockText, settleTools, toolServer } from "../testing/lock-sample.js";
import { lockServer, MAX_LOCK_BYTES, parseLock, printLock } from "./lock-file.js";
import { openLock } from "./lock.js";
import type { JsonObject } from "./spec.js";

describe("a lock that cannot be used", () => {
  const given = toolServer({ "get-a": ["first", "second"], "get-b": ["first"] });
  const again = toolServer({ "get-a": ["second", "third"], "get-b": ["first"] });
  const TEXT = lockText(given, settleTools(again, openLock(settleTools(given))), { out: { include: ["get-*"] } });

  interface Refusal {
    readonly name: string;
    /** First occurrence → what stands there instead. */
    readonly edit: readonly [from: string | RegExp, to: string];
    /** Begins the line that is named. */
    readonly at: string;
    readonly text: RegExp;
    readonly hint?: RegExp;
  }
  const refusals: readonly Refusal[] = [
    {
      name: "merge-conflict markers",
      edit: [/( +"get-b": \{)/, "<<<<<<< HEAD\n$1"],
      at: "<<<<<<<",
      text: /merge conflict markers/,
      hint: /keep both sides/,
    },
    {
      name: "the end of a conflict alone",
      edit: [/\n( +"get-b": \{)/, "\n>>>>>>> theirs\n$1"],
      at: ">>>>>>>",
      text: /conflict/,
    },
    { name: "cut off", edit: [/"numbers"[^]*/, ""], at: "      \n", text: /:\d+:7: not valid JSON/ },
    { name: "a comma too many", edit: [": 1,", ": 1,,"], at: '  "lockVersion"', text: /:2:20: not valid JSON/ },
    { name: "something after it", edit: [/$/, "!"], at: "!", text: /:1: not valid JSON/ },
    {
      name: "nested without end",
      edit: [": 1", `: ${"[".repeat(2_000)}${"]".repeat(2_000)}`],
      at: '  "lockVersion"',
      text: /not valid JSON/,
    },
    {
      name: "no JSON at all",
      edit: [/^[^]*$/, "lockfileVersion 1"],
      at: "lockfileVersion",
      text: /:1:1: not valid JSON/,
    },
    { name: "an empty file", edit: [/^[^]*$/, ""], at: "", text: /:1:1: not valid JSON/ },
    { name: "no lock", edit: [/^[^]*$/, '{\n  "tools": []\n}'], at: "{", text: /no lock of mcpgen/ },
    {
      name: "of a newer mcpgen",
      edit: ['"lockVersion": 1', '"lockVersion": 2, "more": 3'],
      at: '  "lockVersion"',
      text: /version 2; known here: 1/,
      hint: /^update mcpgen$/,
    },
    { name: "of no mcpgen", edit: ['"lockVersion": 1', '"lockVersion": 0'], at: '  "lockVersion"', text: /version 0/ },
    {
      name: "a tool edited",
      edit: ["what get-b does", "what get-b did"],
      at: '        "get-b": {',
      text: /the tool "get-b" was edited by hand/,
      hint: /version control/,
    },
    {
      name: "a tool renamed",
      edit: ['        "get-b": {', '        "get-c": {'],
      at: '        "get-c": {',
      text: /"get-c" was edited/,
    },
    {
      name: "the version edited",
      edit: ['"1.0.0"', '"1.0.1"'],
      at: '      "about": {',
      text: /"demo" says about itself was edited/,
    },
    {
      name: "an unknown member",
      edit: ['      "names": {', '      "note": 1,\n      "names": {'],
      at: '      "note"',
      text: /"note" is no member/,
    },
    {
      name: "no names",
      edit: ['      "names": {', '      "Names": {'],
      at: '      "Names"',
      text: /"Names" is no member/,
    },
    {
      name: "names that are a list",
      edit: [/"names": \{[^]*?\n {6}\}/, '"names": []'],
      at: '      "names"',
      text: /"names" is no object/,
    },
    {
      name: "a member twice",
      edit: [/(.*): 1,\n/, "$&$1 : 1,\n"],
      at: '  "lockVersion" :',
      text: /"lockVersion" stands twice/,
    },
    {
      name: "a name twice",
      edit: ['"/tools/get-b": "getB"', '"/tools/get-b": "getA"'],
      at: '            "/tools/get-b"',
      text: /the name "getA" is given twice/,
      hint: /keep the line that was released/,
    },
    {
      name: "a name that would end a statement",
      edit: ['"getB"', '"getB(){}"'],
      at: '            "/tools/get-b"',
      text: /is no name/,
    },
    {
      name: "a name that would begin a comment",
      edit: ['"getB"', '"get//b"'],
      at: '            "/tools/get-b"',
      text: /is no name/,
    },
    { name: "a name that is a number", edit: ['"getB"', "1"], at: '            "/tools/get-b"', text: /is no string/ },
    {
      name: "a number that somebody changed",
      edit: ["third = 3", "third = 7"],
      at: '              "third"',
      text: /the number of "third" was edited by hand/,
      hint: /restore it/,
    },
    {
      name: "a number twice",
      edit: ["third = 3", "third = 2"],
      at: '              "third"',
      text: /the number 2 is given twice/,
      hint: /keep the line that was released/,
    },
    {
      name: "a number that is reserved",
      edit: ["third = 3", "third = 1"],
      at: '              "third"',
      text: /the number 1 is reserved and in use/,
    },
    {
      name: "a field name that is reserved",
      edit: ["third = 3", "first = 3"],
      at: '              "third"',
      text: /the name first is reserved/,
    },
    {
      name: "a field name twice",
      edit: ["third = 3", "second = 3"],
      at: '              "third"',
      text: /name second is given twice/,
    },
    {
      name: "a number of protobuf's own",
      edit: ["third = 3", "third = 19500"],
      at: '              "third"',
      text: /is no numbered member/,
    },
    {
      name: "a line without number",
      edit: ["third = 3", "third"],
      at: '              "third"',
      text: /is no numbered member/,
    },
    {
      name: "a reserved line that is none",
      edit: ['"string first first ', '"first '],
      at: '              "1"',
      text: /is no reserved number/,
    },
    {
      name: "a reserved number that is none",
      edit: ['"1": "string', '"01": "string'],
      at: '              "01"',
      text: /is no reserved number/,
    },
    {
      name: "globs that are no list",
      edit: [/\[\s+"get-\*"\s+\]/, '"get-*"'],
      at: '        "out"',
      text: /lists of strings/,
    },
    { name: "globs that are none", edit: ['"get-*"', '"get-*", 7'], at: '        "out"', text: /lists of strings/ },
  ];
  it.each(refusals)("$name", ({ edit: [from, to], at, text, hint }) => {
    const broken = TEXT.replace(from, to);
    expect(broken).not.toBe(TEXT);
    const line = broken.split("\n").findIndex((one) => `${one}\n`.startsWith(at)) + 1;
    const error = lockRefusal(broken);
    expect(error.text).toMatch(text);
    expect(error.text).toMatch(new RegExp(`^mcpgen\\.lock:${line}:`));
    if (hint) expect(error.hint).toMatch(hint);
  });
});

it("an item that no server could have listed, with the hash that it would have", () => {
  const [tool] = toolServer({ "get-a": [] }).tools;
  const deep = JSON.parse(`${'{"not":'.repeat(300)}{}${"}".repeat(300)}`) as JsonObject;
  const tools = tool ? [{ ...tool, annotations: deep }] : [];
  const text = printLock({ lockVersion: 1, servers: { demo: lockServer({ ...toolServer({}), tools }) } });
  expect(lockRefusal(text).text).toBe(
    `mcpgen.lock:${text.split("\n").findIndex((line) => line.includes('"get-a"')) + 1}: "get-a" is no tool within the bounds`,
  );
});

it("several things may share a name where an emitter means one thing by it", () => {
  const shared = { "/tools/a/input": "A", "/tools/b/input": "A" };
  const text = lockText(toolServer({}), { names: { openapi: { components: shared } }, numbers: {} });
  expect(parseLock(text, "mcpgen.lock").servers["demo"]?.names["openapi"]).toEqual({ components: shared });
});

it("a file that is too large is not even looked at", () => {
  expect(lockRefusal(" ".repeat(MAX_LOCK_BYTES + 1)).text).toBe(`mcpgen.lock is larger than ${MAX_LOCK_BYTES} bytes`);
});

it("a lock in another layout, with another line end, is the same lock", () => {
  const text = lockText(toolServer({ "get-a": ["x"] }));
  const flat = JSON.stringify(JSON.parse(text));
  expect(printLock(parseLock(flat, "mcpgen.lock"))).toBe(text);
  expect(printLock(parseLock(text.replaceAll("\n", "\r\n"), "mcpgen.lock"))).toBe(text);
});
