import { RuntimeError } from "../core/errors.js";
import type { Message } from "../core/message.js";
import { isObject, META } from "../era/envelope.js";
import { NAMES } from "../era/name-header.js";
import { LEGACY } from "../era/versions.js";
import { joined } from "../wire/bytes.js";
import type { HttpRequest } from "../wire/http-server.js";
import { refusal } from "./http-refusal.js";

/** A message larger than this is not looked into: what is looked for stands in small ones. */
const LOOK_BYTES = 64 * 1024;

/** The one value of a header that must not be doubled. Throws `bad_message`. */
export function single({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || typeof value === "string") return value?.trim();
  throw new RuntimeError("bad_message", `more than one ${name} header`);
}

/** Whether the media types are all acceptable to the client. No Accept header accepts everything. Source: RFC 9110, 12.5.1. */
export function accepts({ headers }: HttpRequest, ...types: readonly string[]): boolean {
  const given = headers["accept"];
  if (given === undefined) return true;
  const ranges = [given]
    .flat()
    .join(",")
    .toLowerCase()
    .split(",")
    .map((range) => range.split(";").map((part) => part.trim()))
    .filter(([, ...parameters]) => !parameters.some((one) => /^q=0(?:\.0*)?$/.test(one)))
    .map(([type]) => type);
  return types.every((type) =>
    ranges.some((one) => one === type || one === "*/*" || one === type.replace(/\/.*/, "/*")),
  );
}

/**
 * Checks the headers of a POST. Throws HttpRefusal 415 and 406. Only JSON is taken: a form or plain text could be sent by
 * any web page without its browser asking first. Source: MCP Streamable HTTP, "Sending Messages to the Server".
 */
export function checkPost(request: HttpRequest): void {
  const [type = "", ...parameters] = (single(request, "content-type") ?? "").toLowerCase().split(";");
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith("charset="));
  if (type.trim() !== "application/json" || (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)))
    throw refusal(415, "Content-Type must be application/json, in UTF-8");
  const encoding = single(request, "content-encoding")?.toLowerCase() ?? "identity";
  if (encoding !== "identity") throw refusal(415, "Content-Encoding is not supported");
  if (!accepts(request, "application/json", "text/event-stream"))
    throw refusal(406, "Accept must allow application/json and text/event-stream");
}

const isModern = (version: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= "2026";

/** The modern revision that the header claims, if it does. */
export function modernHeader(request: HttpRequest): string | undefined {
  const version = single(request, "mcp-protocol-version");
  return version !== undefined && isModern(version) ? version : undefined;
}

/** What is looked at of a message's params to tell its era and to judge it by that. */
export const MODERN_PARAMS: readonly string[] = ["_meta", ...NAMES];

/** Whether the body claims a revision for itself, as modern ones do, whichever it is. Source: MCP 2026-07-28, basic/index, "_meta". */
export const hasClaim = ({ _meta: meta }: { readonly _meta?: unknown }): boolean =>
  isObject(meta) && Object.hasOwn(meta, META.protocolVersion);

/**
 * The version that the header names. Throws `bad_message` for one that nobody speaks; `negotiated` is always spoken.
 * Source: MCP 2025-11-25 Streamable HTTP, "Protocol Version Header".
 */
export function legacyHeader(request: HttpRequest, negotiated?: string): string | undefined {
  const version = single(request, "mcp-protocol-version");
  if (version === undefined || version === negotiated || (LEGACY as readonly string[]).includes(version))
    return version;
  throw new RuntimeError("bad_message", "MCP-Protocol-Version names no version that is served here");
}

/** The token under which a request wants progress, or that a progress notification carries. */
export function progressToken(message: Message): string | number | undefined {
  const holder = message.kind === "request" ? metaOf(message, "progressToken") : paramsOf(message, "progressToken");
  const token = holder?.["progressToken"];
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}

function metaOf(message: Message, needle: string): Readonly<Record<string, unknown>> | undefined {
  const meta = paramsOf(message, needle)?.["_meta"];
  return isObject(meta) ? meta : undefined;
}

/** The parameters of a small message that contains `needle`. Parses nothing else; what is not valid has none. */
function paramsOf(message: Message, needle: string): Readonly<Record<string, unknown>> | undefined {
  if (message.bytes) {
    let size = 0;
    for (const chunk of message.bytes) size += chunk.byteLength;
    if (size > LOOK_BYTES || !joined(message.bytes).includes(`"${needle}"`)) return undefined;
  }
  try {
    const { params } = message.rpc;
    return isObject(params) ? params : undefined;
  } catch {
    return undefined; // whoever parses the message for its own sake reports it
  }
}
