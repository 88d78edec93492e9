import { RuntimeError } from "../core/errors.js";
import type { Log } from "../core/log.js";
import { splitCommand } from "../guard/command.js";
import type { Flag, Given } from "./flags.js";

/** The server's command as it was when the proxy was generated. */
export interface BakedCommand {
  /** Absent where the proxy was generated without a server. */
  readonly argv?: readonly string[];
  readonly cwd?: string;
  /** Variables that the server was given then; their values are taken from the environment now. */
  readonly envNames: readonly string[];
}

/** What a stdio backend is made of. */
export interface StdioServer {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
}

export const STDIO_SERVER_FLAGS: readonly Flag[] = [
  {
    name: "backend-cmd",
    env: "MCPGEN_BACKEND_CMD",
    value: "COMMAND",
    help: "another command for the server; split as a shell splits words, without a shell",
  },
  { name: "backend-cwd", env: "MCPGEN_BACKEND_CWD", value: "DIR", help: "folder in which the server runs" },
  {
    name: "backend-env",
    value: "NAME[=VALUE]",
    repeat: true,
    help: "a variable for the server; without VALUE, the one of this process",
  },
];

/** Throws RuntimeError `config` naming the flag. Warns of variables that the server had and that are not set. */
export function readStdioServer(given: Given, baked: BakedCommand, log: Log): StdioServer {
  const command = given.text("backend-cmd");
  const argv = command === undefined ? baked.argv : splitCommand(command);
  if (argv === undefined || argv.length === 0)
    throw new RuntimeError("config", "there is no command for the server", {
      why: "this proxy was generated without one",
      hint: 'give it with --backend-cmd "PROGRAM ARGUMENT…" or MCPGEN_BACKEND_CMD',
    });
  const cwd = given.text("backend-cwd") ?? (command === undefined ? baked.cwd : undefined);
  const env = { ...inherited(given, baked.envNames), ...explicit(given) };
  for (const name of baked.envNames)
    if (env[name] === undefined) log("warn", `${name} is not set; the server had it when this proxy was generated`);
  return { argv, ...(cwd === undefined ? {} : { cwd }), env };
}

function inherited(given: Given, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (given.env[name] === undefined ? [] : [[name, given.env[name]]])));
}

function explicit(given: Given): Record<string, string> {
  const pairs = given.all("backend-env").map((text) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/s.exec(text);
    const name = match?.[1];
    if (name === undefined)
      throw new RuntimeError("config", "--backend-env must be NAME or NAME=VALUE", {
        hint: "such as --backend-env TOKEN",
      });
    const value = match?.[2] ?? given.env[name];
    if (value === undefined)
      throw new RuntimeError("config", `--backend-env ${name}: no such variable is set`, {
        hint: `${name}=VALUE gives one`,
      });
    return [name, value] as const;
  });
  return Object.fromEntries(pairs);
}
