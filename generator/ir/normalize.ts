import { printable } from "../../runtime/core/log.js";
import { BOUNDS, excessOf, foreignRefs, type Excess } from "./bounds.js";
import { findings, kindOf, quoted, type Findings } from "./finding.js";
import { deepFreeze } from "./freeze.js";
import { checkArguments, checkMembers, isObject, ITEM_KINDS, SERVER, type ListName, type Members } from "./member.js";
import { SPEC_VERSION } from "./spec.js";
import type { Diagnostic, JsonObject, PromptSpec, ResourceSpec, ServerInfo, ServerSpec, ToolSpec } from "./spec.js";
import type { ResourceTemplateSpec } from "./spec.js";

/** What a server answered, or a file holds: parsed JSON, unchecked. Absent lists are empty. */
export interface RawServer {
  readonly protocolVersion: string;
  readonly supportedVersions?: readonly string[];
  readonly server: unknown;
  readonly instructions?: unknown;
  readonly capabilities: unknown;
  readonly clientCapabilities: unknown;
  readonly tools?: readonly unknown[];
  readonly resources?: readonly unknown[];
  readonly resourceTemplates?: readonly unknown[];
  readonly prompts?: readonly unknown[];
  /** Found while reading. */
  readonly diagnostics?: readonly Diagnostic[];
}

/**
 * The only maker of a ServerSpec. Checks the type of every member that the MCP schema names, puts bounds on everything,
 * keeps all else as it came, in its order, and deep-freezes its own copy. Never throws on account of content: what cannot
 * be used is left out or replaced, with a diagnostic. A spec normalised again is equal to itself.
 */
export function normalize(raw: RawServer): ServerSpec {
  const found = findings(raw.diagnostics);
  const budget = { leftBytes: BOUNDS.maxTotalBytes };
  const list = (name: ListName): readonly JsonObject[] => normalizeList(name, raw[name] ?? [], found, budget);
  const server = normalizeServer(raw.server, found);
  const instructions = normalizeInstructions(raw.instructions, found);
  const spec: ServerSpec = {
    specVersion: SPEC_VERSION,
    protocolVersion: version(raw.protocolVersion),
    ...(raw.supportedVersions === undefined
      ? {}
      : { supportedVersions: raw.supportedVersions.slice(0, 100).map(version) }),
    server,
    ...(instructions === undefined ? {} : { instructions }),
    capabilities: normalizeObject(raw.capabilities, "/capabilities", found),
    clientCapabilities: normalizeObject(raw.clientCapabilities, "/clientCapabilities", found),
    tools: list("tools") as readonly ToolSpec[],
    resources: list("resources") as readonly ResourceSpec[],
    resourceTemplates: list("resourceTemplates") as readonly ResourceTemplateSpec[],
    prompts: list("prompts") as readonly PromptSpec[],
    diagnostics: found.all(),
  };
  return deepFreeze(spec);
}

const SCHEMAS = ["inputSchema", "outputSchema"] as const;
const ANY_OBJECT = { type: "object" } as const;

function normalizeList(
  name: ListName,
  given: readonly unknown[],
  found: Findings,
  budget: { leftBytes: number },
): readonly JsonObject[] {
  const { noun, key, members } = ITEM_KINDS[name];
  const keys = new Set<string>();
  const kept: JsonObject[] = [];
  let surplus = 0;
  for (const [index, item] of given.entries()) {
    const id = isObject(item) ? item[key] : undefined;
    if (!isObject(item) || typeof id !== "string") {
      const what = isObject(item)
        ? `its "${key}" is ${kindOf(id)}, not a string`
        : `it is ${kindOf(item)}, not an object`;
      found.add("error", "item-invalid", `/${name}`, `${noun} number ${index + 1} is left out: ${what}`);
      continue;
    }
    if (keys.has(id)) {
      const message = `${noun} number ${index + 1} is left out: ${quoted(id)} is the "${key}" of one before it`;
      found.add("warning", "duplicate-name", `/${name}`, message);
      continue;
    }
    const pointer = `/${name}/${kept.length}`;
    let checked = checkMembers(item, members, pointer, found);
    if (name === "tools") checked = checkSchemas(checked, id, pointer, found);
    else checked = checkOthers(name, checked, id, pointer, found);
    const text = serialise(checked, id, pointer, found);
    if (typeof text !== "string") {
      found.add("error", `item-${text.kind}`, `/${name}`, `${noun} ${quoted(id)} is left out: it is ${text.text}`);
      continue;
    }
    keys.add(id);
    const bytes = Buffer.byteLength(text);
    if (bytes > budget.leftBytes) {
      surplus++;
      continue;
    }
    budget.leftBytes -= bytes;
    // Written and read again: our own copy, plain JSON, with nothing shared and nothing that is no JSON.
    const copy = JSON.parse(text) as JsonObject;
    kept.push(copy);
    if (name === "tools") reportForeignRefs(copy, id, pointer, found);
  }
  if (surplus > 0) {
    const limit = `${BOUNDS.maxTotalBytes} bytes for everything a server lists`;
    found.add(
      "error",
      "spec-too-large",
      `/${name}`,
      `${surplus} of ${given.length} ${noun}s are left out: over ${limit}`,
    );
  }
  return kept;
}

