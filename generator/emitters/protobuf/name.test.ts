import { describe, expect, it } from "vitest";
import { defaultJsonName, enumPrefix, enumValueBase, enumValueName, packageSegment, snake, typeBase } from "./name.js";

describe("snake", () => {
  const table = [
    { given: "maxResults", want: "max_results" },
    { given: "If-Match", want: "if_match" },
    { given: "_meta", want: "meta" },
    { given: "a__b", want: "a_b" },
    { given: "3d", want: "f_3d" },
    { given: "名前", want: "field" },
    { given: "__proto__", want: "proto" },
    { given: `${"a".repeat(99)} b`, want: "a".repeat(99) },
  ];
  it.each(table)("$given", ({ given, want }) => {
    expect(snake(given, "field")).toBe(want);
  });
});

describe("enum values", () => {
  const table = [
    { given: "created-at", want: "SORT_CREATED_AT" },
    { given: "reactions-+1", want: "SORT_REACTIONS_PLUS_1" },
    { given: "reactions--1", want: "SORT_REACTIONS_MINUS_1" },
    { given: "-timestamp", want: "SORT_NEG_TIMESTAMP" },
    { given: "3d", want: "SORT_3D" },
    { given: "水产", want: "SORT_VALUE" },
    { given: "", want: "SORT_EMPTY" },
  ];
  it.each(table)("$given", ({ given, want }) => {
    expect(enumValueName("SORT", enumValueBase(given))).toBe(want);
  });

  it.each([
    { given: "SearchSort", want: "SEARCH_SORT" },
    { given: "HTTPGetMode", want: "HTTP_GET_MODE" },
    { given: "T1B", want: "T1B" },
    { given: "A1Bc", want: "A1_BC" },
    { given: "GetV2Kind", want: "GET_V2_KIND" },
  ])("the prefix of $given is as buf makes it", ({ given, want }) => {
    expect(enumPrefix(given)).toBe(want);
  });
});

it.each([
  { given: "max_results", want: "maxResults" },
  { given: "f_3d", want: "f3d" },
  { given: "a_v2", want: "aV2" },
])("$given is $want in JSON", ({ given, want }) => {
  expect(defaultJsonName(given)).toBe(want);
});

it.each([
  { given: "My Server 2", want: "my_server_2" },
  { given: "3d", want: "server_3d" },
  { given: "../..", want: "server" },
])("a server called $given", ({ given, want }) => {
  expect(packageSegment(given)).toBe(want);
});

it("gives no type a name that an rpc, a service or a map field may want", () => {
  const names = ["SendRequest", "SendResponse", "SendOutput", "SendService", "LabelsEntry", "Send"];
  expect(names.map(typeBase).filter((name) => /(?:Request|Response|Output|Service|Entry)$/.test(name))).toEqual([]);
  expect(typeBase("Send")).toBe("Send");
});
