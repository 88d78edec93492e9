import { GraphQLBoolean, GraphQLFloat, GraphQLInt, GraphQLScalarType, GraphQLString } from "graphql";
import type { ScalarName } from "./planned.js";

export const JSON_SCALAR = new GraphQLScalarType({
  name: "JSON",
  description: "Any JSON value.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259",
});

/** GraphQL's Int has 32 bits. */
export const LONG = new GraphQLScalarType({
  name: "Long",
  description: "A whole number that may need more than 32 bits, as a JSON number.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259#section-6",
});

export const SCALARS: Readonly<Record<ScalarName, GraphQLScalarType>> = {
  ...{ Boolean: GraphQLBoolean, Float: GraphQLFloat, Int: GraphQLInt, String: GraphQLString },
  ...{ JSON: JSON_SCALAR, Long: LONG },
};
