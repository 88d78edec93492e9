import { RuntimeError } from "../core/errors.js";

/**
 * A server's answer that is no message, as its request's failure. On the wire -32603: the codes for broken JSON would blame
 * the request.
 */
export function badAnswer(name: string, error: unknown): RuntimeError {
  const cause = RuntimeError.from(error);
  if (cause.code !== "bad_message") return cause;
  const text = `the answer of ${name} is no message: ${cause.text}`;
  const rpcError = { code: -32603, message: text, data: { mcpgen: { code: "bad_message" } } };
  return new RuntimeError("bad_message", text, { cause, rpcError });
}
