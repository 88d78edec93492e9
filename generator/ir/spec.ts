/** JSON as JSON.parse gives it, deep-frozen. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: Json;
}

/** A JSON Schema of any dialect, verbatim. */
export type JsonSchema = boolean | JsonObject;

/** Version of the ServerSpec format itself. Raised when a reader of the old one would misread the new one. */
export const SPEC_VERSION = 1;

/** One thing found wrong or odd while reading a server. Never an abort: the rest of the spec is usable. */
export interface Diagnostic {
  readonly severity: "error" | "warning" | "info";
  /** kebab-case, stable: `list-failed`, `duplicate-name`, `schema-too-deep`, `foreign-ref`, … */
  readonly code: string;
  /** RFC 6901 pointer into the ServerSpec: `/tools/3/inputSchema/properties/a`. */
  readonly pointer: string;
  /** One sentence, foreign text in it already made printable. */
  readonly message: string;
}

/** `Implementation` of the MCP schema; unknown members survive. */
export interface ServerInfo extends JsonObject {
  readonly name: string;
  readonly version: string;
}

/** A tool as listed; unknown members survive in place. Source: MCP schema, `Tool`. */
export interface ToolSpec extends JsonObject {
  readonly name: string;
  readonly inputSchema: JsonObject;
}
/** Source: MCP schema, `Resource`. */
export interface ResourceSpec extends JsonObject {
  readonly uri: string;
  readonly name: string;
}
/** Source: MCP schema, `ResourceTemplate`. */
export interface ResourceTemplateSpec extends JsonObject {
  readonly uriTemplate: string;
  readonly name: string;
}
/** Source: MCP schema, `Prompt`. `arguments`, where present, is an array of `{name, description?, required?}`. */
export interface PromptSpec extends JsonObject {
  readonly name: string;
}

/**
 * All that is known of a server: plain, deep-frozen JSON. Made only by `normalize`. Names are unique within each list,
 * lists keep the server's order, and schemas are verbatim; `ir/schema.ts` is what makes a schema fit for a library.
 */
export interface ServerSpec {
  readonly specVersion: typeof SPEC_VERSION;
  /** As negotiated: `2025-11-25`, `2026-07-28`, … */
  readonly protocolVersion: string;
  /** As announced by `server/discover`; absent where the server was not asked or did not say. */
  readonly supportedVersions?: readonly string[];
  readonly server: ServerInfo;
  readonly instructions?: string;
  readonly capabilities: JsonObject;
  /** What the introspecting client declared. Servers show more or fewer tools by it. */
  readonly clientCapabilities: JsonObject;
  readonly tools: readonly ToolSpec[];
  readonly resources: readonly ResourceSpec[];
  readonly resourceTemplates: readonly ResourceTemplateSpec[];
  readonly prompts: readonly PromptSpec[];
  readonly diagnostics: readonly Diagnostic[];
}
