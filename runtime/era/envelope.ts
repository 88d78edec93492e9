const PREFIX = "io.modelcontextprotocol/";

/** Reserved `_meta` keys of the modern envelope. Source: MCP 2026-07-28, basic/index, "_meta". */
export const META = {
  protocolVersion: `${PREFIX}protocolVersion`,
  clientInfo: `${PREFIX}clientInfo`,
  clientCapabilities: `${PREFIX}clientCapabilities`,
  serverInfo: `${PREFIX}serverInfo`,
  logLevel: `${PREFIX}logLevel`,
  subscriptionId: `${PREFIX}subscriptionId`,
} as const;

/** What every modern request says of its sender. */
export interface Sender {
  readonly protocolVersion: string;
  readonly clientInfo: object;
  readonly clientCapabilities: object;
}

export type Members = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `params` with the modern envelope in their `_meta`. Other members of both are kept; the given ones are not changed. */
export function stamp(params: Members | undefined, sender: Sender): Members {
  const meta = isObject(params?.["_meta"]) ? params["_meta"] : {};
  return {
    ...params,
    _meta: {
      ...meta,
      [META.protocolVersion]: sender.protocolVersion,
      [META.clientInfo]: sender.clientInfo,
      [META.clientCapabilities]: sender.clientCapabilities,
    },
  };
}
