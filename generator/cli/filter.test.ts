import { describe, expect, test } from "vitest";
import { readSpec } from "../ir/read.js";
import { filterSpec } from "./filter.js";

const inputSchema = { type: "object" };
const spec = {
  ...readSpec(
    {
      tools: ["get-a", "get-b", "del.a", "x"].map((name) => ({ name, inputSchema })),
      resources: [{ uri: "file:///a", name: "a" }],
      resourceTemplates: [{ uriTemplate: "file:///{id}", name: "t" }],
      prompts: [{ name: "p" }],
    },
    "test",
  ),
  diagnostics: [
    { severity: "warning", code: "c", pointer: "/tools/1/inputSchema", message: "of get-b" },
    { severity: "warning", code: "c", pointer: "/tools/2", message: "of del.a" },
    { severity: "info", code: "c", pointer: "/instructions", message: "of none" },
  ] as const,
};

describe("filterSpec", () => {
  test.each([
    { name: "nothing asked", include: [], exclude: [], want: "get-a get-b del.a x a t p" },
    { name: "one glob", include: ["get-*"], exclude: [], want: "get-a get-b" },
    { name: "one character", include: ["get-?"], exclude: ["?"], want: "get-a get-b" },
    { name: "a dot is a dot", include: ["*.a"], exclude: [], want: "del.a" },
    { name: "exclude alone", include: [], exclude: ["get-*", "p"], want: "del.a x a t" },
    { name: "by URI", include: ["file:///*"], exclude: [], want: "a t" },
  ])("$name", ({ include, exclude, want }) => {
    const { tools, resources, resourceTemplates, prompts } = filterSpec(spec, { include, exclude });
    const names = [...tools, ...resources, ...resourceTemplates, ...prompts].map(({ name }) => name);
    expect(names.join(" ")).toBe(want);
  });

  test("diagnostics go and move with their items", () => {
    const { diagnostics } = filterSpec(spec, { include: [], exclude: ["get-a", "del.a"] });
    expect(diagnostics.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
      "/tools/0/inputSchema of get-b",
      "/instructions of none",
    ]);
  });

  test.each([
    { include: ["get-*", "nope"], exclude: [] },
    { include: [], exclude: ["nope"] },
  ])("a glob that matches nothing is an error: $include $exclude", (globs) => {
    expect(() => filterSpec(spec, globs)).toThrow('the glob "nope" matches nothing');
  });
});
