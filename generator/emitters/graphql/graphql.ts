import type { Emitter } from "../../emit/emitter.js";
import { OPTIONS, parseOptions, type GraphqlOptions } from "./options.js";

/** The server as a GraphQL schema: a field for each tool, resource, template and prompt, typed inputs and outputs. */
export const graphqlEmitter: Emitter<GraphqlOptions> = {
  api: 1,
  name: "graphql",
  summary: "a GraphQL schema (SDL) with a field for each tool, resource and prompt",
  options: OPTIONS,
  parseOptions,
  // Read when it is used: graphql-js takes a while to load.
  emit: async (spec, options, context) => (await import("./emit.js")).emit(spec, options, context),
};
