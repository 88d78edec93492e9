import type { Options } from "prettier";
import { GeneratorError } from "../errors.js";
import type { EmittedFile } from "./emitter.js";

/** Style of all generated text. Nobody's configuration file is read. */
const STYLE: Options = { printWidth: 120, endOfLine: "lf", embeddedLanguageFormatting: "off" };

/** By the end of the path. Other kinds of file have no formatter. */
const PARSERS: Readonly<Record<string, string>> = {
  // Of the two parsers for TypeScript this one takes three quarters of the other's time, for the same text.
  ts: "babel-ts",
  js: "babel",
  mjs: "babel",
  json: "json",
  md: "markdown",
  yaml: "yaml",
  yml: "yaml",
};

/**
 * Formats by extension whatever is not verbatim; other kinds of file stay as they are.
 * Throws GeneratorError `verify` for a text that cannot be parsed: a generated file with a syntax error is our bug.
 */
export function formatFiles(files: readonly EmittedFile[]): Promise<readonly EmittedFile[]> {
  return Promise.all(files.map(formatFile));
}

async function formatFile(file: EmittedFile): Promise<EmittedFile> {
  const parser = file.verbatim ? undefined : PARSERS[/\.([a-z]+)$/.exec(file.path)?.[1] ?? ""];
  if (parser === undefined) return file;
  const { format } = await import("prettier");
  try {
    return { ...file, contents: await format(file.contents, { ...STYLE, parser }) };
  } catch (error) {
    throw new GeneratorError("verify", `generated ${file.path} has a syntax error`, {
      cause: error,
      why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    });
  }
}
