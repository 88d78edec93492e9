import type { Option } from "./option/option.js";

/**
 * The arguments with the command first, so that options may stand before it, and with values that begin with a dash
 * joined to their option (`--args -y` → `--args=-y`), where yargs would take them for options of ours.
 */
export function arrange(
  argv: readonly string[],
  { options, commands }: { readonly options: ReadonlyMap<string, Option>; readonly commands: readonly string[] },
): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const words: string[] = [];
  const bare: number[] = [];
  for (let i = 0; i < end; i++) {
    const word = argv[i] ?? "";
    if (!isOption(word)) bare.push(words.length);
    const option = isOption(word) ? options.get(word.replace(/^--?/, "")) : undefined;
    const value = i + 1 < end ? argv[i + 1] : undefined;
    const takesValue = value !== undefined && (option?.type === "text" || option?.type === "list");
    if (takesValue && option.dashed && isOption(value)) words.push(`${word}=${value}`);
    else if (takesValue && !isOption(value)) words.push(word, value);
    else {
      words.push(word === "-" ? DASH : word);
      continue;
    }
    i++;
  }
  const at = bare.find((index) => commands.includes(words[index] ?? "")) ?? bare[0];
  const command = at === undefined ? [] : words.splice(at, 1);
  return [...command, ...words, ...argv.slice(end)];
}

/** A lone dash where it is a word: yargs loses it there. No argument of a process can hold the first character. */
export const DASH = "\0-";

/** A lone dash is a value: stdin. */
const isOption = (word: string): boolean => /^-./.test(word);
