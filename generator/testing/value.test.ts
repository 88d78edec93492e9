import { describe, expect, it } from "vitest";
import { graphqlEmitter } from "../emitters/graphql/graphql.js";
import { planGraphql } from "../emitters/graphql/plan.js";
import { planProto } from "../emitters/protobuf/proto.js";
import { protobufEmitter } from "../emitters/protobuf/protobuf.js";
import { openLock } from "../ir/lock.js";
import { readSpec } from "../ir/read.js";
import type { Json } from "../ir/spec.js";
import { schemaOutput } from "./schema-output.js";
import { checkValues } from "./value-check.js";
import { graphqlTrip } from "./value-graphql-trip.js";
import { outcomeOf, withLosses } from "./value-loss.js";
import { protoTrip } from "./value-proto-trip.js";

const SCHEMA = {
  type: "object",
  properties: {
    "a-b": { type: "string" },
    sort: { enum: ["up", "-up", "true"] },
    big: { type: "integer" },
    list: { type: "array", items: { type: ["number", "null"] } },
    either: { anyOf: [{ type: "string" }, { type: "array", items: { type: "boolean" } }] },
    none: { type: ["string", "null"] },
  },
  required: ["big"],
  additionalProperties: false,
};
const spec = readSpec({ tools: [{ name: "t", inputSchema: SCHEMA, outputSchema: SCHEMA }] }, "t");
const { graphql } = await schemaOutput(spec, { lock: openLock() });
const plans = {
  graphql: planGraphql(spec, graphqlEmitter.parseOptions({}), openLock()),
  proto: planProto(spec, protobufEmitter.parseOptions({}), openLock()),
};
const trips = { graphql: graphqlTrip(plans.graphql, graphql), proto: protoTrip(plans.proto) };

const VALUES: readonly { readonly name: string; readonly value: Json; readonly lost?: string }[] = [
  { name: "the least", value: { big: 0 } },
  { name: "a name that is none", value: { big: 1, "a-b": "x" } },
  { name: "a value of an enum that is none", value: { big: 1, sort: "-up" } },
  { name: "a large whole number", value: { big: 2 ** 53 } },
  { name: "an empty list, and null in a list", value: { big: -1, list: [1.5, null] } },
  { name: "each branch", value: { big: 1, either: [true, false] } },
  { name: "null", value: { big: 1, none: null } },
  { name: "a member without a name", value: { big: 1, other: 1 }, lost: "a member that the schema does not name" },
];

describe.each(["graphql", "proto"] as const)("%s", (language) => {
  it.each(VALUES)("keeps $name", ({ value, lost }) => {
    const want = lost === undefined ? { kind: "exact" } : { kind: "documented", reasons: [lost] };
    expect(trips[language].input("t")(value)).toEqual(want);
  });

  it("keeps outputs, save what it is documented to lose", () => {
    const send = trips[language].output("t");
    const kinds = VALUES.map(({ value }) => send(value).kind);
    const isGraphql = language === "graphql";
    expect(kinds).toEqual([...Array<string>(6).fill("exact"), isGraphql ? "documented" : "exact", "documented"]);
  });

  it("tells a value that the schema does not take, and a tool that is not there", () => {
    const given = [
      { tool: "t", role: "input", samples: [{ big: "x" }, {}, { big: 1, sort: "down" }] },
      { tool: "none", role: "output", samples: [{}] },
    ] as const;
    const { errors, exact } = checkValues(given, trips[language]);
    expect([exact, errors.length]).toEqual([0, 4]);
  });
});

it("sees a schema that is not what was planned", () => {
  const wrong = graphqlTrip(plans.graphql, graphql.replaceAll(/\bbig: Long!/g, "big: String!"));
  const given = [{ tool: "t", role: "input", samples: [{ big: 1 }] }] as const;
  expect(checkValues(given, wrong).errors).toHaveLength(1);
  const files = plans.proto.files.map((file) => ({
    ...file,
    contents: file.contents.replaceAll(" big = ", " large = "),
  }));
  expect(checkValues(given, protoTrip({ ...plans.proto, files })).errors).toHaveLength(1);
});

describe("what came back", () => {
  it.each([
    { name: "the same in another order", sent: { a: 1, b: 2 }, got: { b: 2, a: 1 }, losses: [], want: "exact" },
    {
      name: "less than was known",
      sent: { a: 1, b: 2 },
      got: {},
      losses: [{ path: ["a"], reason: "x" }],
      want: "wrong",
    },
    {
      name: "what was known",
      sent: { a: 1, b: 2 },
      got: { b: 2 },
      losses: [{ path: ["a"], reason: "x" }],
      want: "documented",
    },
    { name: "another kind", sent: { a: 1 }, got: { a: "1" }, losses: [], want: "wrong" },
  ])("$name: $want", ({ sent, got, losses, want }) => {
    expect(outcomeOf(sent, got as unknown as Json, losses).kind).toBe(want);
  });

  it("is told with what takes the place of what is lost", () => {
    const losses = [
      { path: ["a", 0, "b"], reason: "gone" },
      { path: ["a", 0, "c"], reason: "added", becomes: 3 },
    ];
    expect(withLosses({ a: [{ b: 1, d: 2 }] }, losses)).toEqual({ a: [{ c: 3, d: 2 }] });
  });
});
