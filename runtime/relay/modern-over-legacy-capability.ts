import { createHash } from "node:crypto";
import { RuntimeError } from "../core/errors.js";
import type { Message } from "../core/message.js";
import { isObject, META, type Members } from "../era/envelope.js";
import { membersOf, paramsOf } from "./look.js";

/** What the client of a modern request can do, as a legacy server is to be told. */
export interface Declared {
  /** One for equal sets of capabilities, however they are spelt. */
  readonly key: string;
  readonly capabilities: Members;
  readonly clientInfo: Members;
}

/** JSON with the members of objects in order of code units: equal values, equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${members.join(",")}}`;
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

const TASKS = "io.modelcontextprotocol/tasks";
const MAX_CAPABILITIES_CHARACTERS = 16 * 1024;
const NEUTRAL = { name: "mcpgen", version: "1" };

/**
 * From the `_meta` of a request. Tasks mean something else in each era, and changes of roots are told by modern clients no more: neither
 * is declared. Throws RuntimeError `bad_message` for a set that is too large to be told apart from others.
 */
export function declaredBy(meta: Members): Declared {
  const declared = membersOf(meta[META.clientCapabilities]);
  const { roots, extensions } = declared;
  const capabilities: Members = {
    ...declared,
    tasks: undefined,
    ...(isObject(roots) ? { roots: { ...roots, listChanged: undefined } } : {}),
    ...(isObject(extensions) ? { extensions: { ...extensions, [TASKS]: undefined } } : {}),
  };
  const text = canonicalJson(capabilities);
  if (text.length > MAX_CAPABILITIES_CHARACTERS)
    throw new RuntimeError(
      "bad_message",
      `capabilities of ${text.length} characters; the limit is ${MAX_CAPABILITIES_CHARACTERS}`,
    );
  const info = membersOf(meta[META.clientInfo]);
  const named = typeof info["name"] === "string" && typeof info["version"] === "string";
  return { key: digestOf(text), capabilities, clientInfo: named ? info : NEUTRAL };
}

/** Whether a server may ask such a client anything. */
export const mayBeAsked = (capabilities: Members): boolean =>
  ["sampling", "elicitation", "roots"].some((name) => isObject(capabilities[name]));

/**
 * Whether a client with these capabilities may be asked this.
 * Source: MCP 2025-11-25, client/elicitation, client/sampling, client/roots, "Capabilities"; `elicitation: {}` means forms alone.
 */
export function mayAsk(capabilities: Members, ask: Message): boolean {
  const { sampling, elicitation, roots } = capabilities;
  const params = paramsOf(ask);
  switch (ask.method) {
    case "elicitation/create":
      if (!isObject(elicitation)) return false;
      return params["mode"] === "url" ? takesUrls(capabilities) : "form" in elicitation || !("url" in elicitation);
    case "sampling/createMessage":
      if (!isObject(sampling)) return false;
      return params["tools"] === undefined || isObject(sampling["tools"]);
    case "roots/list":
      return isObject(roots);
    default:
      return false;
  }
}

export const takesUrls = ({ elicitation }: Members): boolean => isObject(elicitation) && isObject(elicitation["url"]);
