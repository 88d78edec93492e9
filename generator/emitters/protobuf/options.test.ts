import { describe, expect, it } from "vitest";
import { OPTIONS, parseOptions } from "./options.js";

describe("options of protobuf", () => {
  it("are all optional", () => {
    expect(parseOptions({})).toEqual({ layout: "split", explicitNull: "names" });
    expect(Object.keys(OPTIONS)).toEqual(["layout", "explicit-null", "package"]);
  });

  it.each(["acme.v1", "acme.big_tools.v1beta2", "a.b.c.v12"])("take the package %s", (name) => {
    expect(parseOptions({ package: name }).package).toBe(name);
  });

  it.each([
    { given: { layout: "flat" }, want: /"layout": "flat" is not one of split, single/ },
    { given: { "explicit-null": true }, want: /"explicit-null": true is not one of names, none/ },
    { given: { package: "acme" }, want: /"package"/ },
    { given: { package: "Acme.v1" }, want: /"package"/ },
    { given: { package: "a..v1" }, want: /"package"/ },
    { given: { package: "a.v1\nimport" }, want: /"package"/ },
    { given: { package: 1 }, want: /"package"/ },
    { given: { streams: true }, want: /"streams": there is no such option/ },
  ])("refuse $given", ({ given, want }) => {
    expect(() => parseOptions(given)).toThrow(want);
  });
});
