import { parseArgs, type ParseArgsConfig } from "node:util";
import { RuntimeError } from "../core/errors.js";

/** One thing that can be set. Declared once: parsing, environment and help all read this. */
export interface Flag {
  /** Without dashes; lower-case words joined by "-". */
  readonly name: string;
  readonly alias?: string;
  /** Variable that counts where the flag is absent. An empty one counts as unset. */
  readonly env?: string;
  /** Variable that counts where the other is absent as well. */
  readonly aliasEnv?: string;
  /** Only by its variable: secrets do not belong on a command line, which everybody on the machine can read. */
  readonly envOnly?: true;
  /** Placeholder of the value in the help. Absent: a switch. */
  readonly value?: string;
  /** May be given several times; its variable then holds a list separated by commas. */
  readonly repeat?: true;
  readonly help: string;
}

/** What flags and environment gave, by the name of the flag. */
export interface Given {
  text(name: string): string | undefined;
  all(name: string): readonly string[];
  on(name: string): boolean;
  /** The environment itself, for what is no flag of ours: HOST, PORT, variables passed on to the server. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const STANDARD_FLAGS: readonly Flag[] = [
  { name: "help", help: "show this and end" },
  { name: "version", help: "show name, version and contract, and end" },
];

/** The variables of a flag, the one that counts first before the other. */
export const envNames = ({ env, aliasEnv }: Flag): readonly string[] => [env, aliasEnv].flatMap((name) => name ?? []);

/** Throws RuntimeError `config` for a flag that is unknown, lacks its value, or is given twice. */
export function readFlags(
  flags: readonly Flag[],
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Given {
  const values = parse(flags, argv);
  const flag = (name: string): Flag => {
    const found = flags.find((one) => one.name === name);
    if (!found) throw new RuntimeError("internal", `flag --${name} is not declared`);
    return found;
  };
  const all = (name: string): readonly string[] => {
    const one = flag(name);
    const given = [one.name, ...(one.alias === undefined ? [] : [one.alias])].flatMap((key) => values.get(key) ?? []);
    if (given.length > 1 && !one.repeat)
      throw new RuntimeError("config", `--${name} is given ${given.length} times`, { why: "it takes one value" });
    if (given.length > 0) return given;
    const text = envNames(one)
      .flatMap((key) => env[key] ?? [])
      .find((value) => value !== "");
    if (text === undefined) return [];
    return one.repeat ? text.split(",").map((part) => part.trim()) : [text];
  };
  return {
    all,
    text: (name) => all(name)[0],
    on(name) {
      const text = all(name)[0] ?? "false";
      if (text === "true" || text === "1") return true;
      if (text === "false" || text === "0") return false;
      throw new RuntimeError("config", `${flag(name).env ?? name} must be 1 or 0, not ${JSON.stringify(text)}`);
    },
    env,
  };
}

function parse(flags: readonly Flag[], argv: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const { name, alias, value, envOnly } of flags) {
    if (envOnly) continue;
    for (const key of [name, ...(alias === undefined ? [] : [alias])])
      options[key] = { type: value === undefined ? "boolean" : "string", multiple: true };
  }
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    return new Map(Object.entries(values).map(([key, given]) => [key, [given].flat().map(String)]));
  } catch (error) {
    const text = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new RuntimeError("config", text, { cause: error, hint: "--help lists what can be given" });
  }
}

/** The help, in columns. */
export function helpText(usage: string, about: string, flags: readonly Flag[]): string {
  const rows = flags.map((flag) => {
    const { name, alias, value, env, envOnly, repeat, help } = flag;
    const names = [name, ...(alias === undefined ? [] : [alias])].map((one) => `--${one}`).join(", ");
    const left = envOnly ? (env ?? name) : `${names}${value === undefined ? "" : ` ${value}`}`;
    const notes = [
      ...(repeat ? ["repeatable"] : []),
      ...(env !== undefined && !envOnly ? [`env ${envNames(flag).join(", else ")}`] : []),
    ];
    return { left, right: `${help}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}` };
  });
  const width = Math.max(...rows.map(({ left }) => left.length));
  const lines = rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`);
  return [`Usage: ${usage}`, "", about, "", "Options:", ...lines, ""].join("\n");
}
