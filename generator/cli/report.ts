import { RuntimeError } from "../../runtime/core/errors.js";
import { GeneratorError } from "../errors.js";
import { failureOf, failureText, stackOf } from "./error.js";
import type { Print } from "./print.js";

/** Tells a failure on stderr, in the form that was asked for. Returns its exit code. */
export function report(error: unknown, print: Print): number {
  const failure = failureOf(error);
  if (print.json) print.fail(JSON.stringify({ error: failure }));
  else print.fail(failureText(failure, print.errPaint, print.verbosity > 0 ? stackOf(error) : undefined));
  return failure.exitCode;
}

/** The same failure with a server's name before its text: where there are several, it would be a riddle. */
export function ofServer(error: unknown, label: string): unknown {
  if (error instanceof RuntimeError) {
    const { code, text, why, hint, rpcError, status } = error;
    if (code === "canceled") return error;
    return new RuntimeError(code, `${label}: ${text}`, {
      cause: error,
      ...(why !== undefined && { why }),
      ...(hint !== undefined && { hint }),
      ...(rpcError && { rpcError }),
      ...(status !== undefined && { status }),
    });
  }
  const { code, text, why, hint, pointer } = GeneratorError.from(error);
  return new GeneratorError(code, `${label}: ${text}`, {
    cause: error,
    ...(why !== undefined && { why }),
    ...(hint !== undefined && { hint }),
    ...(pointer !== undefined && { pointer }),
  });
}
