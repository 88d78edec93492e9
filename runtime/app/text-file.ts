import { readFileSync } from "node:fs";
import { RuntimeError } from "../core/errors.js";

/** A small settings file. Throws RuntimeError `config` where it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RuntimeError("config", `cannot read ${file}`, { cause: error, why });
  }
}

/** Its lines that say something; `#` begins a comment line. Throws RuntimeError `config` where it cannot be read. */
export const readLines = (file: string): readonly { readonly number: number; readonly text: string }[] =>
  readText(file)
    .split("\n")
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
