import type { ApiKey } from "../auth/api-key.js";
import { RuntimeError } from "../core/errors.js";
import type { Flag, Given } from "./flags.js";
import { readLines } from "./text-file.js";

/** Whom the frontends let in. */
export interface AccessSettings {
  readonly header: string;
  readonly keys: readonly ApiKey[];
  /** Everybody may call, wherever the proxy is bound. */
  readonly open: boolean;
  /** Nobody may call without proof, not even from this machine. */
  readonly required?: boolean;
}

/** Of every frontend that other machines may reach. */
export const OPEN_FLAGS: readonly Flag[] = [
  { name: "require-auth", env: "MCPGEN_REQUIRE_AUTH", help: "let nobody in without proof, not even from this machine" },
  { name: "insecure-no-auth", env: "MCPGEN_INSECURE_NO_AUTH", help: "let everybody in, also from other machines" },
];

/** Of frontends whose clients send headers. */
export const KEY_FLAGS: readonly Flag[] = [
  {
    name: "api-key-file",
    env: "MCPGEN_API_KEY_FILE",
    value: "FILE",
    help: "the keys of the clients, one a line: KEY or NAME:KEY",
  },
  { name: "api-key", env: "MCPGEN_API_KEY", envOnly: true, help: "the one key of the clients" },
  {
    name: "api-key-header",
    env: "MCPGEN_API_KEY_HEADER",
    value: "NAME",
    help: "header that carries the key; default x-api-key",
  },
];

const HEADER = "x-api-key";

/** Throws RuntimeError `config` naming the flag or the line of the file. Never tells a key. */
export function readAccess(given: Given): AccessSettings {
  const file = given.text("api-key-file");
  const single = given.text("api-key");
  const keys = [
    ...(file === undefined ? [] : keysIn(file)),
    ...(single === undefined ? [] : [{ name: "env", key: single }]),
  ];
  const read = { ...readOpen(given), keys, header: given.text("api-key-header") ?? HEADER };
  if (read.open && keys.length > 0)
    throw new RuntimeError("config", "--insecure-no-auth contradicts the API keys that are given", {
      hint: "leave out one of the two",
    });
  return read;
}

/** The same where no client sends a header, so that no key can be shown. Throws RuntimeError `config`. */
export function readOpen(given: Given): AccessSettings {
  const [required, open] = [given.on("require-auth"), given.on("insecure-no-auth")];
  if (required && open)
    throw new RuntimeError("config", "--require-auth and --insecure-no-auth contradict each other", {
      why: "one lets nobody in without proof, the other everybody",
      hint: "leave out one of the two; their variables MCPGEN_REQUIRE_AUTH and MCPGEN_INSECURE_NO_AUTH count as well",
    });
  return { header: HEADER, keys: [], open, required };
}

/** `KEY` or `NAME:KEY` for each line. */
function keysIn(file: string): readonly ApiKey[] {
  const lines = readLines(file).map((line, index) => {
    const match = /^(?:([A-Za-z0-9_.-]{1,64}):)?([\x21-\x39\x3b-\x7e]+)$/.exec(line.text);
    if (!match?.[2])
      throw new RuntimeError("config", `line ${line.number} of ${file} holds no key`, {
        why: "a line is KEY or NAME:KEY, in visible ASCII characters; a key holds no colon",
      });
    return { name: match[1] ?? `key-${index + 1}`, key: match[2] };
  });
  if (lines.length === 0) throw new RuntimeError("config", `${file} holds no key`);
  return lines;
}
