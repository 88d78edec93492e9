import type { EmitContext, EmittedFile } from "../../emit/emitter.js";
import { fileHeader } from "../../emit/header.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { GraphqlOptions } from "./options.js";
import { planGraphql } from "./plan.js";
import { printSdl } from "./print.js";
import { verifySdl } from "./verify.js";

const LOSSES =
  "# @mcp… directives tell what each thing is called in MCP. Members of objects that a schema neither names nor declares have no place here.";

export function emit(spec: ServerSpec, options: GraphqlOptions, { lock }: EmitContext): readonly EmittedFile[] {
  const { schema, order } = planGraphql(spec, options, lock);
  const sdl = printSdl(schema, order);
  verifySdl(sdl, schema);
  const header = fileHeader(spec).replace(/^\/\//gm, "#").trimEnd();
  return [{ path: "schema.graphql", contents: `${header}\n${LOSSES}\n\n${sdl}`, verbatim: true }];
}
