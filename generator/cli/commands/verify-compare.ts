import type { Era } from "../../../runtime/core/session.js";
import { META } from "../../../runtime/era/envelope.js";
import { ExactNumber, isMembers, type Exact } from "../exact.js";

type Members = { readonly [member: string]: Exact };

/** One member that is not the same on both sides. `undefined`: it is not there. */
export interface Difference {
  /** RFC 6901, into the answer: `/result/tools/0/name`. */
  readonly pointer: string;
  readonly direct: Exact | undefined;
  readonly proxied: Exact | undefined;
}

/** More of them say nothing new. */
const MAX_DIFFERENCES = 20;

export interface CompareOptions {
  /** Pointers that do not count, with all that stands below them. A step `*` is any. */
  readonly ignore: readonly string[];
}

/** Member by member; the order of members does not count, the spelling of numbers does. */
export function differences(direct: Exact, proxied: Exact, { ignore }: CompareOptions): readonly Difference[] {
  const ignored = ignore.map((pointer) => pointer.split("/").slice(1));
  const found: Difference[] = [];
  const compare = (a: Exact | undefined, b: Exact | undefined, path: readonly string[]): void => {
    if (found.length >= MAX_DIFFERENCES || ignored.some((steps) => matches(steps, path))) return;
    if (Array.isArray(a) && Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++)
        compare(a[i] as Exact | undefined, b[i] as Exact | undefined, [...path, String(i)]);
      return;
    }
    if (isMembers(a) && isMembers(b)) {
      for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
        compare(own(a, name), own(b, name), [...path, name.replaceAll("~", "~0").replaceAll("/", "~1")]);
      return;
    }
    const same = a instanceof ExactNumber && b instanceof ExactNumber ? a.text === b.text : a === b;
    if (!same) found.push({ pointer: path.map((step) => `/${step}`).join(""), direct: a, proxied: b });
  };
  compare(direct, proxied, []);
  return found;
}

const own = (members: Members, name: string): Exact | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;

const matches = (steps: readonly string[], path: readonly string[]): boolean =>
  steps.length > 0 && steps.length <= path.length && steps.every((step, i) => step === "*" || step === path[i]);

/**
 * An answer without what the eras must say differently of the same thing: stamps of the modern era, its code for a resource that is not
 * there, `execution` of legacy tools. What is compared across eras.
 */
export function eraNeutral(answer: Exact, method: string): Exact {
  if (!isMembers(answer)) return answer;
  const { result, error } = answer;
  if (isMembers(error)) return { error: neutralError(error, method) };
  if (!isMembers(result)) return answer;
  if (method === HANDSHAKE) return { result: neutralHandshake(result) };
  const { resultType, _meta: meta, ...others } = result;
  const rest = without(others, "ttlMs", "cacheScope");
  const kept = isMembers(meta) ? without(meta, META.serverInfo) : meta;
  return {
    result: {
      ...rest,
      ...(resultType !== undefined && resultType !== "complete" && { resultType }),
      ...(kept !== undefined && !(isMembers(kept) && Object.keys(kept).length === 0) && { _meta: kept }),
      ...(Array.isArray(rest["tools"]) && {
        tools: (rest["tools"] as Exact[]).map((tool) => (isMembers(tool) ? without(tool, "execution") : tool)),
      }),
    },
  };
}

/** The first exchange of either era, which tells the same of the server. */
export const HANDSHAKE = "initialize or server/discover";

/** What both first exchanges tell: who the server is, what it can do, and how it wants to be used. */
function neutralHandshake(result: Members): Members {
  const meta = result["_meta"];
  const serverInfo = result["serverInfo"] ?? (isMembers(meta) ? meta[META.serverInfo] : undefined);
  const { capabilities, instructions } = result;
  return {
    ...(serverInfo !== undefined && { serverInfo }),
    ...(instructions !== undefined && { instructions }),
    ...(isMembers(capabilities) && { capabilities: neutralCapabilities(capabilities) }),
  };
}

/** Tasks are other ones in each era; log levels and subscriptions are kept by the proxy where the modern era has none. */
function neutralCapabilities(capabilities: Members): Members {
  const { resources, ...rest } = without(capabilities, "tasks", "logging");
  return { ...rest, ...(isMembers(resources) && { resources: without(resources, "subscribe") }) };
}

function neutralError(error: Members, method: string): Members {
  const { code, data } = error;
  const notFound = method === "resources/read" && code instanceof ExactNumber && /^-32(?:002|602)$/.test(code.text);
  if (!notFound) return error;
  const others = isMembers(data) ? without(data, "uri") : data;
  const isEmpty = others === undefined || (isMembers(others) && Object.keys(others).length === 0);
  return { ...without(error, "data"), code: new ExactNumber("-32602"), ...(!isEmpty && { data: others }) };
}

const without = (members: Members, ...names: readonly string[]): Members =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));

/** Modern servers refuse a client that lacks a capability by this code. Source: MCP 2026-07-28, basic/index, "Error codes". */
const MISSING_CAPABILITY = "-32021";

/** Whether a legacy client was told what a modern one would be refused for: there is no code for it in its era. */
export function saysTheSameRefusal(modern: Exact, legacy: Exact): boolean {
  if (codeOf(modern) !== MISSING_CAPABILITY || !isMembers(legacy)) return false;
  const { result } = legacy;
  return codeOf(legacy) === "-32603" || (isMembers(result) && result["isError"] === true);
}

/** Of an answer that is an error, as it is spelled. */
export function codeOf(answer: Exact): string | undefined {
  const error = isMembers(answer) ? answer["error"] : undefined;
  const code = isMembers(error) ? error["code"] : undefined;
  return code instanceof ExactNumber ? code.text : undefined;
}

/** What the proxy says of itself in the server's place, whatever the eras. */
export const atHome = (answer: Exact, method: string, era: Era): Exact => {
  if (method !== HANDSHAKE || era === "legacy" || !isMembers(answer) || !isMembers(answer["result"])) return answer;
  return { ...answer, result: without(answer["result"], "supportedVersions") };
};
