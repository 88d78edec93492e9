import type { RpcErrorObject } from "../core/errors.js";
import type { Message } from "../core/message.js";
import { paramsMembers } from "../wire/json-pick.js";
import { isObject, META } from "./envelope.js";
import { INVALID_PARAMS, METHOD_NOT_FOUND, UNSUPPORTED_VERSION } from "./error-codes.js";
import { MODERN } from "./versions.js";

/** Methods of the legacy era that the modern one has taken away. Source: MCP 2026-07-28, changelog; tasks: SEP-2663. */
const REMOVED: ReadonlySet<string | undefined> = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "tasks/list",
  "tasks/result",
]);

const SHOWN_CHARACTERS = 64;

/**
 * Why a modern request is answered before any server sees it: its envelope, its version, or a method that the era no longer has.
 * `undefined`: nothing against it. Throws RuntimeError `bad_message` where it is no valid JSON.
 * Source: MCP 2026-07-28, basic/index, "_meta"; basic/versioning.
 */
export function refusalOfRequest(message: Message): RpcErrorObject | undefined {
  return refusalOfMeta(paramsMembers(message, ["_meta"])["_meta"]) ?? refusalOfMethod(message.method);
}

/** The same of `params._meta` alone: -32602 that names the key, or -32022 with the versions that are served here. */
export function refusalOfMeta(meta: unknown): RpcErrorObject | undefined {
  if (meta === undefined) return invalid("params._meta is missing");
  if (!isObject(meta)) return invalid("params._meta must be an object");
  const { [META.protocolVersion]: version, [META.clientCapabilities]: capabilities, [META.clientInfo]: info } = meta;
  if (version === undefined) return missing(META.protocolVersion);
  if (typeof version !== "string") return invalid(`${META.protocolVersion} in _meta must be a string`);
  if (capabilities === undefined) return missing(META.clientCapabilities);
  if (!isObject(capabilities)) return invalid(`${META.clientCapabilities} in _meta must be an object`);
  if (info !== undefined && !isObject(info)) return invalid(`${META.clientInfo} in _meta must be an object`);
  return (MODERN as readonly string[]).includes(version) ? undefined : unsupportedVersion(version);
}

/** -32601 for a method that the modern era has taken away: a legacy server behind would answer it. */
export function refusalOfMethod(method: string | undefined): RpcErrorObject | undefined {
  if (!REMOVED.has(method)) return undefined;
  return ours({
    code: METHOD_NOT_FOUND,
    message: `Method not found: there is no ${String(method)} in MCP ${MODERN[0]}`,
  });
}

/** Source: MCP 2026-07-28, schema, `UnsupportedProtocolVersionError`. */
function unsupportedVersion(version: string): RpcErrorObject {
  const requested = version.slice(0, SHOWN_CHARACTERS);
  const message = `Unsupported protocol version; served here: ${MODERN.join(", ")}`;
  return { code: UNSUPPORTED_VERSION, message, data: { supported: MODERN, requested } };
}

const missing = (key: string): RpcErrorObject => invalid(`${key} is missing in params._meta`);

const invalid = (why: string): RpcErrorObject => ours({ code: INVALID_PARAMS, message: `Invalid params: ${why}` });

const ours = (error: RpcErrorObject): RpcErrorObject => ({ ...error, data: { mcpgen: { code: "bad_message" } } });
