import { GeneratorError } from "../errors.js";
import { kindOf, quoted } from "./finding.js";
import { isObject, ITEM_KINDS, type ListName, type Members } from "./member.js";
import { normalize } from "./normalize.js";
import { SPEC_VERSION, type Diagnostic, type ServerSpec } from "./spec.js";
import { pointerStep } from "./walk.js";
import { printable } from "../../runtime/core/log.js";

/** Taken where a file does not say: the newest revision with `initialize`, which is what servers speak that do not say either. */
const ASSUMED_VERSION = "2025-11-25";

const LISTS = Object.keys(ITEM_KINDS) as readonly ListName[];
const EXPECTED = ["tools", "resources", "resourceTemplates", "prompts", "serverInfo", "server", "capabilities"];
const CAPABILITY = {
  tools: "tools",
  resources: "resources",
  resourceTemplates: "resources",
  prompts: "prompts",
} as const;
const METHOD = {
  tools: "tools/list",
  resources: "resources/list",
  resourceTemplates: "resources/templates/list",
  prompts: "prompts/list",
} as const;

/**
 * A spec from a file: a saved ServerSpec, or any object with tools, resources, resourceTemplates, prompts, serverInfo,
 * server or capabilities as MCP returns them, bare or still wrapped in a result or a JSON-RPC response.
 * `name` is how messages call the file. Throws GeneratorError `spec` with what was found and what is expected.
 */
export function readSpec(json: unknown, name: string): ServerSpec {
  const root = unwrapResponse(json, name);
  const { specVersion } = root;
  if (specVersion !== undefined && specVersion !== SPEC_VERSION) throw foreignVersion(specVersion, name);
  if (!EXPECTED.some((member) => root[member] !== undefined && root[member] !== null))
    throw new GeneratorError("spec", `${name} holds no MCP server's answers`, {
      why: `found ${membersOf(root)}; expected one of ${EXPECTED.join(", ")}`,
      hint: isObject(root["mcpServers"])
        ? "this is a client's list of servers: give it with --config"
        : "save one with `mcpgen inspect --format json --output FILE`",
    });

  const lists: Partial<Record<ListName, readonly unknown[]>> = {};
  for (const list of LISTS) {
    const items = listOf(root[list], list, name);
    if (items !== undefined) lists[list] = items;
  }
  const capabilities = root["capabilities"] ?? capabilitiesOf(lists);
  const { protocolVersion, supportedVersions } = root;
  return normalize({
    protocolVersion: typeof protocolVersion === "string" ? protocolVersion : ASSUMED_VERSION,
    ...(Array.isArray(supportedVersions)
      ? { supportedVersions: supportedVersions.filter((one) => typeof one === "string") }
      : {}),
    server: root["serverInfo"] ?? root["server"],
    instructions: root["instructions"],
    capabilities,
    clientCapabilities: root["clientCapabilities"],
    ...lists,
    diagnostics: [...diagnosticsOf(root["diagnostics"]), ...failuresOf(root["errors"], capabilities)],
  });
}

/** The object that holds the answers, out of `{jsonrpc, id, result}` where it comes so. */
function unwrapResponse(json: unknown, name: string): Members {
  if (!isObject(json))
    throw new GeneratorError("spec", `${name} is ${kindOf(json)}, not an object`, {
      why: `expected an object with one of ${EXPECTED.join(", ")}`,
      hint: Array.isArray(json) ? `wrap a bare list of tools as {"tools": […]}` : "check that it is the file you meant",
    });
  if (isObject(json["result"]) && !EXPECTED.some((member) => Object.hasOwn(json, member))) return json["result"];
  const { error } = json;
  if (isObject(error) && json["jsonrpc"] !== undefined) {
    const text = typeof error["message"] === "string" ? printable(error["message"]) : "no message";
    throw new GeneratorError("spec", `${name} is a JSON-RPC error response: ${text}`, {
      why: "a response that failed says nothing of what the server offers",
      hint: "save a successful answer to tools/list",
    });
  }
  return json;
}

/** A list as it is, or in the result or response it came in. `null` and absent are "not asked". */
function listOf(given: unknown, list: ListName, name: string): readonly unknown[] | undefined {
  if (given === undefined || given === null) return undefined;
  const inner = isObject(given) && isObject(given["result"]) ? given["result"] : given;
  const items = isObject(inner) ? inner[list] : inner;
  if (Array.isArray(items)) return items as readonly unknown[];
  throw new GeneratorError("spec", `${name}: "${list}" is ${kindOf(given)}`, {
    pointer: pointerStep(list),
    why: `expected an array, or the result of ${METHOD[list]} with an array "${list}" in it`,
    hint: "leave the member out if the server has none",
  });
}

function capabilitiesOf(lists: Partial<Record<ListName, unknown>>): Members {
  const present = LISTS.filter((list) => lists[list] !== undefined);
  return Object.fromEntries(present.map((list) => [CAPABILITY[list], {}]));
}

/** Captures record lists that failed as `errors: {"tools/list": {code, message}}`. Undeclared ones had no reason to work. */
function failuresOf(errors: unknown, capabilities: unknown): readonly Diagnostic[] {
  if (!isObject(errors) || !isObject(capabilities)) return [];
  return LISTS.flatMap((list) => {
    const error = errors[METHOD[list]];
    if (error === undefined || capabilities[CAPABILITY[list]] === undefined) return [];
    const text = isObject(error) && typeof error["message"] === "string" ? error["message"] : kindOf(error);
    const message = `${METHOD[list]}: page 1 failed: ${printable(text)}`;
    return [{ severity: "warning" as const, code: "list-failed", pointer: `/${list}`, message }];
  });
}

function diagnosticsOf(given: unknown): readonly Diagnostic[] {
  if (!Array.isArray(given)) return [];
  return given.flatMap((one: unknown) => {
    if (!isObject(one)) return [];
    const { severity, code, pointer, message } = one;
    if (severity !== "error" && severity !== "warning" && severity !== "info") return [];
    if (typeof code !== "string" || typeof pointer !== "string" || typeof message !== "string") return [];
    return [{ severity, code: printable(code, 80), pointer, message: printable(message, 1_000) }];
  });
}

function foreignVersion(version: unknown, name: string): GeneratorError {
  const newer = typeof version === "number" && version > SPEC_VERSION;
  const found = typeof version === "number" ? String(version) : kindOf(version);
  return new GeneratorError("spec", `${name} is of spec version ${found}; known here: ${SPEC_VERSION}`, {
    pointer: "/specVersion",
    why: newer ? "it was saved by a newer mcpgen" : "there never was such a version",
    hint: newer ? "update mcpgen, or save the spec again with this one" : "save the spec again with `mcpgen inspect`",
  });
}

function membersOf(root: Members): string {
  const members = Object.keys(root);
  if (members.length === 0) return "an empty object";
  return `only ${members.slice(0, 5).map(quoted).join(", ")}${members.length > 5 ? ` and ${members.length - 5} more` : ""}`;
}
