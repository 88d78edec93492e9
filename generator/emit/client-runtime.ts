/**
 * The part of client.gen.ts that is the same for every server. It works on the tables printed above it: TOOLS, PROMPTS and TEMPLATES, whose
 * rows are a name (or template) and the members it is reached by.
 */
export const CLIENT_RUNTIME = String.raw`/** How one request is made. Times in milliseconds. */
export interface CallOptions {
  /** Ends the request; the server is told. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the answer, or for the next progress where onProgress is given. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait in all, whatever progress there is. Default: no limit. */
  readonly maxTotalTimeoutMs?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Arguments come first, and may be left out where nothing is required. */
export type CallArguments<Input> = {} extends Input
  ? [args?: Input, options?: CallOptions]
  : [args: Input, options?: CallOptions];

export type ToolName = keyof ToolTypes;
export type PromptName = keyof PromptTypes;

/** What a tool without an output schema may give besides its content. */
export type UntypedOutput = Record<string, unknown> | undefined;

/** What a tool answered. Members of the answer that are not named here are there at run time. */
export interface ToolResult<Output> {
  readonly isError: false;
  readonly content: CallToolResult["content"];
  /** Typed where the tool has an output schema. It is the server that promises; nothing is checked here. */
  readonly structuredContent: Output;
  readonly _meta?: CallToolResult["_meta"];
}

/** What a tool answered that failed. */
export interface ToolFailure {
  readonly isError: true;
  readonly content: CallToolResult["content"];
  readonly structuredContent?: unknown;
  readonly _meta?: CallToolResult["_meta"];
}

export type ToolOutcome<Name extends ToolName> = ToolResult<ToolTypes[Name]["output"]> | ToolFailure;

/** Throws ToolError where the tool says that it failed, McpError on errors of the protocol and on time-outs. */
export type ToolMethod<Name extends ToolName> = (
  ...args: CallArguments<ToolTypes[Name]["input"]>
) => Promise<ToolResult<ToolTypes[Name]["output"]>>;

export type PromptMethod<Name extends PromptName> = (
  ...args: CallArguments<PromptTypes[Name]>
) => Promise<GetPromptResult>;

export type TemplateMethod<Variables> = (...args: CallArguments<Variables>) => Promise<ReadResourceResult>;

/** A tool's own failure: the call worked, the tool did not. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  /** The tool, as the server calls it. */
  readonly tool: string;
  readonly result: ToolFailure;

  constructor(tool: string, result: ToolFailure) {
    const text = result.content.find((block) => block.type === "text")?.text ?? "no text given";
    super("tool " + JSON.stringify(tool) + " failed: " + text.slice(0, 500));
    this.tool = tool;
    this.result = result;
  }

  get content(): ToolFailure["content"] {
    return this.result.content;
  }

  get structuredContent(): unknown {
    return this.result.structuredContent;
  }
}

export interface TypedClient {
  /** By method name, and by the server's own name: both are the same function. */
  readonly tools: Tools;
  readonly prompts: Prompts;
  readonly resources: Resources;
  /** Calls a tool by the server's own name. A tool that failed is an answer with isError true, not an exception. */
  call<Name extends ToolName>(
    name: Name,
    ...args: CallArguments<ToolTypes[Name]["input"]>
  ): Promise<ToolOutcome<Name>>;
  /** The SDK's client, for all else. */
  readonly sdk: Client;
  /** Closes the connection that createClient made. A client that was passed in stays open. */
  close(): Promise<void>;
}

export interface CreateOptions {
  /** How the client names itself. For a transport only: a client that is connected has said so already. */
  readonly clientInfo?: Implementation | undefined;
  /** Of the SDK's client, for a transport only. */
  readonly clientOptions?: ClientOptions | undefined;
}

/** The SDK's transports, also where optional members are held to be undefined at times. */
export type AnyTransport = {
  [Member in keyof Transport]: undefined extends Transport[Member] ? Transport[Member] | undefined : Transport[Member];
};

/** A typed client over an SDK client that is connected, or over a transport, which it connects. */
export async function createClient(
  clientOrTransport: Client | AnyTransport,
  options: CreateOptions = {},
): Promise<TypedClient> {
  const given = isClient(clientOrTransport) ? clientOrTransport : undefined;
  const sdk = given ?? new Client(options.clientInfo ?? { name: "mcpgen-client", version: "1.0.0" }, options.clientOptions);
  if (!isClient(clientOrTransport)) await sdk.connect(clientOrTransport as Transport);

  const call = async (name: string, args: unknown, options?: CallOptions): Promise<ToolResult<unknown> | ToolFailure> => {
    const params = { name, arguments: (args ?? {}) as Record<string, unknown> };
    const result = await sdk.request({ method: "tools/call", params }, CallToolResultSchema, requestOptions(options));
    return result.isError === true
      ? { ...result, isError: true }
      : { ...result, isError: false, structuredContent: result.structuredContent };
  };
  const read = (uri: string, options?: CallOptions): Promise<ReadResourceResult> =>
    sdk.request({ method: "resources/read", params: { uri } }, ReadResourceResultSchema, requestOptions(options));

  const tools = table(TOOLS, (name) => async (args?: unknown, options?: CallOptions) => {
    const outcome = await call(name, args, options);
    if (outcome.isError) throw new ToolError(name, outcome);
    return outcome;
  });
  const prompts = table(PROMPTS, (name) => (args?: unknown, options?: CallOptions) => {
    const params = { name, arguments: (args ?? {}) as Record<string, string> };
    return sdk.request({ method: "prompts/get", params }, GetPromptResultSchema, requestOptions(options));
  });
  const resources = table(TEMPLATES, (template) => async (variables?: unknown, options?: CallOptions) =>
    read(new UriTemplate(template).expand((variables ?? {}) as Record<string, string | string[]>), options),
  );
  Object.defineProperty(resources, "read", { value: read, enumerable: true });

  return {
    tools: Object.freeze(tools) as unknown as Tools,
    prompts: Object.freeze(prompts) as unknown as Prompts,
    resources: Object.freeze(resources) as unknown as Resources,
    call: call as TypedClient["call"],
    sdk,
    close: async () => {
      if (!given) await sdk.close();
    },
  };
}

type Row = readonly [key: string, ...members: string[]];

/** No prototype: a tool may be called __proto__ or toString. */
function table(rows: readonly Row[], method: (key: string) => unknown): object {
  const made = Object.create(null) as object;
  for (const [key, ...members] of rows) {
    const value = method(key);
    for (const member of members) Object.defineProperty(made, member, { value, enumerable: true });
  }
  return made;
}

function isClient(value: Client | AnyTransport): value is Client {
  return "request" in value;
}

function requestOptions({ signal, timeoutMs, maxTotalTimeoutMs, onProgress }: CallOptions = {}): RequestOptions {
  return {
    ...(signal ? { signal } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(maxTotalTimeoutMs === undefined ? {} : { maxTotalTimeout: maxTotalTimeoutMs }),
    ...(onProgress ? { onprogress: onProgress, resetTimeoutOnProgress: true } : {}),
  };
}
`;
