import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { shownFrom } from "../../config/load.js";
import { GeneratorError } from "../../errors.js";
import type { Invocation } from "../commands.js";
import type { Flags } from "../flags.js";
import { nearest } from "../nearest.js";

export type Language = "openapi" | "graphql" | "protobuf";

/** Extensions of each language; those of OpenAPI say its format. */
const LANGUAGES: Readonly<Record<Language, { readonly alias: string; readonly extensions: readonly string[] }>> = {
  openapi: { alias: "oas", extensions: ["json", "yaml", "yml"] },
  graphql: { alias: "gql", extensions: ["graphql", "gql", "graphqls"] },
  protobuf: { alias: "proto", extensions: ["proto"] },
};
const NAMES = Object.keys(LANGUAGES) as readonly Language[];

/** Where a schema goes. */
export type Place =
  | { readonly kind: "stdout"; readonly shown: string }
  /** Absolute. */
  | { readonly kind: "file" | "folder"; readonly path: string; readonly shown: string };

/** Throws GeneratorError `usage` on a language that there is not. */
export function languageOf(word: string): Language {
  const found = NAMES.find((name) => name === word || LANGUAGES[name].alias === word);
  if (found) return found;
  const near = nearest(
    word,
    NAMES.flatMap((name) => [name, LANGUAGES[name].alias]),
  );
  throw new GeneratorError("usage", `there is no schema "${word}"`, {
    why: `there are ${NAMES.map((name) => `${name} (${LANGUAGES[name].alias})`).join(", ")}`,
    ...(near !== undefined && { hint: `did you mean "${near}"?` }),
  });
}

/** A folder exists or ends with a slash. Throws GeneratorError `usage` where the extension is that of another language. */
export function placeOf(language: Language, { flags, cwd }: Invocation): Place {
  const output = flags.text("output");
  if (output === undefined || output === "-") return { kind: "stdout", shown: "stdout" };
  const path = resolve(cwd, output);
  const shown = shownFrom(cwd, path);
  if (/[\\/]$/.test(output) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    return { kind: "folder", path, shown };
  const other = NAMES.find((name) => name !== language && LANGUAGES[name].extensions.includes(extensionOf(path)));
  if (other)
    throw new GeneratorError(
      "usage",
      `${shown} is the name of ${other === "openapi" ? "a JSON or YAML" : `a ${other}`} file`,
      {
        why: `what is written is ${language}`,
        hint: `use an extension such as .${LANGUAGES[language].extensions[0] ?? ""}, or mcpgen schema ${other}`,
      },
    );
  return { kind: "file", path, shown };
}

const extensionOf = (path: string): string => extname(path).slice(1).toLowerCase();

/**
 * The emitter's options, from all the places that can say them. Throws GeneratorError `usage` where two say different things, and on options
 * of ours that the language has no use for.
 */
export function optionsOf(language: Language, place: Place, flags: Flags): Readonly<Record<string, string>> {
  const said = new Map<string, { readonly value: string; readonly by: string }>();
  const say = (key: string, value: string, by: string): void => {
    const before = said.get(key);
    if (before && before.value !== value)
      throw new GeneratorError("usage", `${before.by} and ${by} contradict each other`, {
        why: `one says ${key}=${before.value}, the other ${key}=${value}`,
        hint: "leave one of them out",
      });
    said.set(key, { value, by });
  };
  for (const text of flags.list("option")) {
    const [, key = "", value = ""] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    if (key === "")
      throw new GeneratorError("usage", `--option needs the form KEY=VALUE, got "${text}"`, {
        hint: `mcpgen emitters lists the options of ${language}`,
      });
    say(key.startsWith(`${language}.`) ? key.slice(language.length + 1) : key, value, `--option ${text}`);
  }
  const format = flags.text("format");
  if (language === "openapi") {
    if (format !== undefined) say("format", format, `--format ${format}`);
    if (flags.flag("json")) say("format", "json", "--json");
    const extension = place.kind === "file" ? extensionOf(place.path) : "";
    if (LANGUAGES.openapi.extensions.includes(extension))
      say("format", extension === "json" ? "json" : "yaml", `the file name ${place.shown}`);
    if (flags.flag("with-examples")) say("examples", "true", "--with-examples");
  } else {
    const idle = ["format", "json", "with-examples"].find((name) => flags.has(name));
    if (idle !== undefined)
      throw new GeneratorError("usage", `--${idle} has no effect on ${language}`, {
        why: idle === "with-examples" ? "examples are part of OpenAPI alone" : `${language} has one form`,
        hint: `leave --${idle} out`,
      });
  }
  if (language === "protobuf" && place.kind !== "folder")
    say(
      "layout",
      "single",
      place.kind === "stdout" ? "writing to stdout" : `writing one file (a folder ends with a slash)`,
    );
  return Object.fromEntries([...said].map(([key, { value }]) => [key, value]));
}
