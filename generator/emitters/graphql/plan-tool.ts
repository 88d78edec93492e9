import { lower } from "../../ir/lower.js";
import type { Lock, Wish } from "../../ir/lock.js";
import { hasOutput } from "../../ir/names.js";
import { TYPE_SUFFIXES, type AdapterRoute, type ToolRoute } from "../../ir/route.js";
import { normaliseSchema } from "../../ir/schema.js";
import { ANNOTATIONS } from "../../ir/schema-keyword.js";
import type { Model } from "../../ir/shape.js";
import type { JsonSchema } from "../../ir/spec.js";
import { FIXED_NAMES } from "./content.js";
import type { GraphqlOptions } from "./options.js";
import { ANY, isEmptyObject, planSide, wishesOf, type Side } from "./plan-type.js";
import type { PlannedTool, PlannedType, PlannedUse } from "./planned.js";

interface Tool {
  readonly route: ToolRoute;
  readonly input: Side;
  readonly output?: Side;
}

/** All types of all tools. Their names are one scope: they are asked for at once. */
export function planTools(
  routes: readonly AdapterRoute[],
  options: GraphqlOptions,
  lock: Lock,
): {
  readonly tools: ReadonlyMap<string, PlannedTool>;
  readonly types: ReadonlyMap<string, PlannedType>;
  readonly order: readonly string[];
} {
  const sources = routes.filter((route) => route.kind === "tool").map((route) => toolOf(route, options));
  const wishes = unreserved(
    sources.flatMap((source) => wishesOfTool(source, options)),
    routes,
  );
  const order = lock.names({ target: "graphql", owner: "types" }, wishes, { taken: FIXED_NAMES });
  const names = new Map(wishes.map(({ key }, i) => [key, order[i] ?? ""]));
  const nameOf = (key: string): string => names.get(key) ?? "";

  const tools = new Map<string, PlannedTool>();
  const types = new Map<string, PlannedType>();
  const plan = (side: Side): PlannedUse => {
    const { use, types: own } = planSide(side, nameOf, lock);
    for (const type of own) types.set(type.name, type);
    return use;
  };
  for (const { route, input, output } of sources) {
    const [given, made] = [asArguments(plan(input), types), output && plan(output)];
    tools.set(route.target, {
      ...{ root: route.graphql.root, field: route.name },
      ...(!takesNothing(input.model) && {
        input: { ...given, defs: input.defs, isNonNull: needsValue(given, types) },
      }),
      ...(output && made && { output: { ...made, defs: output.defs } }),
      result: output ? nameOf(`${route.key}/result`) : "CallToolResult",
      ...(options.subscriptions && { event: output ? nameOf(`${route.key}/event`) : "CallToolEvent" }),
    });
  }
  return { tools, types, order };
}

function toolOf(route: ToolRoute, { maps }: GraphqlOptions): Tool {
  const side = (role: Side["role"], raw: JsonSchema): Side => {
    const normal = normaliseSchema(raw, `${route.pointer}/${role}Schema`);
    const root = `${route.key}/${role}`;
    const hasEntries = role === "output" && maps === "entries";
    return { ...{ role, root, hasEntries, base: route.typeBase }, model: lower(normal, root), defs: normal.defs };
  };
  const output = hasOutput(route.item) ? side("output", route.item["outputSchema"] as JsonSchema) : undefined;
  return { route, input: side("input", route.item.inputSchema), ...(output && { output }) };
}

function wishesOfTool({ route, input, output }: Tool, { subscriptions }: GraphqlOptions): Wish[] {
  const own = (kind: string, suffix: string): Wish => {
    return { key: `${route.key}/${kind}`, base: route.typeBase + suffix, exact: true };
  };
  return [
    ...wishesOf(input),
    ...(output ? [...wishesOf(output), own("result", "Result")] : []),
    ...(output && subscriptions ? [own("event", "Event")] : []),
  ];
}

/** Types within a schema keep away from the names that routes may claim, now or one day. */
function unreserved(wishes: readonly Wish[], routes: readonly AdapterRoute[]): Wish[] {
  const reserved = new Set(routes.flatMap(({ typeBase }) => TYPE_SUFFIXES.map((suffix) => typeBase + suffix)));
  return wishes.map((wish) => (!wish.exact && reserved.has(wish.base) ? { ...wish, base: `${wish.base}2` } : wish));
}

/** Arguments are an object, whatever else a schema says of them. */
function asArguments(use: PlannedUse, types: ReadonlyMap<string, PlannedType>): PlannedUse {
  const { shape } = use;
  const kind = shape.kind === "named" ? types.get(shape.type)?.kind : undefined;
  return kind === "object" || kind === "oneOf" ? use : { ...use, shape: ANY };
}

/**
 * An object without members, as people say that a tool takes no arguments: closed, or with `properties` that are none. `{"type": "object"}`
 * takes any. Source: MCP 2025-11-25, "Tools", "Tool with no parameters".
 */
function takesNothing({ root, types }: Model): boolean {
  const { shape, schema } = root;
  if (shape.kind === "named") return isEmptyObject(types.get(shape.key));
  return (
    shape.kind === "free" &&
    typeof schema === "object" &&
    schema["type"] === "object" &&
    schema["properties"] !== undefined &&
    Object.keys(schema).every((key) => ["type", "properties", "$defs"].includes(key) || ANNOTATIONS.has(key))
  );
}

function needsValue({ shape }: PlannedUse, types: ReadonlyMap<string, PlannedType>): boolean {
  const type = shape.kind === "named" ? types.get(shape.type) : undefined;
  return type?.kind === "oneOf" || (type?.kind === "object" && type.fields.some(({ isNonNull }) => isNonNull));
}
