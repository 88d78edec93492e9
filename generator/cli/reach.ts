import { readFile } from "node:fs/promises";
import type { Backend } from "../../runtime/core/backend.js";
import { RuntimeError } from "../../runtime/core/errors.js";
import type { Limits } from "../../runtime/core/limits.js";
import type { Log } from "../../runtime/core/log.js";
import type { TlsClient } from "../../runtime/wire/tls.js";
import { reasonOf } from "../config/load.js";
import type { IntrospectOptions } from "../introspect/introspect.js";
import type { Invocation } from "./commands.js";
import { parseDuration } from "./duration.js";
import { isSecure, type LiveTarget, type Server, type TlsFiles } from "./target.js";
import { VERSION } from "./version.js";

/** A server that was only asked questions has nothing to finish: it gets less time to end by itself. */
const ASKING = { killAfterMs: 500 };

export interface BackendOptions {
  readonly log: Log;
  /** Default: those of a server that is only asked. */
  readonly limits?: Partial<Limits>;
  /** Of servers over HTTP. */
  readonly onStream?: (open: boolean) => void;
}

/** Loads what this kind of server needs, and nothing else. Throws RuntimeError `config` on a TLS file that cannot be read. */
export async function backendOf(target: LiveTarget, options: BackendOptions): Promise<Backend> {
  const { log, limits = ASKING } = options;
  if (target.kind === "stdio") {
    const { stdioBackend } = await import("../../runtime/backends/stdio.js");
    const { argv, cwd, env } = target;
    return stdioBackend({ argv, cwd, env, log, limits });
  }
  if (target.kind === "unix") {
    const { unixBackend } = await import("../../runtime/backends/unix.js");
    return unixBackend({ path: target.path, log, limits });
  }
  const tls = isSecure(target) ? { tls: await readTls(target.tlsFiles) } : {};
  if (target.kind === "tcp") {
    const { tcpBackend } = await import("../../runtime/backends/tcp.js");
    const { host, port } = target;
    return tcpBackend({ host, port, ...tls, log, limits });
  }
  const { url, headers } = target;
  const given = { url, headers, ...tls, log, limits };
  if (target.kind === "websocket") return (await import("../../runtime/backends/websocket.js")).websocketBackend(given);
  if (target.kind === "sse") return (await import("../../runtime/backends/sse.js")).sseBackend(given);
  const { onStream } = options;
  const { httpOrSseBackend } = await import("../../runtime/backends/http-or-sse.js");
  return httpOrSseBackend({ ...given, ...(onStream && { onStream }) });
}

async function readTls({ ca, cert, key }: TlsFiles): Promise<TlsClient> {
  const read = async (name: keyof TlsClient, path: string | undefined): Promise<TlsClient> => {
    if (path === undefined) return {};
    try {
      return { [name]: await readFile(path, "utf8") };
    } catch (error) {
      throw new RuntimeError("config", `cannot read the TLS file ${path}`, {
        why: reasonOf(error),
        hint: "check the path",
        cause: error,
      });
    }
  };
  return Object.assign({}, await read("ca", ca), await read("cert", cert), await read("key", key));
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

/** `{}` where the flag is absent. Throws GeneratorError `usage`. */
export function timeout<Key extends string>(
  { flags }: Invocation,
  flag: string,
  key: Key,
): Partial<Record<Key, number>> {
  const text = flags.text(flag);
  return text === undefined ? {} : ({ [key]: parseDuration(text, `--${flag}`) } as Record<Key, number>);
}
