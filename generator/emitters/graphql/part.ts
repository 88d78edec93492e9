import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, isSpecifiedScalarType } from "graphql";
import type { ConstDirectiveNode, GraphQLNamedType, GraphQLSchema } from "graphql";

/** What all that has a name in a schema has in common. */
export interface Part {
  readonly name: string;
  readonly extensions: unknown;
  readonly defaultValue?: unknown;
  readonly astNode?: {
    readonly directives?: readonly ConstDirectiveNode[] | undefined;
    readonly defaultValue?: unknown;
  } | null;
}

/** The types of a schema that GraphQL does not bring itself. */
export function typesOf(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type),
  );
}

/** Fields, their arguments, and enum values. */
export function partsOf(type: GraphQLNamedType): readonly Part[] {
  if (isEnumType(type)) return type.getValues() as readonly Part[];
  if (isInputObjectType(type)) return Object.values(type.getFields()) as readonly Part[];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [field, ...field.args] as readonly Part[]);
}
