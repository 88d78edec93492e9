import type { LogLevel } from "../core/log.js";
import type { OnDrift } from "../contract/drift.js";
import { STANDARD_FLAGS, type Flag, type Given } from "./flags.js";
import { parseChoice } from "./values.js";

/** What every generated proxy can be told of its contract and its log. */
export interface Settings {
  /** Who answers the lists: the server, or the contract of generation. */
  readonly lists: "live" | "pinned";
  readonly onDrift: OnDrift | "ignore";
  readonly validateArguments: boolean;
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
    name: "log-level",
    env: "MCPGEN_LOG_LEVEL",
    value: "debug|info|warn|error",
    help: "what is logged on stderr; default warn",
  },
  ...STANDARD_FLAGS,
];

/** Throws RuntimeError `config` naming the flag. */
export function readSettings(given: Given): Settings {
  return {
    lists: parseChoice("--lists", given.text("lists") ?? "live", ["live", "pinned"]),
    onDrift: parseChoice("--on-drift", given.text("on-drift") ?? "warn", ["ignore", "warn", "quarantine", "refuse"]),
    validateArguments:
      parseChoice("--validate-arguments", given.text("validate-arguments") ?? "off", ["off", "enforce"]) === "enforce",
    logLevel: parseChoice("--log-level", given.text("log-level") ?? "warn", ["debug", "info", "warn", "error"]),
  };
}
