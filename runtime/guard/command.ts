import { RuntimeError } from "../core/errors.js";

/** Characters that mean something to a shell, and would mean nothing here. */
const OPERATORS = new Map([
  ["|", "a pipe"],
  ["&", "a background or AND operator"],
  [";", "a command separator"],
  ["\n", "a command separator"],
  ["<", "a redirection"],
  [">", "a redirection"],
  ["(", "a subshell"],
  [")", "a subshell"],
  ["`", "a command substitution"],
]);

/**
 * Splits a command into program and arguments as a POSIX shell splits words: blanks separate, '…' keeps all, "…" keeps all
 * but \\ before \\ " $ ` and line ends, \\ keeps the next character. No shell ever sees it, so nothing is expanded.
 * Throws RuntimeError `config` on an operator or a `$` expansion outside of quotes, an open quote, or an empty command.
 * Source: POSIX.1-2024, Shell Command Language, 2.2 and 2.3.
 */
export function splitCommand(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  // A text that ends its line, as in many config files, is no second command.
  const command = text.trimStart().replace(/(?<!\\)[\r\n]+$/, "");
  for (let at = 0; at < command.length; at++) {
    const c = command.charAt(at);
    if (c === " " || c === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const operator =
      OPERATORS.get(c) ?? (/^\$[A-Za-z_({]/.test(command.slice(at, at + 2)) ? "an expansion" : undefined);
    if (operator !== undefined) throw refused(operator, command.slice(at, at + 2).trim() || "\\n");
    word ??= "";
    if (c === "\\") {
      at++;
      if (at === command.length) throw unfinished("a backslash at the end");
      if (command[at] !== "\n") word += command.charAt(at);
    } else if (c === "'" || c === '"') {
      const quoted = c === "'" ? single(command, at + 1) : double(command, at + 1);
      word += quoted.text;
      at = quoted.end;
    } else word += c;
  }
  if (word !== undefined) words.push(word);
  if (!words[0]) throw new RuntimeError("config", "the command is empty", { hint: "name a program and its arguments" });
  return words;
}

interface Quoted {
  readonly text: string;
  /** Where the closing quote is. */
  readonly end: number;
}

function single(command: string, from: number): Quoted {
  const end = command.indexOf("'", from);
  if (end < 0) throw unfinished("a single quote that is not closed");
  return { text: command.slice(from, end), end };
}

function double(command: string, from: number): Quoted {
  let text = "";
  for (let at = from; at < command.length; at++) {
    const c = command.charAt(at);
    if (c === '"') return { text, end: at };
    const next = command.charAt(at + 1);
    if (c !== "\\" || !'"\\$`\n'.includes(next) || next === "") text += c;
    else {
      at++;
      if (next !== "\n") text += next;
    }
  }
  throw unfinished("a double quote that is not closed");
}

const unfinished = (what: string): RuntimeError =>
  new RuntimeError("config", `the command has ${what}`, { hint: "quote as in a POSIX shell" });

const refused = (what: string, text: string): RuntimeError =>
  new RuntimeError("config", `the command has ${what} outside of quotes: ${text}`, {
    why: "commands are started without a shell, so nothing would act on it",
    hint: `put it in quotes if it is meant as text, or name a shell yourself: sh -c '…'`,
  });
