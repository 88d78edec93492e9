import yargs, { type Argv } from "yargs";

import { GeneratorError } from "../errors.js";
import { arrange } from "./argv.js";
import { COMMANDS, type Command } from "./commands.js";
import { Flags } from "./flags.js";
import { nearest } from "./nearest.js";
import { MANNERS } from "./option/manners.js";
import { NOT_IN_SERVE } from "./option/serve.js";
import { spellings, type Option, type OptionGroup } from "./option/option.js";
import { VERSION } from "./version.js";

/** What the arguments ask for: a command with its flags, or a text that yargs made (help, version, completion). */
export type Asked = { readonly command: Command; readonly flags: Flags } | { readonly text: string };

const SHELLS = ["bash", "zsh", "fish"];

/** Throws GeneratorError `usage`. `width` is that of help texts, in columns. */
export function readArguments(argv: readonly string[], width: number): Asked {
  const names = [...COMMANDS.map((command) => command.name), "completion"];
  const groups = [...COMMANDS.flatMap((command) => command.groups), MANNERS];
  const words = arrange(argv, { options: spellings(groups), commands: names });
  if (words[0] === "completion" && words[1] !== undefined && !words[1].startsWith("-")) {
    if (!SHELLS.includes(words[1]))
      throw new GeneratorError("usage", `no completion for the shell "${words[1]}"`, {
        why: `there are ${SHELLS.join(", ")}`,
      });
    process.env.SHELL = words[1]; // where yargs looks
    words.splice(1, 1);
  }

  let chosen: { command: Command; flags: Flags } | undefined;
  const parser = yargs()
    .scriptName("mcpgen")
    .usage(
      "mcpgen: introspect any MCP server, generate a standalone typed proxy and clients from it\n\nUsage: $0 <command> [options]",
    )
    .locale("en")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "populate--": true,
      "strip-aliased": true,
    })
    .exitProcess(false)
    .wrap(width)
    .strict()
    .demandCommand(1, "no command given")
    .showHelpOnFail(false)
    .completion("completion", "Print a completion script: mcpgen completion bash|zsh|fish")
    .help("help")
    .version(VERSION)
    .example("$0 inspect --cmd 'python server.py'", "What does this server offer?")
    .example("$0 generate --url https://host/mcp --out my-proxy --build", "A proxy project, bundled")
    .fail((message: string, error: Error | undefined) => {
      if (error instanceof GeneratorError) throw error;
      throw usageError(message || (error?.message ?? ""), words, names);
    });
  addGroup(parser, MANNERS);
  for (const command of COMMANDS)
    parser.command(
      [command.usage],
      command.summary,
      (sub) => {
        sub.usage(`${command.summary}\n\nUsage: $0 ${command.usage} [options]`);
        for (const [name, describe] of Object.entries(command.positionals))
          sub.positional(name, { type: "string", describe });
        for (const group of command.groups) addGroup(sub, group);
        for (const [example, says] of command.examples) sub.example(`$0 ${example}`, says);
      },
      (flags) => {
        chosen = { command, flags: new Flags(flags) };
      },
    );

  let text = "";
  void parser.parse(words, {}, (error, _flags, output) => {
    if (error) throw error;
    text = output;
  });
  if (text !== "") return { text: `${text.trimEnd()}\n` };
  if (!chosen) throw new GeneratorError("usage", "no command given");
  return chosen;
}

function addGroup(parser: Argv, group: OptionGroup): void {
  for (const [name, option] of Object.entries(group.options)) {
    if (name === "help" || name === "version") parser.alias(name, [...(option.alias ?? [])]);
    else parser.option(name, yargsOption(option));
  }
  parser.group(Object.keys(group.options), group.heading);
}

function yargsOption(option: Option): object {
  return {
    describe: option.describe,
    ...(option.alias ? { alias: [...option.alias] } : {}),
    ...(option.choices ? { choices: option.choices } : {}),
    ...(option.type === "flag"
      ? { boolean: true }
      : option.type === "count"
        ? { count: true }
        : { string: true, requiresArg: true }),
    ...(option.type === "list" ? { array: true } : {}),
  };
}

/** The sentence of yargs (English: the locale is fixed) as an error of ours, with the nearest name. */
function usageError(message: string, words: readonly string[], commands: readonly string[]): GeneratorError {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  const help = command ? `run mcpgen ${command.name} --help` : "run mcpgen --help";
  const fail = (text: string, why: string, hint = help): GeneratorError =>
    new GeneratorError("usage", text, { why, hint });

  const unknown = /^Unknown (?:argument|command)s?: (.*)$/s.exec(message)?.[1]?.split(", ")[0];
  if (unknown !== undefined) {
    if (!command) {
      const near = nearest(unknown, commands);
      const hint = near ? `did you mean "${near}"?` : help;
      return fail(`unknown command "${unknown}"`, `the commands are ${commands.join(", ")}`, hint);
    }
    if (words.includes(unknown)) return fail(`${command.name} has no use for "${unknown}"`, "it is one word too many");
    const instead = command.name === "serve" ? NOT_IN_SERVE.get(unknown) : undefined;
    if (instead !== undefined) return fail(`serve has no --${unknown}`, "it is not in this version of mcpgen", instead);
    const near = nearest(unknown, spellings([...command.groups, MANNERS]).keys());
    const hint = near === undefined || near.length === 1 ? help : `did you mean --${near}?`;
    return fail(
      `${command.name} knows no option ${unknown.length === 1 ? "-" : "--"}${unknown}`,
      "it is none of this command's options",
      hint,
    );
  }
  const valueless = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (valueless !== undefined)
    return fail(`--${valueless} needs a value`, "nothing follows it, or another option does");
  if (command && message.startsWith("Not enough non-option arguments")) {
    const [name = "", describe = ""] = Object.entries(command.positionals)[0] ?? [];
    return fail(`${command.name} needs a ${name}`, `it is the first word after the command: ${describe}`);
  }
  const [, option, given, choices] = /Argument: (\S+), Given: (.*), Choices: (.*)$/m.exec(message) ?? [];
  if (option !== undefined) return fail(`--${option} cannot be ${given ?? ""}`, `allowed: ${choices ?? ""}`);
  return fail(message, command ? "the command line cannot be read" : `the commands are ${commands.join(", ")}`);
}