/** Makes both schemas of a tool objects within the bounds. */
function checkSchemas(tool: Members, name: string, pointer: string, found: Findings): Members {
  const { inputSchema, outputSchema } = tool;
  let checked = tool;
  if (!isObject(inputSchema)) {
    const message = `the inputSchema of tool ${quoted(name)} is ${kindOf(inputSchema)}: taken as any object`;
    found.add("warning", "schema-missing", `${pointer}/inputSchema`, message);
    checked = { ...checked, inputSchema: ANY_OBJECT };
  }
  if (Object.hasOwn(tool, "outputSchema") && !isObject(outputSchema)) {
    if (outputSchema !== null)
      found.add(
        "warning",
        "schema-missing",
        pointer,
        `the outputSchema of tool ${quoted(name)} is ${kindOf(outputSchema)}: left out`,
      );
    checked = without(checked, ["outputSchema"]);
  }
  for (const member of SCHEMAS) {
    const excess = excessOf(checked[member], "schema");
    if (!excess) continue;
    checked = { ...checked, [member]: ANY_OBJECT };
    reportExcess(member, name, pointer, excess, found);
  }
  return checked;
}

function checkOthers(name: ListName, item: Members, id: string, pointer: string, found: Findings): Members {
  if (name !== "prompts") {
    if (typeof item["name"] === "string") return item;
    found.add("warning", "member-invalid", `${pointer}/name`, `${quoted(id)} has no name: its address is taken as one`);
    return { ...item, name: id };
  }
  const given = item["arguments"];
  return Array.isArray(given) ? { ...item, arguments: checkArguments(given, `${pointer}/arguments`, found) } : item;
}

/** The item as JSON within the bounds; schemas give way before the item does. */
function serialise(item: Members, id: string, pointer: string, found: Findings): string | Excess {
  const excess = excessOf(without(item, SCHEMAS), "data");
  if (excess) return excess;
  const text = stringify(item);
  if (typeof text !== "string" || Buffer.byteLength(text) <= BOUNDS.maxItemBytes) return text;
  const tooLarge: Excess = { kind: "too-large", text: `larger than ${BOUNDS.maxItemBytes} bytes` };
  const present = SCHEMAS.filter((member) => Object.hasOwn(item, member));
  const smaller = stringify({ ...item, ...Object.fromEntries(present.map((member) => [member, ANY_OBJECT])) });
  if (typeof smaller !== "string" || Buffer.byteLength(smaller) > BOUNDS.maxItemBytes) return tooLarge;
  for (const member of present) reportExcess(member, id, pointer, tooLarge, found);
  return smaller;
}

/** For values whose depth is bounded. Only what never was JSON (a bigint given by a program) cannot be written. */
function stringify(item: Members): string | Excess {
  try {
    return JSON.stringify(item);
  } catch (error) {
    return { kind: "not-json", text: `no JSON (${error instanceof Error ? error.message : String(error)})` };
  }
}

function reportExcess(member: string, name: string, pointer: string, excess: Excess, found: Findings): void {
  const message = `the ${member} of tool ${quoted(name)} is ${excess.text}: taken as any object`;
  found.add("error", `schema-${excess.kind}`, `${pointer}/${member}`, message);
}

function reportForeignRefs(tool: JsonObject, name: string, pointer: string, found: Findings): void {
  for (const member of SCHEMAS)
    for (const { pointer: at, ref } of foreignRefs(tool[member])) {
      const message = `the ${member} of tool ${quoted(name)} refers to ${quoted(ref)}, outside of itself: never followed`;
      found.add("error", "foreign-ref", `${pointer}/${member}${at}`, message);
    }
}

function normalizeServer(given: unknown, found: Findings): ServerInfo {
  const checked = checkMembers(normalizeObject(given, "/server", found), SERVER, "/server", found);
  const { name, version } = checked;
  if (typeof name !== "string" || typeof version !== "string")
    found.add("info", "server-unnamed", "/server", "the server does not say its name and version");
  return {
    ...(checked as JsonObject),
    name: typeof name === "string" ? name : "mcp-server",
    version: typeof version === "string" ? version : "0.0.0",
  };
}

function normalizeInstructions(given: unknown, found: Findings): string | undefined {
  if (given === undefined || given === null) return undefined;
  const tooLarge = typeof given === "string" && Buffer.byteLength(given) > BOUNDS.maxItemBytes;
  if (typeof given === "string" && !tooLarge) return given;
  const why = tooLarge ? `larger than ${BOUNDS.maxItemBytes} bytes` : `${kindOf(given)}, not a string`;
  found.add("warning", "member-invalid", "/instructions", `the instructions are ${why}: left out`);
  return undefined;
}

/** Revisions are dates; a file may say anything. */
const version = (text: string): string => printable(text, 40);

/** An own copy of an object within the bounds; an empty one in place of anything else. */
function normalizeObject(given: unknown, pointer: string, found: Findings): JsonObject {
  if (given === undefined || given === null) return {};
  const excess = isObject(given) ? excessOf(given, "data") : { text: `${kindOf(given)}, not an object` };
  const text = excess || !isObject(given) ? excess : stringify(given);
  const tooLarge = typeof text === "string" && Buffer.byteLength(text) > BOUNDS.maxItemBytes;
  if (typeof text === "string" && !tooLarge) return JSON.parse(text) as JsonObject;
  const why = typeof text === "object" ? text.text : `larger than ${BOUNDS.maxItemBytes} bytes`;
  found.add("warning", "member-invalid", pointer, `${pointer.slice(1)} is ${why}: left out`);
  return {};
}

const without = (item: Members, members: readonly string[]): Members =>
  Object.fromEntries(Object.entries(item).filter(([member]) => !members.includes(member)));
