import type { Emitter } from "../emit/emitter.js";
import { clientEmitter } from "./client/client.js";
import { projectEmitter } from "./project/project.js";

/** The emitters that mcpgen has of itself, in the order in which they are listed. */
export const BUILT_IN: readonly Emitter[] = [projectEmitter, clientEmitter];
