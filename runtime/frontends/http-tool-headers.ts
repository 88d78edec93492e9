import { caller } from "../core/caller.js";
import { pipe } from "../core/channel.js";
import type { Host } from "../core/frontend.js";
import type { Log } from "../core/log.js";
import type { Principal } from "../core/session.js";
import { deadline } from "../core/signals.js";
import { isObject, META, type Members } from "../era/envelope.js";
import { paramHeadersOf, type ParamHeader } from "../era/param-header.js";

/** What is known holds this long. */
const TTL_MS = 60_000;
/** What was found out this recently is not asked for again. */
const FRESH_MS = 1_000;
const MAX_PRINCIPALS = 1_000;
const MAX_PAGES = 100;
/** For all pages together. A server that does not list its tools must not keep their calls for long. */
const LIST_MS = 10_000;

export interface Asking {
  readonly principal: Principal;
  /** The envelope of the request that asks. */
  readonly meta: Members;
}

/** Which headers the calls of each tool must repeat parameters in, as the server's list of tools declares them. */
export interface ToolHeaders {
  /** `undefined`: none, or it cannot be told. Never rejects. */
  of(tool: string, asking: Asking): Promise<readonly ParamHeader[] | undefined>;
  /** The same, newly asked for. */
  again(tool: string, asking: Asking): Promise<readonly ParamHeader[] | undefined>;
}

type Declared = ReadonlyMap<string, readonly ParamHeader[]>;

interface Known {
  readonly since: number;
  readonly declared: Promise<Declared>;
}

export interface ToolHeadersOptions {
  readonly host: Host;
  readonly log: Log;
}

export function toolHeaders({ host, log }: ToolHeadersOptions): ToolHeaders {
  const known = new Map<string, Known>();

  /** One question for all who ask at the same time. */
  const lookUp = async (
    tool: string,
    asking: Asking,
    maxAgeMs: number,
  ): Promise<readonly ParamHeader[] | undefined> => {
    const { id } = asking.principal;
    let entry = known.get(id);
    if (!entry || performance.now() - entry.since > maxAgeMs) {
      known.delete(id);
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= MAX_PRINCIPALS) known.delete(oldest);
      entry = { since: performance.now(), declared: list(asking) };
      known.set(id, entry);
    }
    return (await entry.declared).get(tool);
  };

  const list = async ({ principal, meta }: Asking): Promise<Declared> => {
    const declared = new Map<string, readonly ParamHeader[]>();
    const limit = deadline("tools/list", LIST_MS);
    const [front, ours] = pipe();
    const client = caller(ours, { idPrefix: "mcpgen-tools-" });
    try {
      await host.open(front, principal, limit.signal, { era: "modern" });
      let cursor: unknown;
      for (let page = 0; page < MAX_PAGES; page++) {
        const params = { ...(cursor !== undefined && { cursor }), _meta: envelope(meta) };
        const result = await client.request("tools/list", params, { timeoutMs: LIST_MS, signal: limit.signal });
        if (!isObject(result)) break;
        for (const tool of Array.isArray(result["tools"]) ? (result["tools"] as unknown[]) : []) note(tool, declared);
        cursor = result["nextCursor"];
        if (typeof cursor !== "string") break;
      }
    } catch (error) {
      // The call itself shows whether the server is well.
      log("debug", "the tools cannot be listed: the headers that their calls must have are not known", { error });
    } finally {
      limit.done();
      await client.close();
    }
    return declared;
  };

  return {
    of: (tool, asking) => lookUp(tool, asking, TTL_MS),
    again: (tool, asking) => lookUp(tool, asking, FRESH_MS),
  };
}

const envelope = (meta: Members): Members =>
  Object.fromEntries(
    [META.protocolVersion, META.clientInfo, META.clientCapabilities].flatMap((key) =>
      meta[key] === undefined ? [] : [[key, meta[key]]],
    ),
  );

function note(tool: unknown, declared: Map<string, readonly ParamHeader[]>): void {
  if (!isObject(tool) || typeof tool["name"] !== "string") return;
  const found = paramHeadersOf(tool["inputSchema"]);
  if ("headers" in found && found.headers.length > 0) declared.set(tool["name"], found.headers);
}
