import { RuntimeError, rpcErrorOf, type RpcErrorObject } from "./errors.js";

/** JSON-RPC 2.0 id, unique for one sender within one session. Source: MCP basic protocol, "Messages". */
export type RequestId = string | number;

/** A parsed JSON-RPC message. Members that we do not know are kept. */
export interface Rpc {
  readonly jsonrpc?: unknown;
  readonly id?: RequestId | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: RpcErrorObject;
  readonly [member: string]: unknown;
}

/** One JSON-RPC 2.0 message on its way. Never mutated: whoever changes it makes a new one. */
export interface Message {
  /** Known without parsing the body: what it is, its id and its method. */
  readonly kind: "request" | "notification" | "response";
  /** Absent on notifications, and on error responses whose id is `null`. */
  readonly id?: RequestId;
  readonly method?: string;
  /** Exact bytes as received, when unchanged, without the frame around them; a writer sends them as they are. */
  readonly bytes?: readonly Uint8Array[];
  /** The parsed message. Parsed at most once, and only when someone looks. Throws RuntimeError `bad_message`. */
  readonly rpc: Rpc;
  /** Request on whose response stream this travels (HTTP only). Absent: belongs to the whole session. */
  readonly relatedTo?: RequestId;
  /** Set on error responses that this side made because the far side could not answer: the error itself. */
  readonly failure?: RuntimeError;
}

/** What can be told of a message without parsing its body. */
export interface Envelope {
  readonly kind: Message["kind"];
  readonly id?: RequestId;
  readonly method?: string;
}

export interface MessageExtras {
  readonly relatedTo?: RequestId | undefined;
  readonly failure?: RuntimeError | undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class LazyMessage implements Message {
  readonly kind: Message["kind"];
  declare readonly id?: RequestId;
  declare readonly method?: string;
  declare readonly relatedTo?: RequestId;
  declare readonly failure?: RuntimeError;
  readonly bytes: readonly Uint8Array[];
  #rpc: Rpc | undefined;

  constructor(envelope: Envelope, bytes: readonly Uint8Array[], extras: MessageExtras, rpc?: Rpc) {
    this.kind = envelope.kind;
    if (envelope.id !== undefined) this.id = envelope.id;
    if (envelope.method !== undefined) this.method = envelope.method;
    if (extras.relatedTo !== undefined) this.relatedTo = extras.relatedTo;
    if (extras.failure !== undefined) this.failure = extras.failure;
    this.bytes = bytes;
    this.#rpc = rpc;
  }

  get rpc(): Rpc {
    this.#rpc ??= parseRpc(this.bytes);
    return this.#rpc;
  }
}

/** Parses one message. Throws RuntimeError `bad_message` on invalid UTF-8, invalid JSON, or anything but an object. */
export function parseRpc(bytes: readonly Uint8Array[]): Rpc {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes.length === 1 ? bytes[0] : Buffer.concat(bytes)));
  } catch (error) {
    // JSON-RPC 2.0, section 5.1: -32700 for what cannot be parsed, against -32600 for what is no request.
    const rpcError = { code: -32700, message: "not valid JSON" };
    throw new RuntimeError("bad_message", "not valid JSON", { cause: error, rpcError });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RuntimeError("bad_message", "a JSON-RPC message must be a JSON object");
  return value as Rpc;
}

/** Classifies a parsed message. Throws RuntimeError `bad_message` if it is no JSON-RPC message. */
export function envelopeOf(rpc: Rpc): Envelope {
  const { id, method } = rpc;
  if (method !== undefined) {
    if (typeof method !== "string") throw new RuntimeError("bad_message", `"method" must be a string`);
    if (!("id" in rpc)) return { kind: "notification", method };
    if (!isRequestId(id)) throw new RuntimeError("bad_message", `"id" of a request must be a string or an integer`);
    return { kind: "request", id, method };
  }
  if (!("result" in rpc) && !("error" in rpc))
    throw new RuntimeError("bad_message", `a message needs one of "method", "result" and "error"`);
  if (id === null || id === undefined) {
    if (!("error" in rpc)) throw new RuntimeError("bad_message", `a result needs an "id"`);
    return { kind: "response" };
  }
  if (!isRequestId(id)) throw new RuntimeError("bad_message", `"id" of a response must be a string or an integer`);
  return { kind: "response", id };
}

/** A string, or an integer that JavaScript holds exactly. Source: MCP basic protocol, "Requests"; never null. */
export const isRequestId = (id: unknown): id is RequestId => typeof id === "string" || Number.isSafeInteger(id);

/** A message whose bytes stay as they came. `rpc` may be given where it has been parsed already. */
export function messageFromBytes(
  envelope: Envelope,
  bytes: readonly Uint8Array[],
  extras: MessageExtras & { readonly rpc?: Rpc } = {},
): Message {
  return new LazyMessage(envelope, bytes, extras, extras.rpc);
}

/** A message of our own making. Throws RuntimeError `bad_message` if it is no JSON-RPC message. */
export function messageFromRpc(rpc: Rpc, extras: MessageExtras = {}): Message {
  const message: { -readonly [K in keyof Message]: Message[K] } = { ...envelopeOf(rpc), rpc };
  if (extras.relatedTo !== undefined) message.relatedTo = extras.relatedTo;
  if (extras.failure !== undefined) message.failure = extras.failure;
  return message;
}

/** The error response with which this side answers request `id` in the far side's place. */
export function failureResponse(id: RequestId, failure: RuntimeError): Message {
  return messageFromRpc({ jsonrpc: "2.0", id, error: rpcErrorOf(failure) }, { relatedTo: id, failure });
}

/** An id must not be used again while its request has no answer. Source: MCP basic protocol, "Requests". */
export const idInUse = (id: RequestId): RuntimeError =>
  new RuntimeError("bad_message", `id ${JSON.stringify(id)} is already in use by a request that has no answer yet`, {
    hint: "give each request an id of its own",
  });

const encoder = new TextEncoder();

/** The bytes to send: as received where unchanged, else serialised once. */
export function bytesOf(message: Message): readonly Uint8Array[] {
  return message.bytes ?? [encoder.encode(JSON.stringify(message.rpc))];
}

/** Size on the wire, in bytes. */
export function byteLength(chunks: readonly Uint8Array[]): number {
  let total = 0;
  for (const chunk of chunks) total += chunk.byteLength;
  return total;
}
