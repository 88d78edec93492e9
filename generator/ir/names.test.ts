import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openLock } from "./lock.js";
import { planNames } from "./names.js";
import { readSpec } from "./read.js";
import type { ServerSpec } from "./spec.js";

const inputSchema = { type: "object" };

function specOf(lists: { tools?: string[]; prompts?: string[]; templates?: string[] }): ServerSpec {
  const { tools = [], prompts = [], templates = [] } = lists;
  return readSpec(
    {
      serverInfo: { name: "s", version: "1" },
      tools: tools.map((name) => ({ name, inputSchema, outputSchema: { type: "object" } })),
      prompts: prompts.map((name) => ({ name })),
      resourceTemplates: templates.map((name, i) => ({ name, uriTemplate: `x://${i}/{a}` })),
    },
    "test",
  );
}

const methods = (...tools: string[]): string[] => planNames(specOf({ tools })).tools.map(({ method }) => method);

describe("methods", () => {
  it.each<{ given: string[]; want: string[] }>([
    {
      given: ["get-sum", "get_user", "getTime", "HTTPGet", "ID"],
      want: ["getSum", "getUser", "getTime", "httpGet", "id"],
    },
    { given: ["a.b/c d", "x2y", "2fa", "1"], want: ["aBCD", "x2y", "_2fa", "_1"] },
    // Fit as they are before made fit, whatever the order.
    { given: ["get-sum", "getSum", "get_sum"], want: ["getSum2", "getSum", "getSum3"] },
    { given: ["get-sum", "getSum2", "getSum"], want: ["getSum3", "getSum2", "getSum"] },
    { given: ["delete", "new", "await", "type"], want: ["delete_", "new_", "await_", "type"] },
    { given: ["toString", "constructor", "__proto__", "then"], want: ["toString_", "constructor_", "proto", "then_"] },
    // Methods stand beside the originals: no method may be another's original.
    { given: ["delete", "delete_"], want: ["delete_2", "delete_"] },
    { given: ["delete", "delete_", "delete_2"], want: ["delete_3", "delete_", "delete2"] },
    { given: ["水产", "早餐", "*"], want: ["tool", "tool2", "tool3"] },
  ])("$given", ({ given, want }) => {
    expect(methods(...given)).toEqual(want);
  });

  it("of prompts and templates have scopes of their own, and `read` is taken", () => {
    const names = planNames(
      specOf({
        tools: ["a"],
        prompts: ["a", "simple-prompt"],
        templates: ["Dynamic Text Resource", "read", "Resource", "🦀"],
      }),
    );
    expect(names.prompts.map(({ method }) => method)).toEqual(["a", "simplePrompt"]);
    expect(names.resourceTemplates.map(({ method }) => method)).toEqual([
      "dynamicText",
      "read2",
      "resource",
      "template",
    ]);
    expect(names.resourceTemplates.map(({ variables }) => variables)[0]).toBe("DynamicTextVariables");
  });
});

describe("types", () => {
  it("carry the method's number", () => {
    const [a, b] = planNames(specOf({ tools: ["get-sum", "getSum"] })).tools;
    expect(a).toEqual({
      name: "get-sum",
      method: "getSum2",
      typeBase: "GetSum2",
      input: "GetSum2Input",
      output: "GetSum2Output",
    });
    expect(b).toMatchObject({ method: "getSum", input: "GetSumInput" });
  });

  it("of a tool with the suffix of another's type stay apart", () => {
    const { tools } = planNames(specOf({ tools: ["get_pipeline_job", "get_pipeline_job_output"] }));
    expect(tools.flatMap(({ input, output }) => [input, output])).toEqual([
      ...["GetPipelineJobInput", "GetPipelineJobOutput"],
      ...["GetPipelineJobOutputInput", "GetPipelineJobOutputOutput"],
    ]);
  });

  it("have no output without a schema of it", () => {
    const spec = readSpec({ tools: [{ name: "a", inputSchema }] }, "test");
    expect(planNames(spec).tools).toEqual([{ name: "a", method: "a", typeBase: "A", input: "AInput" }]);
  });
});

it("plans identifiers that are all different, and the same ones again", () => {
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("get-sum", "getSum", "get_sum", "getSum2", "a", "A", "class"),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(
        name.filter((one) => one !== ""),
        { maxLength: 12 },
      ),
      (given) => {
        const spec = specOf({ tools: given, prompts: given, templates: given });
        const names = planNames(spec);
        expect(planNames(spec)).toEqual(names);
        const { tools, prompts, resourceTemplates } = names;
        for (const list of [tools, prompts, resourceTemplates]) {
          const all = list.map(({ method }) => method);
          expect(new Set(all).size).toBe(all.length);
          for (const one of all) expect(one).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
        }
        const types = [
          ...tools.flatMap(({ input, output }) => [input, output]),
          ...prompts.map((prompt) => prompt.arguments),
          ...resourceTemplates.map(({ variables }) => variables),
        ];
        expect(new Set(types).size).toBe(types.length);
        const originals = new Map(tools.map(({ name: original, method }) => [original, method]));
        for (const { method } of tools) expect(originals.get(method) ?? method).toBe(method);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

it("takes a thousand names that say nothing in a moment, and cuts long ones", () => {
  const all = methods(...Array.from({ length: 1000 }, (_, i) => String.fromCodePoint(0x4e00 + i)));
  expect(new Set(all).size).toBe(1000);
  expect(methods("a".repeat(1_000_000))[0]?.length).toBe(100);
});

it("a method stays whose it was, also when a tool comes that is called so", () => {
  const lock = openLock();
  planNames(specOf({ tools: ["get-user"] }), lock);
  const { tools } = planNames(specOf({ tools: ["get-user", "getUser"] }), lock);
  expect(tools.map(({ name, method, input }) => [name, method, input])).toEqual([
    ["get-user", "getUser", "GetUserInput"],
    ["getUser", "getUser2", "GetUser2Input"],
  ]);
});
