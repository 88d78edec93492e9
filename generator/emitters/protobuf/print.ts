import type { ReservedField } from "../../ir/lock.js";
import { comment, literal, notesOf } from "./comment.js";
import type { Enumeration } from "./enum.js";
import type { Message } from "./message.js";
import { defaultJsonName } from "./name.js";
import { isSayable, labelledText, type Field } from "./number.js";

/** A message or enum, ending in a line feed. */
export function printMessage({ plan, fields, reserved, description }: Message): string {
  const isUnion = plan.kind === "union";
  const indent = isUnion ? "    " : "  ";
  const lines = separated(fields.map((field) => printField(field, indent)));
  const body = isUnion ? `  oneof kind {\n${lines}  }\n` : lines;
  const kept = printReserved(reserved);
  const inner = [kept, body].filter((part) => part !== "").join("\n");
  return `${comment(description, [], "")}message ${plan.name} {${inner === "" ? "" : `\n${inner}`}}\n`;
}

export function printEnum({ plan, reserved, description }: Enumeration): string {
  const values = plan.values.map(({ value, name, number }) => `  // JSON: ${literal(value)}\n  ${name} = ${number};\n`);
  const kept = printReserved(reserved);
  const body = `${kept === "" ? "" : `${kept}\n`}  ${plan.zero} = 0;\n${values.join("")}`;
  return `${comment(description, [], "")}enum ${plan.name} {\n${body}}\n`;
}

/** Text of a .proto string literal on one line; `text` has no control characters. */
export const protoString = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

function printField({ plan, draft }: Field, indent: string): string {
  const { name, jsonName, number, label, type, isOptional, member, use } = plan;
  const isDeprecated = use !== undefined && "isDeprecated" in use && use.isDeprecated === true;
  const options = [
    ...(jsonName === defaultJsonName(name) ? [] : [`json_name = ${protoString(jsonName)}`]),
    ...(isDeprecated ? ["deprecated = true"] : []),
  ];
  const notes = [
    ...(use ? notesOf(use) : []),
    ...(draft.notes ?? []),
    ...(member !== "" && !isSayable(member) ? [`JSON: ${literal(member)}`] : []),
  ];
  const suffix = options.length === 0 ? "" : ` [${options.join(", ")}]`;
  const start = isOptional ? "optional " : "";
  const line = `${indent}${start}${labelledText(label, type)} ${name} = ${number}${suffix};\n`;
  return comment(use?.description, notes, indent) + line;
}

/** A blank line before each part that has a comment of its own. */
export function separated(parts: readonly string[]): string {
  return parts.map((part, i) => (i > 0 && part.trimStart().startsWith("//") ? `\n${part}` : part)).join("");
}

function printReserved(reserved: readonly ReservedField[]): string {
  if (reserved.length === 0) return "";
  const names = [...new Set(reserved.map(({ name }) => protoString(name)))];
  return `  reserved ${reserved.map(({ number }) => number).join(", ")};\n  reserved ${names.join(", ")};\n`;
}
