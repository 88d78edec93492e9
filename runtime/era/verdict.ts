import { RuntimeError } from "../core/errors.js";
import { printable } from "../core/log.js";
import { isObject, META, type Members } from "./envelope.js";
import { HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION } from "./error-codes.js";
import { eraOf, newestMutual, REVISIONS, type Era, type Revision } from "./versions.js";

/** What `server/discover` told. Source: MCP 2026-07-28, server/discover, `DiscoverResult`. */
export interface Discovered {
  readonly protocolVersion: Revision;
  readonly supportedVersions: readonly string[];
  readonly server: unknown;
  readonly capabilities: Members;
  readonly instructions?: string;
}

export type Verdict =
  | { readonly era: "modern"; readonly discovered: Discovered }
  /** Modern for certain, but it wants to be asked at this version. */
  | { readonly era: "modern"; readonly version: Revision }
  | { readonly era: "legacy" };

/** Judges an answer to the probe. Throws RuntimeError `remote` when the server names only revisions unknown here. */
export function verdictOfResult(result: unknown): Verdict {
  const offered = isObject(result) ? versionsOf(result["supportedVersions"]) : [];
  // Lax servers answer any method with some result: without versions it is no DiscoverResult.
  if (!isObject(result) || offered.length === 0) return { era: "legacy" };
  const protocolVersion = newestMutual(offered, "modern");
  if (protocolVersion === undefined) return legacyAmong(offered);
  const meta = isObject(result["_meta"]) ? result["_meta"] : {};
  const { capabilities, instructions } = result;
  return {
    era: "modern",
    discovered: {
      protocolVersion,
      supportedVersions: offered,
      server: meta[META.serverInfo] ?? result["serverInfo"],
      capabilities: isObject(capabilities) ? capabilities : {},
      ...(typeof instructions === "string" ? { instructions } : {}),
    },
  };
}

/**
 * Judges a refusal of the probe. Throws what says nothing of the era (401, 403, 5xx, unreachable, canceled), and a
 * refusal that only a modern server can give. Everything else is what servers that know no `server/discover` answer.
 * Source: MCP 2026-07-28, basic/versioning and basic/transports, "Backward compatibility".
 */
export function verdictOfError(error: RuntimeError): Verdict {
  const { status, rpcError } = error;
  if (status === 401 || status === 403 || (status ?? 0) >= 500) throw error;
  if (rpcError?.code === UNSUPPORTED_VERSION) {
    const offered = supportedBy(error);
    const version = newestMutual(offered, "modern");
    if (version !== undefined) return { era: "modern", version };
    return offered.length === 0 ? { era: "legacy" } : legacyAmong(offered);
  }
  if (rpcError?.code === HEADER_MISMATCH || rpcError?.code === MISSING_CLIENT_CAPABILITY)
    throw new RuntimeError("remote", `the server refused server/discover: ${printable(error.text)}`, {
      cause: error,
      rpcError,
      why: `error ${rpcError.code} is known to modern servers only, so it is not asked to initialize`,
      hint: "ask for the legacy era if the server has one",
    });
  if (rpcError || status !== undefined || error.code === "bad_message") return { era: "legacy" };
  throw error;
}

/** Whether `initialize` was refused because the server speaks modern revisions only. */
export const isModernOnly = (error: RuntimeError): boolean => error.rpcError?.code === UNSUPPORTED_VERSION;

/** Versions that an error -32022 names. */
export function supportedBy(error: RuntimeError): readonly string[] {
  const data = error.rpcError?.data;
  return isObject(data) ? versionsOf(data["supported"]) : [];
}

/** Nothing in common. Names both sides' revisions. */
export function noMutualVersion(offered: readonly string[], spoken: readonly string[] = REVISIONS): RuntimeError {
  const theirs = offered.length === 0 ? "none that it names" : printable(offered.slice(0, 10).join(", "));
  return new RuntimeError("remote", `the server speaks MCP ${theirs}; spoken here: ${spoken.join(", ")}`, {
    why: "both sides must speak one revision of the protocol in common",
    hint: "update the server or this program, whichever is older; or let the era be found out (auto)",
  });
}

/** The other era, so that a forced one can be refused by name. */
export function wrongEra(asked: Era): RuntimeError {
  const other = asked === "modern" ? "legacy" : "modern";
  return new RuntimeError("remote", `the server does not speak a ${asked} revision of MCP`, {
    why: `it answers as a ${other} server does`,
    hint: `ask for the ${other} era, or let it be found out (auto)`,
  });
}

function legacyAmong(offered: readonly string[]): Verdict {
  if (offered.some((version) => eraOf(version) === "legacy")) return { era: "legacy" };
  throw noMutualVersion(offered);
}

function versionsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string").slice(0, 100) : [];
}
