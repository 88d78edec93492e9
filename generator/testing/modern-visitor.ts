import type { Limits } from "../../runtime/core/limits.js";
import { META } from "../../runtime/era/envelope.js";
import { httpFrontend } from "../../runtime/frontends/http.js";
import type { AskOptions } from "./http-peer.js";
import { servePlain, type Plain, type PlainOptions } from "./plain-host.js";
import { scripted, type Peer, type Script, type ScriptedBackend } from "./scripted.js";

export const VERSION = "2026-07-28";
export const ENVELOPE = {
  [META.protocolVersion]: VERSION,
  [META.clientInfo]: { name: "test", version: "1" },
  [META.clientCapabilities]: {},
};

export const complete = (more: object = {}) => ({ result: { resultType: "complete", ...more } });

/** A request as a conforming client sends it, with id 7, and with headers to change. */
export function modern(method: string, params: object = {}, headers: AskOptions["headers"] = {}): AskOptions {
  const { name, uri, taskId } = params as Record<string, string | undefined>;
  return {
    headers: {
      "mcp-protocol-version": VERSION,
      "mcp-method": method,
      ...((name ?? uri ?? taskId) !== undefined && { "mcp-name": name ?? uri ?? taskId }),
      ...headers,
    },
    body: { jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: ENVELOPE } },
  };
}

/** The same request, `wait`, as bytes of a connection that ends with it. */
export function rawWait(url: string): string {
  const { host, pathname } = new URL(url);
  const body = JSON.stringify(modern("wait").body);
  const head = [`POST ${pathname} HTTP/1.1`, `Host: ${host}`, "Content-Type: application/json", "Mcp-Method: wait"];
  const more = [`MCP-Protocol-Version: ${VERSION}`, `Content-Length: ${body.length}`, "Connection: close", "", body];
  return [...head, ...more].join("\r\n");
}

export interface ModernStage extends Plain {
  readonly server: ScriptedBackend;
  /** The server's side of the newest channel that has asked for something. */
  readonly peer: () => Peer;
}

/** A modern server in memory behind Streamable HTTP, with nothing in between. It is silent when asked to `wait`. */
export async function modernStage(script: Script, limits: Partial<Limits> = {}, options: PlainOptions = {}) {
  let newest: Peer | undefined;
  const noted = Object.entries({ wait: "silence", ...script } as Script).map(
    ([method, entry]): [string, Script[string]] => [
      method,
      (rpc, peer) => {
        newest = peer;
        return typeof entry === "function" ? entry(rpc, peer) : entry;
      },
    ],
  );
  const server = scripted(Object.fromEntries(noted));
  const plain = await servePlain(server, httpFrontend({ host: "127.0.0.1", port: 0, limits }), options);
  const peer = (): Peer => {
    if (!newest) throw new Error("nothing has been asked yet");
    return newest;
  };
  return { ...plain, server, peer } satisfies ModernStage;
}
