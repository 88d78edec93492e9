import type { Emitter } from "../emit/emitter.js";
import { clientEmitter } from "./client/client.js";
import { graphqlEmitter } from "./graphql/graphql.js";
import { openApiEmitter } from "./openapi/openapi.js";
import { projectEmitter } from "./project/project.js";
import { protobufEmitter } from "./protobuf/protobuf.js";

/** The emitters that come with mcpgen, by hand: nothing is found by scanning folders. */
export const BUILT_IN: readonly Emitter[] = [
  projectEmitter,
  clientEmitter,
  openApiEmitter,
  graphqlEmitter,
  protobufEmitter,
];
