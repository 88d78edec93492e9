import type { Json } from "../ir/spec.js";

/** Longest text of a doc comment. Servers document tools with 34,000 characters; an editor's pop-up shows a screen. */
const MAX_DOC = 4000;

/** What nobody sees: format characters, bidi controls, tags, fillers, code points that are no characters. The emoji selector stays. */
const INVISIBLE = /(?!\u{FE0F})[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;
const LINE_END = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;
const LONE_SURROGATE = /\p{Cs}/gu;

/** A double-quoted literal of TypeScript, JavaScript and JSON (but for its escapes of what is invisible): no text can end it or hide in it. */
export function jsString(text: string): string {
  return jsonText(text);
}

/** JSON of any value, with the same escapes. */
export function jsonText(value: Json): string {
  return JSON.stringify(value)
    .replace(/[\u007f-\u009f\u2028\u2029]/g, escapeUnits)
    .replace(INVISIBLE, escapeUnits)
    .replaceAll("</", "<\\/");
}

/** The type of one JSON value and no other. */
export function literalType(value: unknown): string {
  if (typeof value === "string") return jsString(value);
  if (Array.isArray(value)) return `[${value.map(literalType).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, one]) => `${memberName(name)}: ${literalType(one)}`);
  return members.length === 0 ? "{ [k: string]: never }" : `{ ${members.join("; ")} }`;
}

/** A member's name as it stands in an interface or an object type: bare where it is an ASCII identifier, else quoted. */
export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : jsString(name);
}

/** One line that is harmless in any comment of TypeScript, and says no tag of JSDoc. */
export function commentText(text: string, max = 200): string {
  const line = docText(text).replace(/\s+/g, " ").trim();
  return line.length > max ? `${line.slice(0, max).replace(/\p{Cs}$/u, "")}…` : line;
}

/**
 * A doc comment without its indent, ending in a line feed; nothing to say → "". `text` is foreign: it cannot end the comment, say a tag, or
 * hide anything. `tags` are ours, one line each.
 */
export function jsDoc(text: string | undefined, tags: readonly string[] = []): string {
  const body = docText(text ?? "").trim();
  const lines = body === "" ? [] : body.split("\n").map((line) => line.trimEnd());
  if (tags.length > 0) lines.push(...(lines.length > 0 ? [""] : []), ...tags);
  if (lines.length === 0) return "";
  if (lines.length === 1) return `/** ${lines[0] ?? ""} */\n`;
  return `/**\n${lines.map((line) => (line === "" ? " *" : ` * ${line}`)).join("\n")}\n */\n`;
}

/** Code within a doc comment: a name in backticks. */
export function docCode(text: string): string {
  return `\`${commentText(text).replaceAll("`", "'")}\``;
}

function docText(text: string): string {
  return plainText(text)
    .replaceAll("*/", "*\\/")
    .replace(/(?<![\w.])@/g, "\\@");
}

/** Foreign prose that hides nothing, shortened, its lines ended by line feeds. What ends a comment of the target language, its printer knows. */
export function plainText(text: string, max = MAX_DOC): string {
  const short = text.length > max ? `${text.slice(0, max)}… (shortened)` : text;
  return short.replace(LINE_END, "\n").replace(CONTROL, " ").replace(LONE_SURROGATE, "\u{FFFD}").replace(INVISIBLE, "");
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
