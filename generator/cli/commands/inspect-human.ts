import { printable } from "../../../runtime/core/log.js";
import { toolSignature } from "../../ir/signature.js";
import type { Diagnostic, Json, JsonObject, ServerSpec } from "../../ir/spec.js";
import { columns, shorten, type Paint } from "../paint.js";

export interface Page {
  readonly paint: Paint;
  /** Columns. Descriptions are shortened to it; names and signatures never are. */
  readonly width: number;
}

/** Lines of an instruction text that are shown. */
const INSTRUCTION_LINES = 4;

/** A server on one page for people. All foreign text is made printable. */
export function describeServer(spec: ServerSpec, findings: readonly Diagnostic[], page: Page): string {
  const blocks = [
    head(spec, page),
    section(
      "Tools",
      spec.tools.map((tool) => toolLines(tool, toolSignature(tool), page)),
      page,
    ),
    section(
      "Resources",
      rows(
        spec.resources.map((one) => [text(one.uri), text(one.name), text(one.mimeType), firstLine(one.description)]),
        page,
      ),
      page,
    ),
    section(
      "Resource templates",
      rows(
        spec.resourceTemplates.map((one) => [
          text(one.uriTemplate),
          text(one.name),
          text(one.mimeType),
          firstLine(one.description),
        ]),
        page,
      ),
      page,
    ),
    section(
      "Prompts",
      spec.prompts.map((prompt) => itemLines(promptSignature(prompt), prompt.description, [], page)),
      page,
    ),
    section(
      "Diagnostics",
      spec.diagnostics.map((one) => diagnosticLines(one, page)),
      page,
    ),
    section(
      "Findings",
      findings.map((one) => diagnosticLines(one, page)),
      page,
    ),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function head(
  { server, protocolVersion, supportedVersions, capabilities, instructions }: ServerSpec,
  { paint, width }: Page,
): string {
  const title =
    typeof server.title === "string" && server.title !== server.name ? ` ${paint.dim(`(${text(server.title)})`)}` : "";
  const versions = [...new Set([protocolVersion, ...(supportedVersions ?? [])])].map((one) => text(one)).join(", ");
  const lines = [
    `${paint.bold(text(server.name))} ${text(server.version)}${title}`,
    `  ${paint.dim("protocol")}      ${versions}`,
    `  ${paint.dim("capabilities")}  ${Object.entries(capabilities).map(capability).join(", ") || "none"}`,
  ];
  if (instructions !== undefined && instructions.trim() !== "") {
    const all = instructions.split(/\r?\n/).filter((line) => line.trim() !== "");
    const shown = all.slice(0, INSTRUCTION_LINES).map((line) => shorten(printable(line, 1000), width - 16));
    if (all.length > shown.length) shown.push(paint.dim(`… ${all.length - shown.length} more lines`));
    lines.push(`  ${paint.dim("instructions")}  ${shown.join(`\n${" ".repeat(16)}`)}`);
  }
  return lines.join("\n");
}

/** `resources (subscribe, listChanged)`. */
function capability([name, value]: readonly [string, Json]): string {
  const details = isObject(value) ? Object.keys(value).filter((key) => value[key] !== false) : [];
  return printable(name) + (details.length > 0 ? ` (${details.map((one) => printable(one)).join(", ")})` : "");
}

function section(title: string, items: readonly string[], { paint }: Page): string {
  return items.length === 0 ? "" : [`${paint.bold(title)} ${paint.dim(`(${items.length})`)}`, ...items].join("\n");
}

const HINTS = [
  ["readOnlyHint", "read-only"],
  ["destructiveHint", "destructive"],
  ["idempotentHint", "idempotent"],
  ["openWorldHint", "open-world"],
] as const;

function toolLines(tool: JsonObject, signature: string, page: Page): string {
  const { annotations } = tool;
  const badges = HINTS.flatMap(([hint, badge]) => (isObject(annotations) && annotations[hint] === true ? [badge] : []));
  return itemLines(printable(signature, 2000), tool.description, badges, page);
}

function itemLines(
  signature: string,
  description: Json | undefined,
  badges: readonly string[],
  { paint, width }: Page,
): string {
  const [, name = "", rest = ""] = /^([^(]*)(.*)$/s.exec(signature) ?? [];
  const tags = badges.map((badge) => ` ${(badge === "destructive" ? paint.red : paint.dim)(`[${badge}]`)}`).join("");
  const says = firstLine(description);
  const line = `  ${paint.cyan(name)}${rest}${tags}`;
  return says === "" ? line : `${line}\n      ${paint.dim(shorten(says, width - 6))}`;
}

function promptSignature({ name, arguments: args }: JsonObject): string {
  const given = Array.isArray(args) ? (args as readonly Json[]).filter(isObject) : [];
  return `${text(name)}(${given.map((one) => text(one.name) + (one.required === true ? "" : "?")).join(", ")})`;
}

/** Aligned columns, the last one shortened. An empty column takes no room. */
function rows(table: readonly (readonly string[])[], { paint, width }: Page): string[] {
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => columns(row[i] ?? ""))));
  return table.map((row) => {
    let line = "  ";
    row.forEach((cell, i) => {
      const room = widths[i] ?? 0;
      if (room === 0) return;
      const last = i === row.length - 1;
      const shown = last ? shorten(cell, Math.max(20, width - columns(line))) : cell;
      line +=
        (i === 0 ? paint.cyan : last ? paint.dim : String)(shown) + (last ? "" : " ".repeat(room - columns(cell) + 2));
    });
    return line.trimEnd();
  });
}

function diagnosticLines({ severity, code, pointer, message }: Diagnostic, { paint }: Page): string {
  const mark = severity === "error" ? paint.red : severity === "warning" ? paint.yellow : paint.dim;
  const where = pointer === "" ? "" : ` ${paint.dim(printable(pointer, 300))}`;
  return `  ${mark(severity)} ${code}${where}\n      ${printable(message, 1000)}`;
}

function firstLine(value: Json | undefined): string {
  const line = typeof value === "string" ? value.split(/\r?\n/).find((one) => one.trim() !== "") : undefined;
  return printable(line?.trim() ?? "", 1000);
}

const text = (value: Json | undefined): string => (typeof value === "string" ? printable(value, 300) : "");

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
