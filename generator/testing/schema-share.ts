import type { GraphqlPlan } from "../emitters/graphql/plan.js";
import type { PlannedShape, PlannedUse } from "../emitters/graphql/planned.js";
import type { ProtoPlan } from "../emitters/protobuf/plan.js";
import { itemKey } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";

/** How many places for a value there are, and how many of them take anything since no type could be made. */
export interface FallbackShare {
  readonly places: number;
  /** Any JSON: JSON in GraphQL; Struct, Value and ListValue in proto. */
  readonly open: number;
  /** Of `open`: the schema itself says nothing about what stands there. The others are where the language has no word. */
  readonly openInSchema: number;
}

/** Arguments, structured outputs, and all fields, branches and items of their types. What holds members of any name and kind is no place. */
export function graphqlShare({ tools, types }: GraphqlPlan): FallbackShare {
  const places: PlannedUse[] = [...tools.values()].flatMap(({ input, output }) => [
    ...(input ? [input] : []),
    ...(output ? [output] : []),
  ]);
  for (const type of types.values()) {
    if (type.kind === "object")
      places.push(...type.fields, ...(type.additional && !isAny(type.additional.use) ? [type.additional] : []));
    if (type.kind === "oneOf" || type.kind === "union") places.push(...type.branches);
  }
  const open = places.filter(({ shape }) => isJson(shape));
  return { places: places.length, open: open.length, openInSchema: open.filter(({ use }) => isAny(use)).length };
}

/** The same of messages. Structured outputs of tools that describe none are no places. */
export function protoShare(spec: ServerSpec, { messages, rpcs }: ProtoPlan): FallbackShare {
  const described = new Set(
    spec.tools.filter(({ outputSchema }) => outputSchema !== undefined).map(({ name }) => itemKey("tools", name)),
  );
  const responses = new Map(rpcs.map((rpc) => [rpc.response, rpc]));
  const places = [...messages.values()].flatMap((message) => {
    const { name, fields } = message;
    const rpc = responses.get(name);
    const bins = message.kind === "object" ? [message.additional, message.explicitEmpty] : [];
    if (!rpc)
      return fields.filter((field) => !bins.includes(field) || (field === bins[0] && field.type.kind !== "any"));
    return rpc.structuredContent && described.has(rpc.key) ? [rpc.structuredContent] : [];
  });
  const open = places.filter(({ type }) => type.kind === "any");
  const said = open.filter(
    ({ type, use }) => (type.kind === "any" && REASONS_OF_SCHEMA.has(type.reason)) || (use && isAny(use)),
  );
  return { places: places.length, open: open.length, openInSchema: said.length };
}

const REASONS_OF_SCHEMA = new Set(["any", "free", "array", "null"]);

const isJson = (shape: PlannedShape): boolean =>
  shape.kind === "list" ? isJson(shape.item.shape) : shape.kind === "scalar" && shape.name === "JSON";

function isAny({ shape }: PlannedUse["use"]): boolean {
  if (shape.kind === "list") return isAny(shape.item);
  return (
    shape.kind === "free" || shape.kind === "array" || (shape.kind === "open" && REASONS_OF_SCHEMA.has(shape.reason))
  );
}

export function addShares(shares: readonly FallbackShare[]): FallbackShare {
  const sum = (of: (share: FallbackShare) => number): number => shares.reduce((all, one) => all + of(one), 0);
  return {
    places: sum(({ places }) => places),
    open: sum(({ open }) => open),
    openInSchema: sum((one) => one.openInSchema),
  };
}
