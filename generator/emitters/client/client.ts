import type { Emitter } from "../../emit/emitter.js";
import { optionError } from "../../errors.js";

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

  // Read when it is used: what it prints with takes longer to load than all the rest.
  emit: async (spec, _options, context) => (await import("./emit.js")).emit(spec, context),
};
