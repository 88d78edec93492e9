import type { Emitter } from "../../emit/emitter.js";
import { fileHeader } from "../../emit/header.js";
import { OPTIONS, parseOptions, type GraphqlOptions } from "./options.js";
import { planGraphql } from "./plan.js";
import { printSdl } from "./print.js";
import { verifySdl } from "./verify.js";

/** The server as a GraphQL schema: a field for each tool, resource, template and prompt, typed inputs and outputs. */
export const graphqlEmitter: Emitter<GraphqlOptions> = {
  api: 1,
  name: "graphql",
  summary: "a GraphQL schema (SDL) with a field for each tool, resource and prompt",
  options: OPTIONS,
  parseOptions,

  emit(spec, options, { lock }) {
    const { schema, order } = planGraphql(spec, options, lock);
    const sdl = printSdl(schema, order);
    verifySdl(sdl, schema);
    const header = fileHeader(spec).replace(/^\/\//gm, "#").trimEnd();
    return Promise.resolve([{ path: "schema.graphql", contents: `${header}\n${LOSSES}\n\n${sdl}`, verbatim: true }]);
  },
};

const LOSSES = [
  "# @mcp… directives tell what each thing is called in MCP. Members of objects that a schema neither names nor declares have no place here.",
].join("\n");
