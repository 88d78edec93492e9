import type { Emitter } from "../../emit/emitter.js";
import { OPTIONS, parseOptions, type ProjectOptions } from "./options.js";

/** A standalone proxy project: typed, with its own copy of the runtime, bundled into one file by its own build. */
export const projectEmitter: Emitter<ProjectOptions> = {
  api: 1,
  name: "project",
  summary: "a standalone typed proxy: TypeScript project, runtime included, bundles to one file",
  options: OPTIONS,
  parseOptions,
  // Read when it is used: what it prints with takes longer to load than all the rest.
  emit: async (spec, options, context) => (await import("./emit.js")).emit(spec, options, context),
};
