import { codegen } from "@graphql-codegen/core";
import * as typescriptPlugin from "@graphql-codegen/typescript";
import {
  buildASTSchema,
  buildSchema,
  getDirectiveValues,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  printSchema,
  validateSchema,
  visit,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
} from "graphql";

/** What is wrong with a schema: it does not parse, is invalid, has a default or a directive's argument that its type refuses, or cannot be printed. */
export function graphqlFaults(sdl: string): readonly string[] {
  try {
    const document = parse(sdl);
    const schema = buildASTSchema(document);
    const invalid = validateSchema(schema);
    if (invalid.length > 0) return invalid.map(({ message }) => message);
    // A default that cannot be written as a literal fails only here.
    buildSchema(printSchema(schema));
    return valueFaults(schema, document);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** What graphql-codegen makes of a schema: a module of types. */
export function graphqlTypes(sdl: string): Promise<string> {
  return codegen({
    filename: "types.ts",
    schema: parse(sdl),
    documents: [],
    config: {},
    plugins: [{ typescript: { defaultScalarType: "unknown" } }],
    pluginMap: { typescript: typescriptPlugin },
  });
}

/** buildSchema reads a literal that its type refuses as none at all. */
function valueFaults(schema: GraphQLSchema, document: DocumentNode): string[] {
  const faults: string[] = [];
  const check = (place: string, { astNode, defaultValue }: GraphQLArgument | GraphQLInputField): void => {
    if (astNode?.defaultValue && defaultValue === undefined)
      faults.push(`default of ${place}: ${print(astNode.defaultValue)}`);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields()))
        for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument);
  }
  visit(document, {
    Directive(node) {
      const directive = schema.getDirective(node.name.value);
      // Throws what is wrong with the arguments.
      if (directive) getDirectiveValues(directive, { directives: [node] });
    },
  });
  return faults;
}
