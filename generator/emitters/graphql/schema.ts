import { GraphQLSchema, specifiedDirectives } from "graphql";
import type { ServerSpec } from "../../ir/spec.js";
import { IMPLEMENTORS } from "./content.js";
import { describe } from "./description.js";
import { DIRECTIVES } from "./directive.js";
import type { PlannedServer } from "./plan.js";
import { rootTypes } from "./root-type.js";

/** The plan as type objects of graphql-js. */
export function buildSchemaOf({ server: { title }, instructions }: ServerSpec, server: PlannedServer): GraphQLSchema {
  return new GraphQLSchema({
    ...{ ...rootTypes(server), directives: [...specifiedDirectives, ...DIRECTIVES] },
    ...describe(typeof title === "string" ? title : undefined, instructions),
    ...(server.routes.length > 0 && { types: IMPLEMENTORS }),
  });
}
