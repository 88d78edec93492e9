import { describe, expect, it } from "vitest";
import { parseOptions } from "./options.js";

describe("parseOptions", () => {
  it("knows its defaults", () => {
    expect(parseOptions({})).toEqual({ allMutations: false, maps: "json", subscriptions: false });
  });

  it("takes text, as the command line gives it, and values, as a config does", () => {
    expect(parseOptions({ "all-mutations": "true", maps: "entries", subscriptions: true })).toEqual({
      ...{ allMutations: true, maps: "entries", subscriptions: true },
    });
  });

  const bad: readonly { name: string; given: object; key: string }[] = [
    { name: "an unknown key", given: { allMutations: true }, key: "allMutations" },
    { name: "another word", given: { maps: "list" }, key: "maps" },
    { name: "what is no flag", given: { subscriptions: "yes" }, key: "subscriptions" },
    { name: "a number", given: { "all-mutations": 1 }, key: "all-mutations" },
  ];
  it.each(bad)("refuses $name", ({ given, key }) => {
    expect(() => parseOptions({ ...given })).toThrow(`option "${key}"`);
  });
});
