import { printClient } from "../../emit/client.js";
import type { EmitContext, EmittedFile } from "../../emit/emitter.js";
import { fileHeader } from "../../emit/header.js";
import { printTypes } from "../../emit/types.js";
import { planNames } from "../../ir/names.js";
import type { ServerSpec } from "../../ir/spec.js";

export async function emit(spec: ServerSpec, context: EmitContext): Promise<readonly EmittedFile[]> {
  const names = planNames(spec, context.lock);
  const header = fileHeader(spec);
  return [
    // Laid out by their printers: formatting a megabyte of types again would take longer than all the rest.
    {
      path: "client.gen.ts",
      contents: printClient(spec, names, { typesModule: "./types.gen.js", header }),
      verbatim: true,
    },
    { path: "types.gen.ts", contents: await printTypes(spec, names), verbatim: true },
  ];
}
