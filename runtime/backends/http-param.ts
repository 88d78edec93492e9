import { RuntimeError } from "../core/errors.js";
import { printable, type Log } from "../core/log.js";
import { bytesOf, type Message } from "../core/message.js";
import { isObject, META, type Members } from "../era/envelope.js";
import { ANNOTATION, paramHeadersOf, paramText, type ParamHeader } from "../era/param-header.js";
import { joined } from "../wire/bytes.js";
import { encodeHeaderValue } from "../wire/http-headers.js";
import { relabeled } from "../wire/json-edit.js";
import { paramsMembers } from "../wire/json-pick.js";
import { sliceOf } from "../wire/json-slice.js";
import { splitBatch } from "../wire/json.js";

const MAX_TOOLS = 10_000;
const MAX_PAGES = 100;
const MAX_PAGES_MS = 10_000;

/** What a server's lists say of the headers that calls of its tools must have. One for each server, whatever channels there are. */
export interface ToolBook {
  /** Takes note of an answer to `tools/list`, and leaves out of it the tools that must not be offered over HTTP. Throws RuntimeError `bad_message`. */
  listed(answer: Message): Message;
  /** `Mcp-Param-…` of a call, by lower-case name. */
  headersOf(call: Message): Record<string, string>;
  /** Lists the tools anew with the envelope of a call that was refused for its headers. True if they are others now. Never rejects. */
  refresh(call: Message): Promise<boolean>;
}

export interface ToolBookOptions {
  /** The server as errors and logs may name it. */
  readonly name: string;
  readonly log: Log;
  /** One page of `tools/list`, asked for on a channel of its own, whose answers are noted here as all are. */
  readonly page: (params: Members, timeoutMs: number) => Promise<unknown>;
}

/** Source: MCP 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters". */
export function toolBook({ name, log, page }: ToolBookOptions): ToolBook {
  const book = new Map<string, readonly ParamHeader[]>();
  const refused = new Set<string>();
  let refreshing: Promise<void> | undefined;

  /** Whether a tool may be offered. */
  const note = (tool: unknown): boolean => {
    if (!isObject(tool) || typeof tool["name"] !== "string") return true;
    const { name: its, inputSchema } = tool;
    book.delete(its);
    const found = paramHeadersOf(inputSchema);
    if ("headers" in found) {
      if (found.headers.length > 0 && book.size < MAX_TOOLS) book.set(its, found.headers);
      return true;
    }
    if (!refused.has(its)) log("warn", `the tool ${printable(its, 100)} of ${name} is left out: ${found.invalid}`);
    if (refused.size < MAX_TOOLS) refused.add(its);
    return false;
  };

  const refreshAll = async (envelope: Members): Promise<void> => {
    const until = performance.now() + MAX_PAGES_MS;
    let cursor: unknown;
    for (let count = 0; count < MAX_PAGES; count++) {
      const params = { ...(cursor !== undefined && { cursor }), _meta: envelope };
      const result = await page(params, Math.max(1, until - performance.now()));
      cursor = isObject(result) ? result["nextCursor"] : undefined;
      if (typeof cursor !== "string") return;
    }
  };

  const headersOf = (call: Message): Record<string, string> => {
    const headers: Record<string, string> = {};
    if (call.method !== "tools/call" || book.size === 0) return headers;
    const { name: tool } = paramsMembers(call, ["name"]);
    const declared = typeof tool === "string" ? book.get(tool) : undefined;
    if (!declared) return headers;
    const { arguments: args } = paramsMembers(call, ["arguments"]);
    for (const one of declared) {
      const text = paramText(args, one);
      if (text !== undefined) headers[`mcp-param-${one.name.toLowerCase()}`] = encodeHeaderValue(text);
    }
    return headers;
  };

  return {
    headersOf,
    listed(answer) {
      if (book.size === 0 && !mayAnnotate(answer)) return answer;
      const { result } = answer.rpc;
      const tools: unknown = isObject(result) ? result["tools"] : undefined;
      if (!Array.isArray(tools)) return answer;
      const kept = tools.map(note);
      return kept.every(Boolean) ? answer : without(answer, kept);
    },
    async refresh(call) {
      const before = JSON.stringify(headersOf(call));
      const { _meta: meta } = paramsMembers(call, ["_meta"]);
      refreshing ??= refreshAll(envelopeIn(meta)).finally(() => (refreshing = undefined));
      try {
        await refreshing;
      } catch (error) {
        log("debug", `the tools of ${name} cannot be listed anew`, { error: RuntimeError.from(error) });
      }
      return JSON.stringify(headersOf(call)) !== before;
    },
  };
}

const envelopeIn = (meta: unknown): Members =>
  Object.fromEntries(
    [META.protocolVersion, META.clientInfo, META.clientCapabilities].flatMap((key) =>
      isObject(meta) && meta[key] !== undefined ? [[key, meta[key]]] : [],
    ),
  );

/** Spares lists the parse: without this word, its letters escaped or not, no tool declares a header. */
function mayAnnotate({ bytes }: Message): boolean {
  if (!bytes) return true;
  const text = joined(bytes);
  return text.includes(ANNOTATION) || text.includes("\\u00");
}

/** The list with those tools that are kept, each byte for byte. */
function without(answer: Message, kept: readonly boolean[]): Message {
  const text = sliceOf(bytesOf(answer), ["result", "tools"]) ?? Buffer.from("[]");
  const tools = splitBatch([text]).filter((_, index) => kept[index]);
  const list = `[${tools.map((one) => joined(one).toString("utf8")).join(",")}]`;
  return relabeled(answer, { edits: { result: { members: { tools: { set: list } } } } });
}
