import { jsString, jsonText, plainText } from "../../emit/escape.js";
import { listOf } from "../../ir/lower-facet.js";
import { unresolvedNote } from "../../ir/schema-loss.js";
import type { Property, Use } from "../../ir/shape.js";
import type { JsonSchema } from "../../ir/spec.js";

const MAX_TEXT = 2_000;
const MAX_FRAGMENT = 200;
const WIDTH = 100;

/**
 * Line comments, each line ended by a line feed; nothing to say → "". `text` is foreign: it hides nothing and cannot end its line or speak to
 * buf. `notes` are ours, one paragraph.
 */
export function comment(text: string | undefined, notes: readonly string[], indent: string): string {
  const foreign = plainText(text ?? "", MAX_TEXT)
    .replaceAll(/buf:lint:ignore/gi, "buf lint ignore")
    .trim();
  const paragraphs = [foreign, notes.join(" ")].filter((one) => one !== "");
  if (paragraphs.length === 0) return "";
  return paragraphs
    .join("\n\n")
    .split("\n")
    .flatMap((line) => fold(line.trimEnd(), WIDTH - indent.length))
    .map((line) => `${indent}//${line === "" ? "" : ` ${line}`}\n`)
    .join("");
}

/** What a .proto file has no word for. */
export function notesOf(use: Use | Property): readonly string[] {
  const { shape } = use;
  const notes: string[] = [];
  if ("isRequired" in use && use.isRequired) notes.push("Required.");
  if (use.isNullable && !(shape.kind === "open" && shape.reason === "any")) notes.push("May be null.");
  if (shape.kind === "string" && shape.only !== undefined) notes.push(`Always ${literal(shape.only)}.`);
  if (shape.kind === "string" && shape.format !== undefined) notes.push(`Format: ${plainText(shape.format, 40)}.`);
  if ((shape.kind === "number" || shape.kind === "integer") && shape.values)
    notes.push(`One of ${shape.values.slice(0, 20).join(", ")}${shape.values.length > 20 ? ", …" : ""}.`);
  const unresolved = unresolvedNote(use.schema);
  if (unresolved !== undefined) notes.push(unresolved);
  const bounds = boundsOf(use.schema);
  if (bounds !== "") notes.push(bounds);
  if ("default" in use) {
    const text = jsonText(use.default);
    if (text.length <= MAX_FRAGMENT) notes.push(`Default: ${text}.`);
  }
  if (shape.kind === "open" && (shape.reason === "tuple" || shape.reason === "mixed")) {
    const text = jsonText(use.schema);
    notes.push(text.length <= MAX_FRAGMENT ? `JSON Schema: ${text}` : `JSON of several types.`);
  }
  return notes.map((note) => note.replaceAll(/\s+/g, " "));
}

/** Keywords that bound a value without changing its type. */
const BOUNDS = [
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  ...["minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"],
];

/** `JSON Schema: {"minLength":1,"pattern":"^a"}.`, of the schema and what stands in its `allOf`. */
function boundsOf(schema: JsonSchema): string {
  if (typeof schema === "boolean") return "";
  const all = [schema, ...listOf(schema["allOf"]).filter((one) => typeof one === "object")];
  const said = all.flatMap((one) =>
    BOUNDS.flatMap((key) => (one[key] === undefined ? [] : [[key, one[key]] as const])),
  );
  // What every library writes for "a whole number that JavaScript can hold" tells nobody anything.
  const telling = said.filter(([, value]) => typeof value !== "number" || Math.abs(value) !== Number.MAX_SAFE_INTEGER);
  if (telling.length === 0) return "";
  const text = jsonText(Object.fromEntries(telling));
  return text.length <= MAX_FRAGMENT ? `JSON Schema: ${text}.` : "Bounded by its JSON Schema.";
}

/** A foreign text as JSON has it, on one line. */
export function literal(text: string): string {
  return jsString(text.length > MAX_FRAGMENT ? `${text.slice(0, MAX_FRAGMENT)}…` : text);
}

/** At blanks, so that no line is longer than `width` where it can be helped; lines go on at the same indent. */
function fold(line: string, width: number): readonly string[] {
  const [, indent = "", rest = ""] = /^(\s*)(.*)$/.exec(line) ?? [];
  const lines: string[] = [];
  let current = "";
  for (const word of rest.split(" ")) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current !== "" && indent.length + longer.length > width) {
      lines.push(indent + current);
      current = word;
    } else current = longer;
  }
  return [...lines, indent + current];
}
