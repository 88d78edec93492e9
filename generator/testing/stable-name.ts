import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isUnionType,
  type GraphQLNamedType,
  type GraphQLType,
} from "graphql";
import { planGraphql } from "../emitters/graphql/plan.js";
import { graphqlEmitter } from "../emitters/graphql/graphql.js";
import type { LockBook } from "../ir/lock.js";
import { planNames } from "../ir/names.js";
import { byCodeUnit, canonicalJson, inOrder } from "../ir/order.js";
import type { Json, JsonObject, ServerSpec, ToolSpec } from "../ir/spec.js";
import type { SchemaOutput } from "./schema-output.js";

/** All names by which a tool is known in each language: language → names, in one order. */
export type ToolNames = Readonly<Record<string, readonly string[]>>;

/** Of each tool, by its contract as it is but for order: two tools with one key have to have the same names for ever. */
export function namesOfTools(spec: ServerSpec, output: SchemaOutput, lock: LockBook): ReadonlyMap<string, ToolNames> {
  const given = inOrder(spec);
  const typescript = planNames(given, lock);
  const openapi = openapiNames(JSON.parse(output.openapi) as JsonObject);
  const graphql = graphqlNames(given, output.graphql, lock);
  return new Map(
    given.tools.map((tool, i) => [
      contractOf(tool),
      {
        typescript: [canonicalJson((typescript.tools[i] ?? null) as unknown as Json)],
        openapi: openapi(tool.name),
        graphql: graphql(tool.name),
      },
    ]),
  );
}

/** Lists whose order means nothing, sorted. */
function contractOf({ name, inputSchema, outputSchema, annotations }: ToolSpec): string {
  const sorted = (value: Json, key = ""): Json => {
    if (Array.isArray(value)) {
      const list = value as readonly Json[];
      const isSet = ["required", "type", "enum"].includes(key) && list.every((one) => typeof one === "string");
      return isSet ? [...list].sort(byCodeUnit) : list.map((one) => sorted(one));
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, sorted(one, member)]));
  };
  return canonicalJson([name, sorted(inputSchema), sorted(outputSchema ?? null), annotations ?? null]);
}

/** The operation, and all components that it leads to. */
function openapiNames(document: JsonObject): (tool: string) => readonly string[] {
  const schemas = ((document["components"] as JsonObject | undefined)?.["schemas"] ?? {}) as JsonObject;
  const operations = Object.values((document["paths"] ?? {}) as JsonObject).flatMap((path) =>
    Object.values(path as JsonObject),
  );
  return (tool) => {
    const operation = operations.find((one) => {
      const { kind, name } = ((one as JsonObject)["x-mcp"] ?? {}) as JsonObject;
      return kind === "tool" && name === tool;
    }) as JsonObject | undefined;
    if (!operation) return [`no operation for ${tool}`];
    const found = new Set<string>();
    const waiting: Json[] = [operation];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      if (typeof value !== "object" || value === null) continue;
      const { $ref } = value as JsonObject;
      const name = typeof $ref === "string" ? $ref.replace("#/components/schemas/", "") : undefined;
      if (name !== undefined && !found.has(name)) {
        found.add(name);
        const next = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
        if (next !== undefined) waiting.push(next);
      }
      waiting.push(...(Object.values(value) as readonly Json[]));
    }
    return [operation["operationId"] as string, ...[...found].sort(byCodeUnit)];
  };
}

/** The field, and all types that it leads to with their fields and values. */
function graphqlNames(spec: ServerSpec, sdl: string, lock: LockBook): (tool: string) => readonly string[] {
  const schema = buildSchema(sdl);
  const { tools } = planGraphql(spec, graphqlEmitter.parseOptions({}), lock);
  return (name) => {
    const tool = tools.get(name);
    const root = tool?.root === "Query" ? schema.getQueryType() : schema.getMutationType();
    const field = tool && root?.getFields()[tool.field];
    if (!field) return [`no field for ${name}`];
    const found = new Set<string>([field.name]);
    const seen = new Set<string>();
    const waiting: GraphQLNamedType[] = [getNamedType(field.type), ...field.args.map(({ type }) => getNamedType(type))];
    for (let type = waiting.pop(); type; type = waiting.pop()) {
      if (seen.has(type.name)) continue;
      seen.add(type.name);
      if (isEnumType(type)) for (const value of type.getValues()) found.add(`${type.name}.${value.name}`);
      if (isUnionType(type)) waiting.push(...type.getTypes());
      if (isObjectType(type) || isInputObjectType(type))
        for (const { name: member, type: of } of Object.values(type.getFields())) {
          found.add(`${type.name}.${member}: ${String(of)}`);
          waiting.push(getNamedType(of as GraphQLType));
        }
      found.add(type.name);
    }
    return [...found].sort(byCodeUnit);
  };
}
