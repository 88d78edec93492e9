import { RuntimeError } from "../core/errors.js";

/** A server's answer that is no message, or over a limit, as its request's failure: the server is to blame, not the request. */
export function badAnswer(name: string, error: unknown): RuntimeError {
  const cause = RuntimeError.from(error);
  const { code, text } = cause;
  if (code === "too_large") return new RuntimeError(code, text, { cause, fault: "server" });
  if (code !== "bad_message") return cause;
  return new RuntimeError(code, `the answer of ${name} is no message: ${text}`, { cause, fault: "server" });
}
