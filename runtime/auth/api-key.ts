import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { RuntimeError } from "../core/errors.js";
import type { Credentials } from "../core/frontend.js";
import type { Authenticator } from "./authenticator.js";

export interface ApiKey {
  /** Names the key in logs and in the principal. Never secret. */
  readonly name: string;
  readonly key: string;
}

export interface ApiKeyOptions {
  /** Header that carries the key. Default `x-api-key`. `Authorization: Bearer KEY` is taken as well. */
  readonly header?: string;
  readonly keys: readonly ApiKey[];
}

const MIN_KEY_LENGTH = 20;
const MAX_KEY_LENGTH = 1024;

const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/**
 * Knows its clients by API keys, of which it keeps only SHA-256 digests. A missing and a wrong key look the same.
 * Throws RuntimeError `config` if there is no key, a key is shorter than 20 characters, or two have one name.
 */
export function apiKeyAuthenticator(options: ApiKeyOptions): Authenticator {
  const header = (options.header ?? "x-api-key").toLowerCase();
  if (!/^[a-z0-9-]{1,64}$/.test(header))
    throw new RuntimeError("config", `${JSON.stringify(header)} is not the name of a header`);
  if (options.keys.length === 0) throw new RuntimeError("config", "no API keys are given");
  const known = options.keys.map(({ name, key }) => {
    if (key.length < MIN_KEY_LENGTH || key.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key))
      throw new RuntimeError("config", `API key "${name}" cannot be used`, {
        why: `a key has ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} visible ASCII characters; this one has ${key.length}`,
        hint: "make one with: openssl rand -base64 32",
      });
    return { name, digest: digest(key) };
  });
  if (new Set(known.map((one) => one.name)).size < known.length)
    throw new RuntimeError("config", "two API keys have the same name");

  // eslint-disable-next-line @typescript-eslint/require-await -- the type is asynchronous for authenticators that ask elsewhere
  return async (credentials) => {
    const shown = digest(keyIn(credentials, header) ?? "");
    let found: string | undefined;
    // Every digest is compared, whichever matches: the time tells nothing.
    for (const one of known) if (timingSafeEqual(one.digest, shown)) found = one.name;
    if (found === undefined) throw new RuntimeError("unauthenticated", "a valid API key is required");
    return { id: `api-key:${found}` };
  };
}

/** The one key that is shown. A header given twice is no key: which of the two counted would be a guess. */
function keyIn({ headers }: Credentials, name: string): string | undefined {
  const own = headers[name];
  if (own !== undefined && name !== "authorization") return typeof own === "string" ? own.trim() : undefined;
  const { authorization } = headers;
  return typeof authorization === "string" ? /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1] : undefined;
}

/** A key for one run: 256 random bits, base64url, with a prefix that secret scanners can know. */
export const oneTimeKey = (): string => `mcpg_${randomBytes(32).toString("base64url")}`;
