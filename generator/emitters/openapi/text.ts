import { stringify, type ScalarTag } from "yaml";
import { jsonText } from "../../emit/escape.js";
import type { Json } from "../../ir/spec.js";

/** Widest line with a whole list of scalars in it. */
const MAX_WIDTH = 120;

/** Characters that are invisible or take part in the layout of a text: none stands in a file as itself. */
const HIDDEN =
  /(?![\u{FE0F}\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;
const HIDDEN_EACH = new RegExp(HIDDEN, "gu");

/** JSON of two spaces, lists of scalars on one line where they fit; invisible characters as escapes. Ends in a line feed. */
export function jsonFile(document: Json): string {
  return `${written(document, "")}\n`;
}

function written(value: Json, indent: string): string {
  if (typeof value !== "object" || value === null) return jsonText(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (items.length === 0) return "[]";
    if (items.every((item) => typeof item !== "object" || item === null)) {
      const line = `[${items.map(jsonText).join(", ")}]`;
      if (indent.length + line.length <= MAX_WIDTH - 20) return line;
    }
    return `[\n${items.map((item) => inner + written(item, inner)).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value);
  if (members.length === 0) return "{}";
  return `{\n${members.map(([name, one]) => `${inner}${jsonText(name)}: ${written(one, inner)}`).join(",\n")}\n${indent}}`;
}

/** YAML 1.2 without anchors; several lines as a block, what is invisible as escapes. */
export function yamlFile(document: Json): string {
  return stringify(document, {
    version: "1.2",
    // Readers of YAML 1.1 take `no` for false and 12:30 for a number: such texts get quotes.
    compat: "yaml-1.1",
    aliasDuplicateObjects: false,
    lineWidth: MAX_WIDTH,
    blockQuote: "literal",
    customTags: (tags) => tags.map((tag) => (typeof tag === "object" && isText(tag) ? visibly(tag) : tag)),
  });
}

const isText = (tag: { readonly tag: string }): tag is ScalarTag => tag.tag === "tag:yaml.org,2002:str";

function visibly(tag: ScalarTag): ScalarTag {
  return {
    ...tag,
    stringify(item, ...rest) {
      const { value } = item;
      if (typeof value === "string" && HIDDEN.test(value)) return JSON.stringify(value).replace(HIDDEN_EACH, escape);
      return tag.stringify?.(item, ...rest) ?? "";
    },
  };
}

/** As YAML writes a code point that has more than four digits: not every reader puts two halves together. */
function escape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}
