import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { apiKeyAuthenticator, oneTimeKey } from "../auth/api-key.js";
import type { Authenticator } from "../auth/authenticator.js";
import { RuntimeError } from "../core/errors.js";
import type { AccessSettings } from "./http-settings.js";
import { isLoopback } from "./values.js";

/** Who is let in, for as long as the proxy runs. */
export interface Access {
  /** Absent: everybody, because only this machine can call, or because the operator asked for it. */
  readonly authenticate?: Authenticator;
  /** Removes what was written. Idempotent. */
  end(): Promise<void>;
}

export interface AccessOptions {
  /** As bound. */
  readonly host: string;
  /** Whether somebody reads what `notice` says. */
  readonly terminal: boolean;
  readonly notice: (text: string) => void;
}

/**
 * Never open by accident: what other machines can reach, and what no key protects, gets a key for this one run. On a
 * terminal it is shown once; otherwise it lies in a file of mode 0600, whose path is told, until the end.
 */
export async function openAccess(settings: AccessSettings, { host, terminal, notice }: AccessOptions): Promise<Access> {
  const { keys, header } = settings;
  const nothing = (): Promise<void> => Promise.resolve();
  if (keys.length > 0) return { authenticate: localOr(apiKeyAuthenticator({ header, keys })), end: nothing };
  if (settings.open || isLoopback(host)) return { end: nothing };

  const key = oneTimeKey();
  const authenticate = localOr(apiKeyAuthenticator({ header, keys: [{ name: "one-time", key }] }));
  notice(
    `${host} can be reached from other machines and no API key is set: clients need a key for this run, in header ${header}`,
  );
  notice("to use your own keys: --api-key-file FILE or MCPGEN_API_KEY; to let everybody in: --insecure-no-auth");
  if (terminal) {
    notice(`key: ${key}`);
    return { authenticate, end: nothing };
  }
  const file = await writeKey(key);
  notice(`key file: ${file}`);
  const folder = dirname(file);
  const onExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", onExit);
  return {
    authenticate,
    async end() {
      process.off("exit", onExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeKey(key: string): Promise<string> {
  try {
    const file = join(await mkdtemp(join(tmpdir(), "mcpgen-")), "key");
    await writeFile(file, `${key}\n`, { mode: 0o600, flag: "wx" });
    return file;
  } catch (error) {
    throw new RuntimeError("config", "cannot write the one-time API key to a temporary file", {
      cause: error,
      why: error instanceof Error ? error.message : String(error),
      hint: "set a key with --api-key-file FILE or MCPGEN_API_KEY",
    });
  }
}

/** Whoever holds this process's own stdin and stdout has started it, and needs no key. */
const localOr =
  (authenticate: Authenticator): Authenticator =>
  (credentials, signal) =>
    credentials.transport === "stdio" ? Promise.resolve({ id: "local" }) : authenticate(credentials, signal);
