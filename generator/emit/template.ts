import { readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import { GeneratorError } from "../errors.js";
import type { Json } from "../ir/spec.js";
import { packageRoot } from "../package-root.js";
import { jsonText } from "./escape.js";

/**
 * How a value gets into a text, by the kind of place it stands in. Every hole names one: `{{json name}}`. Each makes
 * hostile text harmless where it stands, and none may stand anywhere else.
 */
const ESCAPERS = {
  /** A literal of JSON, TypeScript or JavaScript. */
  json: (value: unknown) => jsonText(json(value)),
  /** The same over several lines, for JSON files that people read. */
  jsonBlock: (value: unknown) => JSON.stringify(json(value), undefined, 2).replaceAll("</", "<\\/"),
  /** Words within one line of a `//`, `#` or block comment. */
  comment: (value: unknown) => oneLine(value).replaceAll("*/", "*\\/"),
  /** The lines of `fileHeader`: whole lines of `//` comments. */
  header: (value: unknown) => headerLines(value),
  /** Words within one line of Markdown, as words: no link, emphasis, code or HTML comes of them. */
  md: (value: unknown) => oneLine(value).replace(/[\\`*_{}[\]<>#|~&$!:]/g, "\\$&"),
  /** Words within a code span of Markdown, which it makes itself. */
  code: (value: unknown) => codeSpan(oneLine(value)),
  /** A name that is made of harmless characters only. Anything else is a bug. */
  plain: (value: unknown) => plain(value),
} as const;

const BLOCKS = new Set(["if", "unless", "each"]);

function json(value: unknown): Json {
  if (value === undefined) throw new GeneratorError("template", "a value is missing");
  return value as Json; // a view holds nothing else: no functions, no dates
}

function oneLine(value: unknown): string {
  if (typeof value !== "string") throw new GeneratorError("template", `a ${typeof value} stands where a text belongs`);
  const unwanted = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!\u{FE0F})[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
  return value.replace(unwanted, " ").replace(/ {2,}/g, " ").trim();
}

function headerLines(value: unknown): string {
  const lines = typeof value === "string" ? value.split("\n") : ["?"];
  if (!lines.every((line) => line === "" || line.startsWith("// ")))
    throw new GeneratorError("template", "a header is something else than comment lines");
  return lines.join("\n").trimEnd() + "\n";
}

function codeSpan(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

function plain(value: unknown): string {
  const text = oneLine(value);
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(text))
    throw new GeneratorError("template", `${JSON.stringify(text)} is no plain word`);
  return text;
}

/** Renders templates of one folder, each compiled once. */
export function templateRenderer(folder: string, root = packageRoot()): (name: string, view: object) => string {
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  return (name, view) => {
    let template = compiled.get(name);
    if (!template) compiled.set(name, (template = compileTemplate(readTemplate(root, `${folder}/${name}`), name)));
    try {
      return template(view);
    } catch (error) {
      throw GeneratorError.from(named(error, `${folder}/${name}`), "template");
    }
  };
}

function readTemplate(root: string, path: string): string {
  try {
    return readFileSync(join(root, "templates", `${path}.hbs`), "utf8");
  } catch (error) {
    throw new GeneratorError("template", `there is no template ${path}`, { cause: error });
  }
}

const named = (error: unknown, path: string): unknown =>
  error instanceof GeneratorError
    ? new GeneratorError("template", `${path}: ${error.text}`, { cause: error })
    : new GeneratorError("template", `${path}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });

/** Compiles strictly: a missing value is an error. Throws GeneratorError `template` for a hole without an escaper. */
export function compileTemplate(source: string, name: string): Handlebars.TemplateDelegate {
  const house = Handlebars.create();
  for (const [escaper, escape] of Object.entries(ESCAPERS)) house.registerHelper(escaper, escape);
  const program = house.parse(source);
  checkHoles(program, name);
  return house.compile(program, { noEscape: true, strict: true, knownHelpersOnly: true, knownHelpers: KNOWN });
}

const KNOWN = Object.fromEntries(Object.keys(ESCAPERS).map((name) => [name, true]));

function checkHoles(program: hbs.AST.Program, name: string): void {
  for (const statement of program.body) {
    const where = `${name}.hbs:${statement.loc.start.line}`;
    if (statement.type === "ContentStatement" || statement.type === "CommentStatement") continue;
    if (statement.type === "MustacheStatement") checkHole(statement as hbs.AST.MustacheStatement, where);
    else if (statement.type === "BlockStatement") {
      const block = statement as hbs.AST.BlockStatement;
      const kind = block.path.original;
      if (!BLOCKS.has(kind)) throw new GeneratorError("template", `${where}: block ${kind} is not known`);
      checkHoles(block.program, name);
      // Absent where there is no {{else}}, whatever the types say.
      const inverse = block.inverse as hbs.AST.Program | undefined;
      if (inverse) checkHoles(inverse, name);
    } else throw new GeneratorError("template", `${where}: ${statement.type} is not allowed`);
  }
}

function checkHole({ path, params, escaped }: hbs.AST.MustacheStatement, where: string): void {
  const escaper = path.type === "PathExpression" ? (path as hbs.AST.PathExpression).original : undefined;
  if (escaper === undefined || !Object.hasOwn(ESCAPERS, escaper) || params.length !== 1 || !escaped)
    throw new GeneratorError("template", `${where}: a hole must name its escaper and one value, such as {{json name}}`);
}
