import type { Emitter } from "../emit/emitter.js";
import { projectEmitter } from "./project/project.js";

/** The emitters that come with mcpgen, by hand: nothing is found by scanning folders. */
export const BUILT_IN: readonly Emitter[] = [erased(projectEmitter)];

/** The options of an emitter are its own affair: whoever calls `emit` hands back what `parseOptions` gave. */
function erased<Options>(emitter: Emitter<Options>): Emitter {
  return { ...emitter, emit: (spec, options, context) => emitter.emit(spec, options as Options, context) };
}
