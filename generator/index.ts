/** Public names of `mcpgen` as a library. Backends and frontends come from `mcpgen/runtime`. */
export { defineConfig, type Config, type OutputConfig, type ServerConfig } from "./config/define.js";
export type { EmitContext, EmittedFile, Emitter, EmitTarget, Vendored } from "./emit/emitter.js";
export { GeneratorError, optionError, type GeneratorErrorCode, type GeneratorErrorOptions } from "./errors.js";
export { BUILT_IN } from "./emitters/index.js";
export { generate } from "./generate.js";
export { introspect, type IntrospectOptions } from "./introspect/introspect.js";
export { readSpec } from "./ir/read.js";
export {
  SPEC_VERSION,
  type Diagnostic,
  type Json,
  type JsonObject,
  type JsonSchema,
  type PromptSpec,
  type ResourceSpec,
  type ResourceTemplateSpec,
  type ServerInfo,
  type ServerSpec,
  type ToolSpec,
} from "./ir/spec.js";
export { writeOutput } from "./output/write.js";
