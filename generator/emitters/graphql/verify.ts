import { buildSchema, getDirectiveValues, validateSchema, type ConstDirectiveNode, type GraphQLSchema } from "graphql";
import { GeneratorError } from "../../errors.js";
import { partsOf, typesOf, type Part } from "./part.js";

/**
 * Proves that the text is the schema: it can be parsed, is valid, and has the same types and members. `buildSchema` judges neither defaults nor
 * what is given to directives, so that is done here. Throws GeneratorError `verify`: it is our bug, and never reaches the disk.
 */
export function verifySdl(sdl: string, schema: GraphQLSchema): void {
  const built = buildOf(sdl);
  const members = membersOf(built);
  const [first] = [
    ...validateSchema(built).map(({ message }) => message),
    ...faultsIn(built),
    ...differences(new Set(membersOf(schema)), new Set(members)),
  ];
  if (first !== undefined) throw fault(first);
}

function buildOf(sdl: string): GraphQLSchema {
  try {
    return buildSchema(sdl, { noLocation: true });
  } catch (error) {
    throw fault(error instanceof Error ? error.message : String(error), error);
  }
}

const fault = (why: string, cause?: unknown): GeneratorError =>
  new GeneratorError("verify", "generated schema.graphql is not a valid GraphQL schema", { why, cause });

const membersOf = (schema: GraphQLSchema): string[] =>
  typesOf(schema).flatMap((type) => [
    `${type.constructor.name} ${type.name}`,
    ...partsOf(type).map(({ name }) => `${type.name}.${name}`),
  ]);

function differences(want: ReadonlySet<string>, got: ReadonlySet<string>): string[] {
  return [
    ...[...want].filter((one) => !got.has(one)).map((one) => `${one} is missing`),
    ...[...got].filter((one) => !want.has(one)).map((one) => `${one} is surplus`),
  ];
}

function faultsIn(schema: GraphQLSchema): string[] {
  return typesOf(schema).flatMap((type) =>
    [type as Part, ...partsOf(type)].flatMap((part) => {
      const { name, defaultValue, astNode } = part;
      const place = part === type ? name : `${type.name}.${name}`;
      const isLost = astNode?.defaultValue !== undefined && defaultValue === undefined;
      return [
        ...(isLost ? [`the default of ${place} is not of its type`] : []),
        ...(astNode?.directives ?? []).flatMap((node) => directiveFault(node, schema, place)),
      ];
    }),
  );
}

function directiveFault(node: ConstDirectiveNode, schema: GraphQLSchema, place: string): string[] {
  const directive = schema.getDirective(node.name.value);
  if (!directive) return [`@${node.name.value} of ${place} is unknown`];
  try {
    getDirectiveValues(directive, { directives: [node] });
    return [];
  } catch (error) {
    return [`${place}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
