import { expect, test } from "vitest";
import type { DiffIgnore } from "../../config/define.js";
import { failOnOf, judge, type ServerChange } from "./diff-policy.js";

const change: ServerChange = {
  ...{ rule: "TOOL_REMOVED", class: "breaking", pointer: "/tools/0", place: "/tools/get-user", in: "before" },
  ...{ item: "tool get-user", message: "the tool was removed", server: "demo" },
};
const options = { failOn: failOnOf([]), today: "2026-06-15", label: "mcpgen.config.ts" };
const ignore = (given: Partial<DiffIgnore>): DiffIgnore => ({ rule: "TOOL_REMOVED", reason: "agreed", ...given });

test.each([
  { name: "the rule alone", given: {}, ignored: true, notices: 0 },
  { name: "item", given: { item: "tool get-user" }, ignored: true, notices: 0 },
  { name: "a glob", given: { item: "tool *-us*" }, ignored: true, notices: 0 },
  { name: "another item", given: { item: "tool get-*-user" }, ignored: false, notices: 1 },
  { name: "pointer", given: { pointer: "/tools/get-user" }, ignored: true, notices: 0 },
  { name: "a pointer above", given: { pointer: "/tools" }, ignored: true, notices: 0 },
  { name: "half a name", given: { pointer: "/tools/get" }, ignored: false, notices: 1 },
  { name: "server", given: { server: "demo" }, ignored: true, notices: 0 },
  { name: "another server", given: { server: "other" }, ignored: false, notices: 1 },
  { name: "its last day", given: { until: "2026-06-15" }, ignored: true, notices: 0 },
  { name: "the day after", given: { until: "2026-06-14" }, ignored: false, notices: 1 },
  { name: "another rule", given: { rule: "TOOL_ADDED" }, ignored: false, notices: 1 },
])("ignore by $name", ({ given, ignored, notices }) => {
  const got = judge([change], { ignore: [ignore(given)] }, options);
  expect(got.changes.map((one) => [one.ignored !== undefined, one.failing])).toEqual([[ignored, !ignored]]);
  expect(got.notices).toHaveLength(notices);
});

test("severities", () => {
  const of = (kind: "prose" | "off" | "security"): unknown =>
    judge([change], { severity: { TOOL_REMOVED: kind } }, options).changes.map((one) => [one.class, one.failing]);
  expect([of("prose"), of("security"), of("off")]).toEqual([[["prose", false]], [["security", true]], []]);
});

test("a rule that there is not", () => {
  const hint = "did you mean TOOL_REMOVED?";
  expect(() => judge([], { severity: { TOOL_REMOVD: "off" } }, options)).toThrow(
    expect.objectContaining({ code: "config", hint }),
  );
  expect(() => judge([], { ignore: [ignore({ rule: "TOOL_REMOVE" })] }, options)).toThrow(
    expect.objectContaining({ code: "config", hint }),
  );
});

test("--fail-on", () => {
  expect([...failOnOf([])]).toEqual(["breaking", "security"]);
  expect([...failOnOf(["breaking, prose", "security"])]).toEqual(["breaking", "prose", "security"]);
  expect([...failOnOf(["none"])]).toEqual([]);
  expect(() => failOnOf(["braking"])).toThrow(
    expect.objectContaining({ code: "usage", hint: "did you mean breaking?" }),
  );
  expect(() => failOnOf(["none,prose"])).toThrow(expect.objectContaining({ code: "usage" }));
});
