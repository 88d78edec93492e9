import type { Emitter } from "../../emit/emitter.js";
import { OPTIONS, parseOptions, type OpenApiOptions } from "./options.js";

/** An OpenAPI 3.1 document: tools, resources and prompts as a REST interface. */
export const openApiEmitter: Emitter<OpenApiOptions> = {
  api: 1,
  name: "openapi",
  summary: "OpenAPI 3.1 document of the server's REST interface",
  options: OPTIONS,
  parseOptions,
  // Read when it is used: what examples are judged with takes a while to load.
  emit: async (spec, options, context) => (await import("./emit.js")).emit(spec, options, context),
};
