/** One tool as a server lists it. Unknown members are kept. Source: MCP schema, `Tool`. */
export interface ToolDefinition {
  readonly name: string;
  readonly [member: string]: unknown;
}

/** What a generated proxy knows of its server: the lists as they were introspected, their entries verbatim, in one fixed order. */
export interface Contract {
  readonly protocolVersion: string;
  readonly server: { readonly name: string; readonly version: string; readonly [member: string]: unknown };
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What the introspecting client declared: servers show more or fewer tools by it. */
  readonly clientCapabilities: Readonly<Record<string, unknown>>;
  readonly tools: readonly ToolDefinition[];
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  readonly resourceTemplates: readonly Readonly<Record<string, unknown>>[];
  readonly prompts: readonly Readonly<Record<string, unknown>>[];
}
