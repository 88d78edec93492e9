import {
  buildSchema,
  executeSync,
  getNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
  parse,
  validate,
  type GraphQLField,
  type GraphQLOutputType,
} from "graphql";
import type { GraphqlPlan } from "../emitters/graphql/plan.js";
import type { PlannedTool } from "../emitters/graphql/planned.js";
import type { Json } from "../ir/spec.js";
import { graphqlValues } from "./value-graphql.js";
import { type Loss, Mismatch, outcomeOf, type Outcome, UNNAMED_MEMBER } from "./value-loss.js";

/** Sends values of a tool through graphql-js and the schema as it was printed. Throws Mismatch and what graphql-js says. */
export interface GraphqlTrip {
  /** JSON → variable → coerced by the schema → what the resolver gets → JSON. */
  input(tool: string): (value: Json) => Outcome;
  /** JSON → what the resolver gives → completed by the schema → response → JSON. */
  output(tool: string): (value: Json) => Outcome;
}

export function graphqlTrip(plan: GraphqlPlan, sdl: string): GraphqlTrip {
  const schema = buildSchema(sdl);
  const long = schema.getType("Long");
  if (isScalarType(long)) long.parseValue = long.serialize = wholeNumber;
  const inputs = graphqlValues(plan.types, true);
  const outputs = graphqlValues(plan.types, false);
  const find = (name: string): { tool: PlannedTool; field: GraphQLField<unknown, unknown> } => {
    const tool = plan.tools.get(name);
    const root = tool?.root === "Query" ? schema.getQueryType() : schema.getMutationType();
    const field = tool && root?.getFields()[tool.field];
    if (!tool || !field) throw new Mismatch(`the schema has no field for ${name}`);
    return { tool, field };
  };

  return {
    input(name) {
      const { tool, field } = find(name);
      const [argument] = field.args;
      const { input } = tool;
      if (!input || !argument) return (value) => outcomeOf(value, {}, lossOfAll(value));
      const use = `${field.name}(${argument.name}: $v) { __typename }`;
      const document = parse(`${tool.root.toLowerCase()} ($v: ${String(argument.type)}) { ${use} }`);
      const [fault] = validate(schema, document);
      if (fault) throw fault;
      return (value) => {
        const said = inputs.to(value, input);
        let got: unknown;
        const resolve = (given: Readonly<Record<string, unknown>>): object => {
          got = given[argument.name];
          return {};
        };
        // Through text, as a request comes.
        const variableValues = JSON.parse(JSON.stringify({ v: said.value })) as Record<string, unknown>;
        const { errors } = executeSync({ schema, document, variableValues, rootValue: { [field.name]: resolve } });
        if (got === undefined) throw new Mismatch(errors?.map(({ message }) => message).join("; ") ?? "not called");
        return outcomeOf(value, inputs.from(got, input), said.losses);
      };
    },
    output(name) {
      const { tool, field } = find(name);
      const { output } = tool;
      const result = getNamedType(field.type);
      const type = isObjectType(result) ? result.getFields()["structuredContent"]?.type : undefined;
      if (!type) throw new Mismatch(`${String(result)} has no structuredContent`);
      const probe = new GraphQLSchema({
        query: new GraphQLObjectType({ name: "Probe", fields: { value: { type } } }),
      });
      return (value) => {
        if (!output) return { kind: "exact" };
        const said = outputs.to(value, output);
        const document = parse(`{ value${selectionOf(type, [said.value])} }`);
        const { data, errors } = executeSync({ schema: probe, document, rootValue: { value: said.value } });
        if (errors) throw new Mismatch(errors.map(({ message, path }) => `${message} at ${String(path)}`).join("; "));
        return outcomeOf(value, outputs.from(data?.["value"] ?? null, output), said.losses);
      };
    },
  };
}

const lossOfAll = (value: Json): Loss[] =>
  Object.keys(value as object).map((name) => ({ path: [name], reason: UNNAMED_MEMBER }));

/** A scalar of a schema made of text takes anything. */
function wholeNumber(value: unknown): unknown {
  if (!Number.isInteger(value)) throw new TypeError(`${String(value)} is no whole number`);
  return value;
}

/** Every field of what is there, so that nothing is lost by not being asked for. */
function selectionOf(type: GraphQLOutputType, values: readonly unknown[]): string {
  if (isNonNullType(type)) return selectionOf(type.ofType as GraphQLOutputType, values);
  if (isListType(type)) return selectionOf(type.ofType, values.flat());
  const present = values.filter((value) => value !== null && value !== undefined) as Readonly<
    Record<string, unknown>
  >[];
  if (isUnionType(type)) {
    const ofMember = (name: string): Readonly<Record<string, unknown>>[] =>
      present.filter((value) => value["__typename"] === name);
    const members = type.getTypes().filter(({ name }) => ofMember(name).length > 0);
    const fragments = members.map((one) => `... on ${one.name}${selectionOf(one, ofMember(one.name))}`);
    return ` { __typename ${fragments.join(" ")} }`;
  }
  if (!isObjectType(type)) return "";
  if (present.length === 0) return " { __typename }";
  const fields = Object.values(type.getFields()).map(
    (field) =>
      field.name +
      selectionOf(
        field.type,
        present.map((value) => value[field.name]),
      ),
  );
  return ` { ${fields.join(" ")} }`;
}
