import { describe, expect, it } from "vitest";
import { openLock, type Settled } from "../../ir/lock.js";
import { inOrder } from "../../ir/order.js";
import { readSpec } from "../../ir/read.js";
import { itemKeys } from "../../ir/route.js";
import type { JsonSchema, ServerSpec } from "../../ir/spec.js";
import { parseOptions } from "./options.js";
import { planGraphql, type GraphqlPlan } from "./plan.js";
import { printSdl } from "./print.js";

const NONE = parseOptions({});
const specOf = (tools: readonly object[]): ServerSpec => inOrder(readSpec({ tools }, "test"));
const planOf = (inputSchema: JsonSchema, outputSchema?: JsonSchema, options = NONE): GraphqlPlan =>
  planGraphql(specOf([{ name: "t", inputSchema, ...(outputSchema !== undefined && { outputSchema }) }]), options);

describe("what a plan tells of values", () => {
  it("names of members and values", () => {
    const { tools, types } = planOf({
      type: "object",
      properties: { "a-b": { enum: ["x-y", "z"] } },
      required: ["a-b"],
      additionalProperties: { type: "number" },
    });
    expect(tools.get("t")).toMatchObject({
      ...{ root: "Mutation", field: "t", result: "CallToolResult" },
      input: { shape: { kind: "named", type: "TInput" }, isNonNull: true, isNullable: false },
    });
    expect(types.get("TInput")).toMatchObject({
      kind: "object",
      fields: [{ original: "a-b", name: "a_b", isNonNull: true, shape: { kind: "named", type: "TAB" } }],
      additional: { name: "additionalProperties", shape: { kind: "scalar", name: "JSON" } },
    });
    expect(types.get("TAB")).toMatchObject({
      kind: "enum",
      values: [
        { original: "x-y", name: "x_y" },
        { original: "z", name: "z" },
      ],
    });
  });

  it("branches of a choice, with the schema by which one is chosen", () => {
    const branch = (kind: string): JsonSchema => ({
      ...{ type: "object", properties: { kind: { const: kind } }, required: ["kind"] },
    });
    const choice = { oneOf: [{ $ref: "#/$defs/one" }, branch("two-b")] };
    const { tools, types } = planOf(
      { type: "object", properties: { m: choice }, $defs: { one: branch("one") } },
      { anyOf: [branch("one"), { type: "string" }] },
    );
    expect(types.get("TMInput")).toMatchObject({
      ...{ kind: "oneOf", discriminator: "kind" },
      branches: [
        { name: "one", tag: "one", use: { schema: { $ref: "#/$defs/one" } } },
        { name: "twoB", tag: "two-b", use: { schema: branch("two-b") } },
      ],
    });
    expect(tools.get("t")?.input?.defs).toEqual({ one: branch("one") });
    expect(types.get("TOutput")).toMatchObject({
      kind: "union",
      branches: [{ isBox: false }, { type: "TStringOutput", isBox: true, shape: { kind: "scalar", name: "String" } }],
    });
  });

  it("defaults that GraphQL fills in, and none in outputs", () => {
    const schema = { type: "object", properties: { m: { type: "integer", default: 5 } }, required: ["m"] };
    const { types } = planOf(schema, schema);
    expect(types.get("TInput")).toMatchObject({ fields: [{ default: 5, isNonNull: false }] });
    expect(types.get("TOutput")).not.toHaveProperty("fields.0.default");
  });

  it("entries of maps", () => {
    const map = { type: "object", additionalProperties: { type: "string" } };
    const { tools } = planOf({ type: "object" }, map, parseOptions({ maps: "entries" }));
    expect(tools.get("t")?.output?.shape).toMatchObject({
      ...{ kind: "entries", type: "TEntry", value: { shape: { kind: "scalar", name: "String" } } },
    });
  });

  it("arguments of prompts and templates", () => {
    const spec = readSpec(
      {
        prompts: [{ name: "p", arguments: [{ name: "a b" }] }],
        resourceTemplates: [{ uriTemplate: "x://{?q*}", name: "r" }],
      },
      "test",
    );
    const planned = planGraphql(spec, NONE).arguments;
    expect(planned.get("/prompts/p")).toEqual([{ original: "a b", name: "a_b", isRequired: false, isList: false }]);
    expect([...planned.values()].flat()).toContainEqual({ original: "q", name: "q", isRequired: false, isList: true });
  });
});

describe("a lock", () => {
  const tool = (
    name: string,
    properties: object = { "a-b": { enum: ["x-y"] }, o: { type: "object", properties: { p: true } } },
  ): object => ({
    ...{ name, inputSchema: { type: "object", properties }, outputSchema: { type: "object", properties } },
  });
  const write = (spec: ServerSpec, before?: Settled): { readonly lines: string[]; readonly settled: Settled } => {
    const lock = openLock(before);
    const { schema, order } = planGraphql(spec, NONE, lock);
    return { lines: printSdl(schema, order).split("\n"), settled: lock.settled(itemKeys(spec)) };
  };
  const names = ["get-user", "get_user", "getUser", "list", "list-o"];

  it("keeps every line as it is when tools are added before, between and after", () => {
    const first = write(specOf(names.map((name) => tool(name))));
    const more = ["GetUser", "a", "get user", "get-user-o", "list-a-b", "z", ...names];
    const second = write(specOf(more.map((name) => tool(name))), first.settled);
    const added = second.lines.filter((line) => !new Set(first.lines).has(line));
    expect(added.length).toBeGreaterThan(20);
    let at = 0;
    for (const line of second.lines) if (line === first.lines[at]) at++;
    expect(first.lines.slice(at)).toEqual([]);
    // Without it another tool would have taken a name.
    const fresh = write(specOf(more.map((name) => tool(name))));
    expect(fresh.lines).not.toEqual(second.lines);
  });

  it("keeps the names of members and values when others come that are more like theirs", () => {
    const first = write(specOf([tool("t", { m: { enum: ["a b", "a-b"] }, "x-y": true, "x y": true })]));
    const grown = {
      m: { enum: ["a+b", "a.b", "a b", "a_b", "a-b"] },
      x_y: true,
      "x/y": true,
      "x-y": true,
      "x y": true,
    };
    const second = write(specOf([tool("t", grown)]), first.settled);
    const renamed = first.lines.filter((line) => line.includes("@mcpName"));
    expect(renamed.length).toBeGreaterThan(6);
    expect(renamed.filter((line) => !second.lines.includes(line))).toEqual([]);
  });

  it("is empty of what GraphQL may call as JSON does", () => {
    const { settled } = write(specOf([tool("t", { plain: { enum: ["a", "b"] } })]));
    expect(Object.keys(settled.names["graphql"] ?? {})).toEqual(["types"]);
  });
});
