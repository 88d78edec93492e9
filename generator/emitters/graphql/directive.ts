import { DirectiveLocation, GraphQLBoolean, GraphQLDirective, GraphQLFloat, GraphQLInt, GraphQLList } from "graphql";
import { GraphQLNonNull, GraphQLString } from "graphql";
import { literalText } from "./name.js";

const text = { type: new GraphQLNonNull(GraphQLString) };
const { FIELD_DEFINITION, INPUT_FIELD_DEFINITION, ARGUMENT_DEFINITION, ENUM_VALUE, OBJECT } = DirectiveLocation;

/** All that we apply. Those that a schema does not apply are not printed. */
export const DIRECTIVES: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: "mcpTool",
    description: "Calls a tool. The member `arguments` of the request is the value of `input`.",
    locations: [FIELD_DEFINITION],
    args: { name: text },
  }),
  new GraphQLDirective({
    name: "mcpResource",
    description: "Reads one resource.",
    locations: [FIELD_DEFINITION],
    args: { uri: text },
  }),
  new GraphQLDirective({
    name: "mcpTemplate",
    description: "Reads a resource whose URI is made of the arguments. Source: RFC 6570.",
    locations: [FIELD_DEFINITION],
    args: { uriTemplate: text },
  }),
  new GraphQLDirective({
    name: "mcpPrompt",
    description: "Gets a prompt with these arguments.",
    locations: [FIELD_DEFINITION],
    args: { name: text },
  }),
  new GraphQLDirective({
    name: "mcpMethod",
    description: "Sends a request of this method with these arguments.",
    locations: [FIELD_DEFINITION],
    args: { name: text },
  }),
  new GraphQLDirective({
    name: "mcpName",
    description: "What this is called in JSON, where GraphQL has no such name.",
    locations: [FIELD_DEFINITION, INPUT_FIELD_DEFINITION, ARGUMENT_DEFINITION, ENUM_VALUE],
    args: { name: text },
  }),
  new GraphQLDirective({
    name: "mcpContent",
    description: "The member `type` of a content block that is of this type.",
    locations: [OBJECT],
    args: { type: text },
  }),
  new GraphQLDirective({
    name: "mcpAdditional",
    description: "Holds all members of the JSON object that have no field of their own.",
    locations: [FIELD_DEFINITION, INPUT_FIELD_DEFINITION],
  }),
  new GraphQLDirective({
    name: "mcpBox",
    description: "In JSON there is only the value: members of a union have to be object types.",
    locations: [OBJECT],
  }),
  new GraphQLDirective({
    name: "mcpEntry",
    description: "One member of a JSON object; a list of these is the object.",
    locations: [OBJECT],
  }),
  new GraphQLDirective({
    name: "jsonSchema",
    description:
      "What JSON Schema says of a value and GraphQL has no word for. `fragment` is JSON: further keywords. `required`: may be null, but not be left out.",
    locations: [FIELD_DEFINITION, INPUT_FIELD_DEFINITION],
    args: {
      ...{ required: { type: GraphQLBoolean }, format: { type: GraphQLString }, pattern: { type: GraphQLString } },
      ...{ minLength: { type: GraphQLInt }, maxLength: { type: GraphQLInt } },
      ...{ contentEncoding: { type: GraphQLString }, contentMediaType: { type: GraphQLString } },
      ...{ minimum: { type: GraphQLFloat }, maximum: { type: GraphQLFloat } },
      ...{ exclusiveMinimum: { type: GraphQLFloat }, exclusiveMaximum: { type: GraphQLFloat } },
      ...{ multipleOf: { type: GraphQLFloat } },
      ...{ minItems: { type: GraphQLInt }, maxItems: { type: GraphQLInt }, uniqueItems: { type: GraphQLBoolean } },
      ...{ enum: { type: new GraphQLList(new GraphQLNonNull(GraphQLFloat)) }, const: { type: GraphQLString } },
      ...{ fragment: { type: GraphQLString } },
    },
  }),
];

/** `@mcpName(name: "If-Match")` where the name differs. */
export const renamed = (original: string, name: string): string | undefined =>
  original === name ? undefined : directive("mcpName", { name: original });

/** A directive as it is applied, with text arguments. */
export function directive(name: string, args: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(args).map(([key, value]) => `${key}: ${literalText(value)}`);
  return given.length === 0 ? `@${name}` : `@${name}(${given.join(", ")})`;
}

/** What graphql-js keeps for us beside a type, field, argument or enum value: it has no place for applied directives. */
export function applied(...directives: readonly (string | undefined)[]): {
  readonly extensions: { readonly applied: readonly string[] };
} {
  return { extensions: { applied: directives.filter((one) => one !== undefined) } };
}

export function appliedTo({ extensions }: { readonly extensions: unknown }): readonly string[] {
  return (extensions as { readonly applied?: readonly string[] }).applied ?? [];
}
