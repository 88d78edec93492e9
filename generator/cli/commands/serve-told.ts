import { intercepted } from "../../../runtime/contract/intercept.js";
import type { Backend } from "../../../runtime/core/backend.js";
import type { RuntimeError, RuntimeErrorCode } from "../../../runtime/core/errors.js";

/** What says that the server was never reached, or let nobody in. */
const UNREACHED: ReadonlySet<RuntimeErrorCode> = new Set<RuntimeErrorCode>([
  "unreachable",
  "timeout",
  "unknown_route",
  "unauthenticated",
  "forbidden",
]);

/** A backend of which it is known whether its server ever answered. */
export interface Told {
  readonly backend: Backend;
  /** Why no request was carried, where none was. */
  failure(): RuntimeError | undefined;
}

/** For the one client of stdio, which seldom shows what it was answered. */
export function told(backend: Backend): Told {
  let reached = false;
  let first: RuntimeError | undefined;
  return {
    backend: intercepted(backend, () => ({
      fromServer(message) {
        const { failure } = message;
        if (!failure || !UNREACHED.has(failure.code)) reached = true;
        else first ??= failure;
        return message;
      },
    })),
    failure: () => (reached ? undefined : first),
  };
}
