import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Backend } from "../../../runtime/core/backend.js";
import type { Frontend } from "../../../runtime/core/frontend.js";
import { limitsOf, type Limits } from "../../../runtime/core/limits.js";
import { bytesOf, type Message } from "../../../runtime/core/message.js";
import type { Era } from "../../../runtime/core/session.js";
import type { Log } from "../../../runtime/core/log.js";
import type { Isolation } from "../../../runtime/relay/relay.js";
import { serve } from "../../../runtime/serve.js";
import { messageOf } from "../../../runtime/wire/json.js";
import { lineOf, readLines } from "../../../runtime/wire/lines.js";
import { writeAll } from "../../../runtime/wire/streams.js";
import { GeneratorError } from "../../errors.js";
import { parseTcp } from "../address.js";
import type { Transport } from "../option/server.js";
import { backendOf } from "../reach.js";
import type { LiveTarget } from "../target.js";
import { frontendsOf } from "./serve-frontend.js";

export interface ProxyOptions {
  readonly backend: Backend;
  readonly backendEra: "auto" | Era;
  readonly isolation: Isolation;
  readonly limits: Partial<Limits>;
  readonly log: Log;
}

/** A proxy of one frontend in this process, seen from its clients' side. */
export interface ProxiedServer {
  readonly backend: Backend;
  close(): Promise<void>;
}

/** Starts it on a free port of loopback, a socket of its own, or a pair of streams. */
export async function startProxy(kind: Transport, options: ProxyOptions): Promise<ProxiedServer> {
  const limits = limitsOf(options.limits);
  const { log } = options;
  const folder = kind === "unix" ? await mkdtemp(join(tmpdir(), "mcpgen-verify-")) : undefined;
  const gone = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    const streams = kind === "stdio" ? await stdioPair({ limits, log }) : undefined;
    const frontends = streams ? [streams.frontend] : await listening(kind, { folder: folder ?? "", limits, log });
    const running = await serve({ ...options, frontends, limits });
    const [address = ""] = running.addresses;
    const backend = streams?.backend ?? (await backendOf(targetOf(kind, address), { log, limits }));
    return {
      backend,
      async close() {
        await running.close();
        await gone();
      },
    };
  } catch (error) {
    await gone();
    throw error;
  }
}

interface Quiet {
  readonly limits: Limits;
  readonly log: Log;
}

function listening(
  kind: Transport,
  { folder, ...quiet }: Quiet & { readonly folder: string },
): Promise<readonly Frontend[]> {
  const loopback = { host: "127.0.0.1", port: 0 };
  const web = { ...loopback, allowedHosts: [], allowedOrigins: [] };
  const place =
    kind === "tcp" ? { tcp: loopback } : kind === "unix" ? { unix: { path: join(folder, "proxy.sock") } } : { web };
  return frontendsOf({ kinds: [kind], endpoint: { path: "/mcp" }, ...place }, quiet);
}

function targetOf(kind: Transport, address: string): LiveTarget {
  if (kind === "tcp") return { kind, ...parseTcp(address, "the proxy"), tlsFiles: {} };
  if (kind === "unix") return { kind, path: address.replace(/^unix:/, ""), givenPath: address };
  if (kind === "stdio") throw new GeneratorError("internal", "a pair of streams has no address");
  return { kind, url: address, headers: {}, tlsFiles: {} };
}

/** A stdio frontend, and its client, without a process between them. */
async function stdioPair(quiet: Quiet): Promise<{ readonly frontend: Frontend; readonly backend: Backend }> {
  const { stdioFrontend } = await import("../../../runtime/frontends/stdio.js");
  const [input, output] = [new PassThrough(), new PassThrough()];
  async function* incoming(): AsyncGenerator<Message> {
    for await (const line of readLines(output, { maxBytes: quiet.limits.maxMessageBytes }))
      if ("bytes" in line) yield messageOf(line.bytes);
  }
  return {
    frontend: stdioFrontend({ input, output, ...quiet }),
    backend: {
      kind: "stdio",
      open: () =>
        Promise.resolve({
          incoming: incoming(),
          send: (message) => writeAll(input, lineOf(bytesOf(message))),
          close() {
            input.end();
            return Promise.resolve();
          },
        }),
    },
  };
}
