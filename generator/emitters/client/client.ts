import { printClient } from "../../emit/client.js";
import type { Emitter } from "../../emit/emitter.js";
import { fileHeader } from "../../emit/header.js";
import { printTypes } from "../../emit/types.js";
import { optionError } from "../../errors.js";
import { planNames } from "../../ir/names.js";

export type ClientEmitterOptions = Readonly<Record<string, never>>;

/** A typed client for use in somebody's own package: client.gen.ts over types.gen.ts, importing nothing but the official SDK. */
export const clientEmitter: Emitter<ClientEmitterOptions> = {
  api: 1,
  name: "client",
  summary: "typed TypeScript client on the official SDK",
  options: {},

  parseOptions(raw) {
    for (const key of Object.keys(raw))
      throw optionError(key, "the client emitter knows no such option", "it has none");
    return {};
  },

  async emit(spec, _options, context) {
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
  },
};
