import { GraphQLList, GraphQLObjectType, GraphQLString, GraphQLUnionType } from "graphql";
import type { GraphQLFieldConfig, GraphQLFieldConfigArgumentMap, GraphQLOutputType } from "graphql";
import type { AdapterRoute } from "../../ir/route.js";
import type { JsonObject } from "../../ir/spec.js";
import { CALL_TOOL_EVENT, CALL_TOOL_RESULT, GET_PROMPT_RESULT, PAGES, READ_RESULT } from "./content.js";
import { resultFields, SERVER_INFO, TOOL_PROGRESS, TOOL_RESULT } from "./content.js";
import { constraintOf } from "./constraint.js";
import { describe, lossOf } from "./description.js";
import { applied, directive, renamed } from "./directive.js";
import { inputTypes } from "./input-type.js";
import { required, requiredInput } from "./modifier.js";
import { outputTypes } from "./output-type.js";
import type { PlannedServer } from "./plan.js";
import type { PlannedTool } from "./planned.js";

type Fields = Record<string, GraphQLFieldConfig<unknown, unknown>>;

export interface RootTypes {
  readonly query: GraphQLObjectType;
  readonly mutation?: GraphQLObjectType;
  readonly subscription?: GraphQLObjectType;
}

/** A field for each route. A server without any still has a name: GraphQL knows no schema without a query. */
export function rootTypes(server: PlannedServer): RootTypes {
  const fields = { Query: {} as Fields, Mutation: {} as Fields, Subscription: {} as Fields };
  const inputs = inputTypes(server.types);
  const outputs = outputTypes(server.types);

  const argumentOf = ({ input }: PlannedTool): GraphQLFieldConfigArgumentMap => {
    if (input === undefined) return {};
    const type = inputs.of(input, input.defs);
    return { input: { type: input.isNonNull ? requiredInput(type) : type } };
  };
  const resultOf = (tool: PlannedTool): GraphQLObjectType => {
    const { output, result } = tool;
    if (output === undefined) return CALL_TOOL_RESULT;
    return new GraphQLObjectType({
      ...{ name: result, interfaces: [TOOL_RESULT] },
      fields: resultFields({
        type: outputs.of(output, output.defs),
        ...describe(lossOf(output.use, output.shape.kind === "entries")),
        ...applied(constraintOf(output.use, output.defs)),
      }),
    });
  };
  const eventOf = (event: string, result: GraphQLObjectType): GraphQLUnionType =>
    result === CALL_TOOL_RESULT
      ? CALL_TOOL_EVENT
      : new GraphQLUnionType({ name: event, types: [TOOL_PROGRESS, result] });

  for (const route of server.routes) {
    const tool = route.kind === "tool" ? server.tools.get(route.target) : undefined;
    if (tool === undefined) {
      fields[route.graphql.root][route.name] = { ...fieldOf(route, server), ...describe(...proseOf(route)) };
      continue;
    }
    const result = resultOf(tool);
    const call = {
      ...{ args: argumentOf(tool), ...describe(...proseOf(route)) },
      ...applied(directive("mcpTool", { name: route.kind === "tool" ? route.target : "" })),
    };
    fields[tool.root][tool.field] = { ...call, type: required(result) };
    if (tool.event !== undefined)
      fields.Subscription[tool.field] = { ...call, type: required(eventOf(tool.event, result)) };
  }
  if (Object.keys(fields.Query).length === 0)
    fields.Query["serverInfo"] = { type: required(SERVER_INFO), ...describe("Who the server says it is.") };

  const root = (name: keyof typeof fields): GraphQLObjectType | undefined =>
    Object.keys(fields[name]).length === 0 ? undefined : new GraphQLObjectType({ name, fields: fields[name] });
  const [query, mutation, subscription] = [root("Query"), root("Mutation"), root("Subscription")];
  if (query === undefined) throw new Error("a query without fields");
  return { query, ...(mutation && { mutation }), ...(subscription && { subscription }) };
}

/** Of all that is no tool. */
function fieldOf(route: AdapterRoute, server: PlannedServer): GraphQLFieldConfig<unknown, unknown> {
  const args = argumentsOf(route, server);
  const of = (type: GraphQLOutputType, applies: string): GraphQLFieldConfig<unknown, unknown> => {
    return { type: required(type), args, ...applied(applies) };
  };
  switch (route.kind) {
    case "prompt":
      return of(GET_PROMPT_RESULT, directive("mcpPrompt", { name: route.target }));
    case "template":
      return of(READ_RESULT, directive("mcpTemplate", { uriTemplate: route.target }));
    case "resource":
      return of(READ_RESULT, directive("mcpResource", { uri: route.target }));
    default: {
      const method = directive("mcpMethod", { name: route.method });
      if (route.method === "resources/read")
        return { ...of(READ_RESULT, method), args: { uri: { type: requiredInput(GraphQLString) } } };
      if (!isPage(route.method)) throw new Error(`no type for ${route.method}`);
      return { ...of(PAGES[route.method], method), args: { cursor: { type: GraphQLString } } };
    }
  }
}

const isPage = (method: string): method is keyof typeof PAGES => Object.hasOwn(PAGES, method);

function argumentsOf({ key }: AdapterRoute, server: PlannedServer): GraphQLFieldConfigArgumentMap {
  const given = server.arguments.get(key) ?? [];
  return Object.fromEntries(
    given.map(({ original, name, isRequired, isList, description }) => {
      const type = isList ? new GraphQLList(requiredInput(GraphQLString)) : GraphQLString;
      const full = isRequired ? requiredInput(type) : type;
      return [name, { type: full, ...describe(description), ...applied(renamed(original, name)) }];
    }),
  );
}

/** Title and description of what a route leads to. */
function proseOf(route: AdapterRoute): readonly (string | undefined)[] {
  if (!("item" in route)) return [FIXED_PROSE[route.method]];
  const { title, description, annotations } = route.item as JsonObject;
  const nested = typeof annotations === "object" && annotations !== null ? (annotations as JsonObject)["title"] : "";
  return [title ?? nested, description].map((one) => (typeof one === "string" ? one : undefined));
}

const FIXED_PROSE: Readonly<Record<string, string>> = {
  "tools/list": "The tools, as the server describes them.",
  "resources/list": "The resources that the server lists.",
  "resources/read": "Any resource, by its URI.",
  "resources/templates/list": "The templates of resources' URIs.",
  "prompts/list": "The prompts, as the server describes them.",
};
