/** Public names of `mcpgen` as a library. Backends and frontends come from `mcpgen/runtime`. */
export { defineConfig, type Config, type OutputConfig, type ServerConfig } from "./config/define.js";
export type { EmitContext, EmittedFile, Emitter, EmitTarget, Vendored } from "./emit/emitter.js";
export { GeneratorError, optionError, type GeneratorErrorCode, type GeneratorErrorOptions } from "./errors.js";
export { BUILT_IN } from "./emitters/index.js";
export { generate } from "./generate.js";
// What emitters are made of, ours and others: docs/emitter.md.
export { commentText, jsonText } from "./emit/escape.js";
export { fileHeader } from "./emit/header.js";
export { contractHash } from "./ir/contract.js";
export { openLock, type Lock, type LockBook, type Numbered, type NumberedWish, type Scope } from "./ir/lock.js";
export type { NameRules, Settled, Wish } from "./ir/lock.js";
export { lower } from "./ir/lower.js";
export { byCodeUnit } from "./ir/order.js";
export { itemKey, planRoutes, TYPE_SUFFIXES, type AdapterRoute, type RouteOptions } from "./ir/route.js";
export { schemaFindings } from "./ir/schema-finding.js";
export { normaliseSchema, type NormalSchema } from "./ir/schema.js";
export type { Branch, EnumType, Model, NamedType, ObjectType, OpenReason, Property } from "./ir/shape.js";
export type { Shape, UnionType, Use } from "./ir/shape.js";
export { camel, pascal, words } from "./ir/words.js";
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
