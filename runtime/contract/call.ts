import { isRequestId, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { isObject as isRecord, META } from "../era/envelope.js";

export { isRecord };

/** A `tools/call` request. Source: MCP schema, `CallToolRequest`. */
export interface ToolCall {
  readonly id: RequestId;
  readonly name: string;
  /** As sent; an absent `arguments` is `{}`. */
  readonly args: unknown;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Reads a call, or `undefined` where the message is none that a server would understand: then the server says so. */
export function toolCallOf(message: Message): ToolCall | undefined {
  if (message.kind !== "request" || message.method !== "tools/call" || message.id === undefined) return undefined;
  const params: unknown = message.rpc.params;
  if (!isRecord(params) || typeof params["name"] !== "string") return undefined;
  return { id: message.id, name: params["name"], args: params["arguments"] ?? {}, params };
}

/** The request that a `notifications/cancelled` is about. */
export function canceledId(message: Message): RequestId | undefined {
  if (message.kind !== "notification" || message.method !== "notifications/cancelled") return undefined;
  const params: unknown = message.rpc.params;
  const id: unknown = isRecord(params) ? params["requestId"] : undefined;
  return isRequestId(id) ? id : undefined;
}

/** An error response with the code for parameters that cannot be used. Source: JSON-RPC 2.0, section 5.1. */
export function invalidParams(id: RequestId, text: string, data?: unknown): Message {
  const error = { code: -32602, message: text, ...(data === undefined ? {} : { data }) };
  return messageFromRpc({ jsonrpc: "2.0", id, error }, { relatedTo: id });
}

/**
 * The part of `_meta` that makes a request one of the 2026 era; `undefined` for a legacy one. What is asked on its behalf
 * must carry the same. Source: MCP 2026-07-28, basic/index, "_meta".
 */
export function envelopeOf(params: unknown): Readonly<Record<string, unknown>> | undefined {
  const meta = isRecord(params) ? params["_meta"] : undefined;
  if (!isRecord(meta) || !Object.hasOwn(meta, META.protocolVersion)) return undefined;
  return Object.fromEntries(ENVELOPE.flatMap((key) => (Object.hasOwn(meta, key) ? [[key, meta[key]]] : [])));
}

const ENVELOPE = [META.protocolVersion, META.clientInfo, META.clientCapabilities];
