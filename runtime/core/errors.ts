/** Everything that can go wrong in the runtime, closed. Each wire maps all of them in one total table. */
export type RuntimeErrorCode =
  | "config"
  | "bad_message"
  | "too_large"
  | "unauthenticated"
  | "forbidden"
  | "unknown_session"
  | "unknown_route"
  | "overloaded"
  | "unreachable"
  | "closed"
  | "timeout"
  | "canceled"
  | "remote"
  | "internal";

export interface RuntimeErrorOptions {
  /** For the log only, never for the wire. */
  readonly cause?: unknown;
  /** Why it happened, as a sentence for people. */
  readonly why?: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** The JSON-RPC error object of the far side, for `remote`. */
  readonly rpcError?: RpcErrorObject;
  /** HTTP status of the far side, where there was one. */
  readonly status?: number;
  /** Where the code alone would blame the request: it is the server's message that is broken or too large. */
  readonly fault?: "server";
}

/** JSON-RPC 2.0 error object. Source: JSON-RPC 2.0, section 5.1. Unknown members are kept. */
export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * The one error class of the runtime. `message` is `[code] text` and names the thing and the limit;
 * `text` alone may go on a wire; `cause` stays at home.
 */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;
  readonly text: string;
  readonly why: string | undefined;
  readonly hint: string | undefined;
  readonly rpcError: RpcErrorObject | undefined;
  readonly status: number | undefined;
  readonly fault: "server" | undefined;

  constructor(code: RuntimeErrorCode, text: string, options: RuntimeErrorOptions = {}) {
    super(`[${code}] ${text}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.text = text;
    this.why = options.why;
    this.hint = options.hint;
    this.rpcError = options.rpcError;
    this.status = options.status;
    this.fault = options.fault;
  }

  /** The only door by which foreign errors enter. A RuntimeError passes as it is. */
  static from(error: unknown, code: RuntimeErrorCode = "internal"): RuntimeError {
    if (error instanceof RuntimeError) return error;
    if (error instanceof Error && error.name === "AbortError") {
      // An aborted signal carries its own reason; a RuntimeError there says more than "aborted".
      const reason: unknown = error.cause;
      return reason instanceof RuntimeError ? reason : new RuntimeError("canceled", "canceled", { cause: error });
    }
    const text = error instanceof Error ? error.message : String(error);
    return new RuntimeError(code, text, { cause: error });
  }
}

/** JSON-RPC error codes this proxy itself answers with. Source: JSON-RPC 2.0 section 5.1; MCP basic protocol, "Error codes". */
const RPC_CODE: Readonly<Record<RuntimeErrorCode, number>> = {
  config: -32603,
  bad_message: -32600,
  too_large: -32600,
  unauthenticated: -32000,
  forbidden: -32000,
  unknown_session: -32001,
  unknown_route: -32601,
  overloaded: -32000,
  unreachable: -32603,
  closed: -32603,
  timeout: -32603,
  canceled: -32603,
  remote: -32603,
  internal: -32603,
};

const HTTP_STATUS: Readonly<Record<RuntimeErrorCode, number>> = {
  config: 500,
  bad_message: 400,
  too_large: 413,
  unauthenticated: 401,
  forbidden: 403,
  unknown_session: 404,
  unknown_route: 404,
  overloaded: 503,
  unreachable: 502,
  closed: 502,
  timeout: 504,
  canceled: 499,
  remote: 502,
  internal: 500,
};

/** What the wires have for a fault of the server's. */
const numbersOf = ({ code, fault }: RuntimeError): RuntimeErrorCode => (fault === "server" ? "remote" : code);

/** HTTP status of an error. Total. */
export const httpStatus = (error: RuntimeError): number => HTTP_STATUS[numbersOf(error)];

/**
 * JSON-RPC error object of an error. `data.mcpgen` marks that the proxy, not the server, says so.
 * A `remote` error passes the server's own object through.
 */
export function rpcErrorOf(error: RuntimeError): RpcErrorObject {
  if (error.rpcError) return error.rpcError;
  return { code: RPC_CODE[numbersOf(error)], message: error.text, data: { mcpgen: { code: error.code } } };
}
