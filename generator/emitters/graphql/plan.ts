import type { GraphQLSchema } from "graphql";
import { openLock, type Lock } from "../../ir/lock.js";
import { planRoutes, type AdapterRoute } from "../../ir/route.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { GraphqlOptions } from "./options.js";
import { planArguments } from "./plan-argument.js";
import { planTools } from "./plan-tool.js";
import type { PlannedArgument, PlannedTool, PlannedType } from "./planned.js";
import { buildSchemaOf } from "./schema.js";

export type * from "./planned.js";

/** A server's GraphQL schema, and how its values relate to the server's JSON. */
export interface GraphqlPlan extends PlannedServer {
  /** As type objects; what is applied to them (see directive.ts) stands in their `extensions`. */
  readonly schema: GraphQLSchema;
}

export interface PlannedServer {
  readonly routes: readonly AdapterRoute[];
  /** By the tool's name, in the spec's order. */
  readonly tools: ReadonlyMap<string, PlannedTool>;
  /** Of prompts and templates, by the route's key: `/prompts/greeting`. */
  readonly arguments: ReadonlyMap<string, readonly PlannedArgument[]>;
  /** By GraphQL name. */
  readonly types: ReadonlyMap<string, PlannedType>;
  /** Names of all types that were made for tools, a tool's own together. */
  readonly order: readonly string[];
}

/** Pure: same spec, options and lock, same plan. `spec` is in order (see `inOrder`). Source: schemas.md §4. */
export function planGraphql(spec: ServerSpec, options: GraphqlOptions, lock: Lock = openLock()): GraphqlPlan {
  const routes = planRoutes(spec, lock, { allMutations: options.allMutations });
  const server = { routes, ...planTools(routes, options, lock), arguments: planArguments(routes, lock) };
  return { ...server, schema: buildSchemaOf(spec, server) };
}
