import type { Limits } from "../core/limits.js";
import type { LogLevel } from "../core/log.js";
import type { OnDrift } from "../contract/drift.js";
import { STANDARD_FLAGS, type Flag, type Given } from "./flags.js";
import { parseChoice, parseDuration, parsePositive } from "./values.js";

/** What every generated proxy can be told, whatever its transports. */
export interface Settings {
  /** Who answers the lists: the server, or the contract of generation. */
  readonly lists: "live" | "pinned";
  readonly onDrift: OnDrift | "ignore";
  readonly validateArguments: boolean;
  readonly limits: Partial<Limits>;
  readonly logLevel: LogLevel;
}

export const COMMON_FLAGS: readonly Flag[] = [
  {
    name: "lists",
    env: "MCPGEN_LISTS",
    value: "live|pinned",
    help: "who answers the lists: the server, or the embedded contract; default live",
  },
  {
    name: "on-drift",
    env: "MCPGEN_ON_DRIFT",
    value: "ignore|warn|quarantine|refuse",
    help: "what happens when the server's tools are not those of the contract; default warn",
  },
  {
    name: "validate-arguments",
    env: "MCPGEN_VALIDATE_ARGUMENTS",
    value: "off|enforce",
    help: "enforce: arguments that do not fit never reach the server; default off",
  },
  {
    name: "max-message-bytes",
    env: "MCPGEN_MAX_MESSAGE_BYTES",
    value: "N",
    help: "one message, either direction; default 10485760",
  },
  {
    name: "max-sessions",
    env: "MCPGEN_MAX_SESSIONS",
    value: "N",
    help: "open at once, each with its own server; default 100",
  },
  {
    name: "session-idle",
    env: "MCPGEN_SESSION_IDLE",
    value: "DURATION",
    help: "after which a silent session ends; default 5m",
  },
  {
    name: "log-level",
    env: "MCPGEN_LOG_LEVEL",
    value: "debug|info|warn|error",
    help: "what is logged on stderr; default warn",
  },
  ...STANDARD_FLAGS,
];

/** Throws RuntimeError `config` naming the flag. */
export function readSettings(given: Given): Settings {
  const bytes = given.text("max-message-bytes");
  const sessions = given.text("max-sessions");
  const idle = given.text("session-idle");
  return {
    lists: parseChoice("--lists", given.text("lists") ?? "live", ["live", "pinned"]),
    onDrift: parseChoice("--on-drift", given.text("on-drift") ?? "warn", ["ignore", "warn", "quarantine", "refuse"]),
    validateArguments:
      parseChoice("--validate-arguments", given.text("validate-arguments") ?? "off", ["off", "enforce"]) === "enforce",
    limits: {
      ...(bytes === undefined ? {} : { maxMessageBytes: parsePositive("--max-message-bytes", bytes) }),
      ...(sessions === undefined ? {} : { maxSessions: parsePositive("--max-sessions", sessions) }),
      ...(idle === undefined ? {} : { sessionIdleMs: parseDuration("--session-idle", idle) }),
    },
    logLevel: parseChoice("--log-level", given.text("log-level") ?? "warn", ["debug", "info", "warn", "error"]),
  };
}
