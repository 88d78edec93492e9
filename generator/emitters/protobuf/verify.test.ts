import { describe, expect, it } from "vitest";
import { GeneratorError } from "../../errors.js";
import { openLock } from "../../ir/lock.js";
import { readSpec } from "../../ir/read.js";
import { parseOptions } from "./options.js";
import type { FieldPlan, ProtoPlan } from "./plan.js";
import { planProto } from "./proto.js";
import { verifyProto } from "./verify.js";

const SCHEMA = { type: "object", properties: { a: { type: "string" }, b: { enum: ["x", "y"] } } };
const spec = readSpec(
  { serverInfo: { name: "demo", version: "1" }, tools: [{ name: "do", inputSchema: SCHEMA }] },
  "test",
);
const good = planProto(spec, parseOptions({}), openLock());

const withText = (from: string, to: string): ProtoPlan => ({
  ...good,
  files: good.files.map((file) => ({ ...file, contents: file.contents.replace(from, to) })),
});

function withField(change: Partial<FieldPlan>): ProtoPlan {
  const message = good.messages.get("DoRequest");
  const [first, second, ...rest] = message?.fields ?? [];
  if (!message || !first || !second) throw new Error("no fields");
  const fields = [first, { ...second, ...change }, ...rest];
  return { ...good, messages: new Map([...good.messages, ["DoRequest", { ...message, fields }]]) };
}

describe("verifyProto", () => {
  it("lets a good plan pass", () => {
    expect(() => verifyProto(good)).not.toThrow();
  });

  it.each([
    { name: "a syntax error", given: withText("message DoRequest {", "message DoRequest {{"), want: /tools\.proto/ },
    { name: "an unknown type", given: withText("optional DoB b", "optional DoC b"), want: /mcpgen\.demo\.v1/ },
    {
      name: "a file that is not there",
      given: withText("v1/content.proto", "v1/contents.proto"),
      want: /tools\.proto/,
    },
    { name: "a name twice", given: withField({ name: "a" }), want: /DoRequest/ },
    { name: "a JSON name twice", given: withField({ jsonName: "a" }), want: /DoRequest/ },
    { name: "a number twice", given: withField({ number: 1 }), want: /DoRequest/ },
    {
      name: "an enum value twice",
      given: {
        ...good,
        enums: new Map([["DoB", { name: "DoB", zero: "DO_B_X", values: [{ value: "x", name: "DO_B_X", number: 1 }] }]]),
      },
      want: /mcpgen\.demo\.v1/,
    },
  ])("refuses $name", ({ given, want }) => {
    expect(() => verifyProto(given)).toThrow(want);
    expect(() => verifyProto(given)).toThrow(GeneratorError);
  });
});
