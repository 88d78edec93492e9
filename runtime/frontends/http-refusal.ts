import type { ServerResponse } from "node:http";
import { httpStatus, RuntimeError, rpcErrorOf, type RuntimeErrorCode } from "../core/errors.js";
import type { RequestId } from "../core/message.js";
import type { HttpRequest } from "../wire/http-server.js";

/** A body that stays unread and is larger than this costs the connection. */
const MAX_UNREAD_BYTES = 64 * 1024;

export interface RefusalOptions {
  /** The request that is refused, where it is known. */
  readonly id?: RequestId | undefined;
  /** Instead of the status that the table of errors gives. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error on its way to the client, with what HTTP wants to know besides. */
export class HttpRefusal extends Error {
  readonly failure: RuntimeError;
  readonly options: RefusalOptions;

  constructor(failure: RuntimeError, options: RefusalOptions) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.options = options;
  }

  /** Adds to what is not told yet. */
  static from(error: unknown, options: RefusalOptions = {}): HttpRefusal {
    if (error instanceof HttpRefusal) return new HttpRefusal(error.failure, { ...options, ...error.options });
    return new HttpRefusal(RuntimeError.from(error), options);
  }
}

/** A refusal with a status that the table of errors does not have. */
export const refusal = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpRefusal =>
  new HttpRefusal(new RuntimeError("bad_message", text), { status, headers });

/** When a client that found no room may come again. */
export const retryAfter = (status: number): Readonly<Record<string, string>> =>
  status === 503 ? { "Retry-After": "5" } : {};

/**
 * Status of a failure behind us. That a server does not let us in, or says more than we take, is between it and us: 401, 403 and 413
 * would tell our client that it was at fault.
 */
export const behindStatus = (failure: RuntimeError): number => (OUR_OWN.has(failure.code) ? 502 : httpStatus(failure));

const OUR_OWN: ReadonlySet<RuntimeErrorCode> = new Set(["unauthenticated", "forbidden", "too_large"]);

/** Answers with an error: its HTTP status and a JSON-RPC error object. Does nothing once an answer has begun. */
export function refuse(request: HttpRequest, response: ServerResponse, { failure, options }: HttpRefusal): void {
  if (response.headersSent || response.destroyed) return;
  const status = options.status ?? httpStatus(failure);
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: options.id ?? null, error: rpcErrorOf(failure) }));
  response.writeHead(status, {
    ...(status === 401 ? { "WWW-Authenticate": 'Bearer realm="mcpgen"' } : {}),
    ...retryAfter(status),
    ...options.headers,
    ...(mustClose(request, status) ? { Connection: "close" } : {}),
    "Content-Type": "application/json",
    "Content-Length": body.byteLength,
  });
  response.end(body);
}

/** Node reads an unread body away to keep the connection: worth it for a small one only. */
function mustClose({ stream }: HttpRequest, status: number): boolean {
  if (status === 413) return true;
  if (stream.complete) return false;
  return (
    stream.headers["transfer-encoding"] !== undefined || Number(stream.headers["content-length"]) > MAX_UNREAD_BYTES
  );
}
