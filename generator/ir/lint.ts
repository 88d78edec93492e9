import { findings, quoted, type Findings } from "./finding.js";
import { isObject, type Members } from "./member.js";
import { schemaFindings } from "./schema-finding.js";
import type { Diagnostic, JsonObject, ServerSpec, ToolSpec } from "./spec.js";
import { places, pointerOf, type Place } from "./walk.js";

const LONG_TEXT_BYTES = 16 * 1024;

/** Source: MCP 2025-11-25, server/tools, "Tool Names". */
const TOOL_NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/**
 * Characters that people do not see and models read: controls, zero-width and filling ones (not the joiners and the emoji selector that
 * scripts need), direction marks, overrides and isolates, variation selectors, Unicode tags.
 */
export const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/u;

/** Texts that talk to the model instead of describing. Few and plain: a finding is a reason to look, not a verdict. */
export const COMMANDS: readonly RegExp[] = [
  /<\s*(?:important|system|secret|instructions?)\s*>/i,
  /\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:the\s+|your\s+)?(?:previous|prior|above|earlier|other)\s+(?:instructions?|prompts?|rules|messages)\b/i,
  /\b(?:do\s+not|don't|never)\s+(?:tell|mention\s+(?:(?:this|it)\s+)?to|inform|notify|reveal\s+(?:this\s+)?to)\s+the\s+user\b/i,
  /\b(?:do\s+not|don't|never)\s+(?:mention|reveal|disclose)\s+(?:it|this|that)\b/i,
  /\bwithout\s+(?:telling|informing|notifying|asking)\s+(?:the\s+)?user\b/i,
  /<!--/,
];

/** What is worth telling the people who run a server, or who are about to trust it. Never stops anything. */
export function lint(spec: ServerSpec): readonly Diagnostic[] {
  const found = findings();
  lintText(spec.instructions, "/instructions", "the instructions", found);
  for (const [index, tool] of spec.tools.entries()) lintTool(tool, index, spec, found);
  const others = { resources: "resource", resourceTemplates: "resource template", prompts: "prompt" } as const;
  for (const list of ["resources", "resourceTemplates", "prompts"] as const)
    for (const [index, item] of spec[list].entries())
      lintItem(item, `/${list}/${index}`, `${others[list]} ${quoted(item.name)}`, found);
  return [...found.all(), ...schemaFindings(spec)];
}

function lintTool(tool: ToolSpec, index: number, spec: ServerSpec, found: Findings): void {
  const pointer = `/tools/${index}`;
  const noun = `tool ${quoted(tool.name)}`;
  lintItem(tool, pointer, noun, found);
  if (!TOOL_NAME.test(tool.name))
    found.add("warning", "tool-name", `${pointer}/name`, `${noun}: names are 1 to 128 of A-Z a-z 0-9 _ . -`);

  const { inputSchema, outputSchema, annotations } = tool;
  const type = inputSchema["type"];
  if (type === undefined)
    found.add(
      "warning",
      "schema-without-type",
      `${pointer}/inputSchema`,
      `the inputSchema of ${noun} has no type: any object is accepted`,
    );
  else if (type !== "object")
    found.add(
      "error",
      "input-not-object",
      `${pointer}/inputSchema/type`,
      `the inputSchema of ${noun} is not of type object: no call can satisfy it`,
    );
  lintSchema(inputSchema, `${pointer}/inputSchema`, `the inputSchema of ${noun}`, found);
  if (isObject(outputSchema)) {
    // From 2026-07-28 on any JSON may be structured content.
    if (outputSchema["type"] !== "object" && spec.protocolVersion < "2026-07-28")
      found.add(
        "warning",
        "output-not-object",
        `${pointer}/outputSchema`,
        `the outputSchema of ${noun} is not of type object`,
      );
    lintSchema(outputSchema, `${pointer}/outputSchema`, `the outputSchema of ${noun}`, found);
  }
  if (isObject(annotations) && annotations["readOnlyHint"] === true && annotations["destructiveHint"] === true) {
    const message = `${noun} says that it only reads and that it destroys`;
    found.add("warning", "annotations-contradict", `${pointer}/annotations`, message);
  }
}

function lintItem(item: JsonObject, pointer: string, noun: string, found: Findings): void {
  const { name, title, description } = item;
  if (typeof description !== "string" || description.trim() === "")
    found.add("info", "description-missing", pointer, `${noun} has no description: models choose by it`);
  lintText(name, `${pointer}/name`, `the name of ${noun}`, found);
  lintText(title, `${pointer}/title`, `the title of ${noun}`, found);
  lintText(description, `${pointer}/description`, `the description of ${noun}`, found);
  if (!Array.isArray(item["arguments"])) return;
  for (const [index, argument] of item["arguments"].entries())
    if (isObject(argument)) {
      const at = `${pointer}/arguments/${index}`;
      lintText(argument["name"], `${at}/name`, `an argument of ${noun}`, found);
      lintText(argument["description"], `${at}/description`, `an argument of ${noun}`, found);
    }
}

function lintSchema(schema: JsonObject, pointer: string, noun: string, found: Findings): void {
  for (const place of places(schema)) {
    if (place.role === "map")
      for (const name of Object.keys(place.value))
        if (HIDDEN.test(name)) reportHidden(pointer + pointerOf(place), `a property of ${noun}`, found);
    if (place.role !== "schema") continue;
    const members = place.value as Members;
    for (const member of ["title", "description"])
      if (typeof members[member] === "string")
        lintText(members[member], () => `${pointer}${pointerOf(place)}/${member}`, `a ${member} in ${noun}`, found);
    lintRequired(place, members, pointer, noun, found);
  }
}

function lintRequired(place: Place, members: Members, pointer: string, noun: string, found: Findings): void {
  const { required, properties } = members;
  // Without properties beside it, `required` speaks of those of another branch.
  if (!Array.isArray(required) || !isObject(properties)) return;
  for (const name of required.slice(0, 100))
    if (typeof name === "string" && !Object.hasOwn(properties, name)) {
      const message = `${noun} requires ${quoted(name)}, which is none of its properties`;
      found.add("warning", "required-unknown", `${pointer}${pointerOf(place)}/required`, message);
    }
}

/** `where` may be a function, for pointers that cost more than the look at the text. */
function lintText(text: unknown, where: string | (() => string), noun: string, found: Findings): void {
  if (typeof text !== "string") return;
  const hidden = HIDDEN.test(text);
  const long = Buffer.byteLength(text) > LONG_TEXT_BYTES;
  const commands = COMMANDS.some((pattern) => pattern.test(text));
  if (!hidden && !long && !commands) return;
  const pointer = typeof where === "string" ? where : where();
  if (hidden) reportHidden(pointer, noun, found);
  if (long)
    found.add(
      "info",
      "text-long",
      pointer,
      `${noun} is longer than ${LONG_TEXT_BYTES} bytes, and is sent to models each time`,
    );
  if (commands)
    found.add("warning", "text-commands", pointer, `orders to the model instead of a description: in ${noun}`);
}

function reportHidden(pointer: string, noun: string, found: Findings): void {
  found.add("warning", "hidden-characters", pointer, `characters that people do not see and models read: in ${noun}`);
}
