import type { Emitter } from "../../emit/emitter.js";
import { OPTIONS, parseOptions, type ProtobufOptions } from "./options.js";

/** A proto3 package: services of tools, resources and prompts, a message for each request and response, and a buf.yaml. */
export const protobufEmitter: Emitter<ProtobufOptions> = {
  api: 1,
  name: "protobuf",
  summary: "proto3 package: services, messages and enums, numbers kept in the lock, passes buf lint",
  options: OPTIONS,
  parseOptions,
  // Read when it is used: what it is verified with takes a while to load.
  emit: async (spec, options, context) => (await import("./emit.js")).emit(spec, options, context),
};
