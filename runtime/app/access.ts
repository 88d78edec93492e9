import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { apiKeyAuthenticator, oneTimeKey } from "../auth/api-key.js";
import type { Authenticator } from "../auth/authenticator.js";
import { RuntimeError } from "../core/errors.js";
import type { TlsServer } from "../wire/tls.js";
import type { AccessSettings } from "./access-settings.js";
import { isLoopback } from "./values.js";

/** Who is let in, for as long as the proxy runs. */
export interface Access {
  /** Absent: everybody, because only this machine can call, or because the operator asked for it. */
  readonly authenticate?: Authenticator;
  /** For the moment when clients can come: tells the operator what they need. Throws RuntimeError `config`. */
  tell(): Promise<void>;
  /** Removes what was written. Idempotent. */
  end(): Promise<void>;
}

/** What other machines may reach. */
export interface Listener {
  /** Clients of `web` send headers, which may hold a key; those of `tcp` can show nothing but a certificate. */
  readonly kind: "web" | "tcp";
  /** As bound. */
  readonly host: string;
  readonly tls?: TlsServer | undefined;
}

export interface AccessOptions {
  readonly listeners: readonly Listener[];
  /** Whether somebody reads what `notice` says. */
  readonly terminal: boolean;
  readonly notice: (text: string) => void;
}

/**
 * Never open by accident: what other machines can reach, and what neither keys nor certificates protect, gets a key for
 * this one run. On a terminal it is shown once; otherwise it lies in a file of mode 0600, whose path is told, until the
 * end. TCP cannot carry a key: there it is refused. Throws RuntimeError `config`.
 */
export function openAccess(settings: AccessSettings, options: AccessOptions): Access {
  const { keys, header, open, required = false } = settings;
  const { listeners, notice } = options;
  if (open) return EVERYBODY;
  const exposed = listeners.filter(({ host, tls }) => (required || !isLoopback(host)) && tls?.ca === undefined);
  const tcp = exposed.find(({ kind }) => kind === "tcp");
  if (tcp) throw openTcp(tcp.host);
  const free = listeners.find(({ kind, tls }) => kind === "tcp" && tls?.ca === undefined);
  const tellFree = (): void => {
    if (free) notice(`TCP on ${free.host} needs no key: whoever is on this machine may come in there`);
  };
  if (keys.length > 0) {
    const authenticate = keyed(apiKeyAuthenticator({ header, keys }));
    return { ...EVERYBODY, authenticate, tell: () => Promise.resolve().then(tellFree) };
  }
  const web = exposed.find(({ kind }) => kind === "web");
  if (!web) return EVERYBODY;
  const why = isLoopback(web.host) ? "authentication is required" : `${web.host} can be reached from other machines`;
  notice(`${why} and no API key is set: clients need a key for this run, in header ${header}`);
  notice("to use your own keys: --api-key-file FILE or MCPGEN_API_KEY; to let everybody in: --insecure-no-auth");
  tellFree();
  return forThisRun(header, options);
}

const EVERYBODY: Access = { tell: () => Promise.resolve(), end: () => Promise.resolve() };

function forThisRun(header: string, { terminal, notice }: AccessOptions): Access {
  const key = oneTimeKey();
  let folder: string | undefined;
  const onExit = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  return {
    authenticate: keyed(apiKeyAuthenticator({ header, keys: [{ name: "one-time", key }] })),
    async tell() {
      if (terminal) {
        notice(`key: ${key}`);
        return;
      }
      const file = await writeKey(key);
      folder = dirname(file);
      process.once("exit", onExit);
      notice(`key file: ${file}`);
    },
    async end() {
      process.off("exit", onExit);
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

const openTcp = (host: string): RuntimeError =>
  new RuntimeError("config", `TCP on ${host} would let in everybody who can reach it`, {
    why: "over TCP a client has no header to show a key in",
    hint: "bind it to 127.0.0.1, ask for certificates with --tls-cert, --tls-key and --tls-ca, or let everybody in with --insecure-no-auth",
  });

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

/**
 * Keys are for clients that send headers. Who holds this process's stdin, or may open its socket, is its owner; who comes
 * over TCP is on this machine, or has shown a certificate.
 */
const keyed =
  (authenticate: Authenticator): Authenticator =>
  (credentials, signal) => {
    const { transport } = credentials;
    const headless = transport === "stdio" || transport === "unix" || transport === "tcp";
    return headless ? Promise.resolve({ id: transport }) : authenticate(credentials, signal);
  };
