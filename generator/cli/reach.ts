import { httpBackend } from "../../runtime/backends/http.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import type { Backend } from "../../runtime/core/backend.js";
import type { IntrospectOptions } from "../introspect/introspect.js";
import type { Invocation } from "./commands.js";
import { parseDuration } from "./duration.js";
import type { Server, Target } from "./target.js";
import { VERSION } from "./version.js";

/** A server that was only asked questions has nothing to finish: it gets less time to end by itself. */
const ASKING = { killAfterMs: 500 };

/** `onStream` is for servers over HTTP. */
export function backendOf(
  target: Exclude<Target, { kind: "spec" }>,
  { print }: Invocation,
  hooks: { readonly onStream?: (open: boolean) => void } = {},
): Backend {
  return target.kind === "stdio"
    ? stdioBackend({ argv: target.argv, cwd: target.cwd, env: target.env, log: print.log, limits: ASKING })
    : httpBackend({ url: target.url, headers: target.headers, log: print.log, ...hooks });
}

/** How a server is asked. Throws GeneratorError `usage` on a time-out that is none. */
export function askingOptions(
  { era = "auto" }: Server,
  invocation: Invocation,
): IntrospectOptions & { readonly signal: AbortSignal } {
  return {
    signal: invocation.signal,
    era,
    log: invocation.print.log,
    clientInfo: { name: "mcpgen", version: VERSION },
    ...timeout(invocation, "connect-timeout", "connectTimeoutMs"),
    ...timeout(invocation, "request-timeout", "requestTimeoutMs"),
  };
}

function timeout<Key extends string>({ flags }: Invocation, flag: string, key: Key): Partial<Record<Key, number>> {
  const text = flags.text(flag);
  return text === undefined ? {} : ({ [key]: parseDuration(text, `--${flag}`) } as Record<Key, number>);
}
