import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { silent, type Log } from "../../runtime/core/log.js";
import { canonicalJson } from "../ir/order.js";
import { readSpec } from "../ir/read.js";
import type { Json, JsonObject, ServerSpec } from "../ir/spec.js";

/** Raised when entries of the old format would be misread, and whenever introspection starts to see more than it did. */
const CACHE_FORMAT = 1;
const DAY_MS = 24 * 60 * 60_000;
/** A spec's own bound, and the diagnostics beside it. */
const MAX_ENTRY_BYTES = 80 * 1024 * 1024;

/** How a server is reached: everything that can make its answers different. */
export interface BackendDescription {
  readonly kind: string;
  readonly era: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Command or address, with all that belongs to it. */
  readonly [part: string]: unknown;
}

export interface CacheOptions {
  /** Default `$XDG_CACHE_HOME/mcpgen/introspect`, or `~/.cache/mcpgen/introspect`. */
  readonly dir?: string;
  readonly log?: Log;
}

/** Key of a backend's entry, 64 hex digits. Values of variables and headers may be secrets: only their digests go in. */
export function cacheKey({ env = {}, headers = {}, ...rest }: BackendDescription): string {
  const digests = (values: Readonly<Record<string, string>>): JsonObject =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sha256(value)]));
  const description = { ...rest, format: CACHE_FORMAT, env: digests(env), headers: digests(headers) };
  return sha256(canonicalJson(description));
}

/**
 * The spec that was kept for a key, if it is younger than `maxAgeMs` (default 24 h). `undefined` otherwise, and when the
 * entry cannot be read or is none of ours, which is told in one warning. Never throws.
 */
export async function readCache(
  key: string,
  { dir = cacheDir(), log = silent, maxAgeMs = DAY_MS }: CacheOptions & { readonly maxAgeMs?: number } = {},
): Promise<ServerSpec | undefined> {
  const path = join(dir, `${key}.json`);
  try {
    if ((await stat(path)).size > MAX_ENTRY_BYTES) throw new Error(`larger than ${MAX_ENTRY_BYTES} bytes`);
    const entry = JSON.parse(await readFile(path, "utf8")) as Partial<Readonly<Record<string, Json>>> | null;
    const savedAt = typeof entry?.["savedAt"] === "string" ? Date.parse(entry["savedAt"]) : NaN;
    if (entry?.["format"] !== CACHE_FORMAT || entry["key"] !== key || Number.isNaN(savedAt))
      throw new Error("not an entry of this cache");
    const ageMs = Date.now() - savedAt;
    // From the future: a clock was set back, and the entry would never grow old.
    if (ageMs < 0 || ageMs > maxAgeMs) return undefined;
    return readSpec(entry["spec"], path);
  } catch (error) {
    if (!isMissing(error)) log("warn", `ignoring the cached introspection ${path}: ${textOf(error)}`);
    return undefined;
  }
}

/** Keeps a spec: readable by this user only, complete or not at all. A folder that cannot be written is one warning. Never throws. */
export async function writeCache(
  key: string,
  spec: ServerSpec,
  { dir = cacheDir(), log = silent }: CacheOptions = {},
): Promise<void> {
  const temporary = join(dir, `.${key}.${randomUUID()}.tmp`);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const entry = { format: CACHE_FORMAT, savedAt: new Date().toISOString(), key, spec };
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(entry));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, `${key}.json`));
  } catch (error) {
    log("warn", `the introspection is not kept for the next time: ${textOf(error)}`);
    await rm(temporary, { force: true }).catch(() => undefined); // its folder may be what cannot be written
  }
}

/** Source: XDG Base Directory Specification; a relative path there is to be ignored. */
export function cacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env["XDG_CACHE_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "mcpgen", "introspect");
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
