import { GraphQLList, GraphQLNonNull, type GraphQLInputType, type GraphQLOutputType } from "graphql";

/** `T!` of an output. */
export function required(type: GraphQLOutputType): GraphQLOutputType {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one of the union's own classes
  return new GraphQLNonNull(type);
}

/** `[T!]` of an output. */
export const listOf = (type: GraphQLOutputType): GraphQLOutputType => new GraphQLList(required(type));

/** `T!` of an input. */
export function requiredInput(type: GraphQLInputType): GraphQLInputType {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it is one of the union's own classes
  return new GraphQLNonNull(type);
}
