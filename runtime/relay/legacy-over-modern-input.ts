import { randomUUID } from "node:crypto";
import { isObject } from "../era/envelope.js";
import { messagesEdits } from "../era/downgrade.js";
import { OPEN_ARRAY, joined } from "../wire/bytes.js";
import { editJson, type JsonEdits } from "../wire/json-edit.js";
import { sliceOf, stringIn } from "../wire/json-slice.js";
import { splitBatch } from "../wire/json.js";
import type { Identity } from "./legacy-over-modern-identity.js";

/** A request that a legacy client can be sent. */
export interface ClientRequest {
  readonly method: string;
  /** JSON text. */
  readonly params: string | undefined;
}

/** `broken` is the server's fault, `refused` is for the client's want of a capability: both are told to people. */
export type Embedded = ClientRequest | { readonly broken: string } | { readonly refused: string };

/** A request inside `input_required`, made fit for a client of that identity. Throws RuntimeError `bad_message`. */
export function embedded(request: Buffer, { capabilities, revision }: Identity): Embedded {
  const method = stringIn(sliceOf([request], ["method"]));
  const params = sliceOf([request], ["params"]);
  const missing = (what: string): Embedded => ({
    refused: `the server asks for ${what}, which this client cannot give`,
  });
  switch (method) {
    case "roots/list":
      return isObject(capabilities["roots"]) ? { method, params: params?.toString("utf8") } : missing("roots");
    case "elicitation/create": {
      if (!params) return { broken: `${method} without params` };
      const mode = stringIn(sliceOf([params], ["mode"])) ?? "form";
      if (!elicits(capabilities["elicitation"], mode))
        return missing(`elicitation in ${mode === "url" ? "URL" : "form"} mode`);
      // Required of URLs until 2025-11-25, gone since.
      const edits: JsonEdits = mode === "url" ? { elicitationId: { setIfAbsent: JSON.stringify(randomUUID()) } } : {};
      return { method, params: edited(params, edits) };
    }
    case "sampling/createMessage": {
      if (!params) return { broken: `${method} without params` };
      const { sampling } = capabilities;
      if (!isObject(sampling)) return missing("sampling");
      const usesTools = ["tools", "toolChoice"].some((name) => sliceOf([params], [name])) || hasContentLists(params);
      if (usesTools && !isObject(sampling["tools"])) return missing("sampling with tools");
      return { method, params: edited(params, messagesEdits(params, revision)) };
    }
    default:
      return { broken: "a request that is not elicitation/create, sampling/createMessage or roots/list" };
  }
}

const edited = (params: Buffer, edits: JsonEdits): string => joined(editJson([params], edits)).toString("utf8");

/** An empty declaration is for forms alone. Source: MCP 2025-11-25, client/elicitation, "Capabilities". */
function elicits(declared: unknown, mode: string): boolean {
  if (!isObject(declared)) return false;
  if (mode === "url") return isObject(declared["url"]);
  return mode === "form" && (isObject(declared["form"]) || !isObject(declared["url"]));
}

/** Lists of content came with tools. */
function hasContentLists(params: Buffer): boolean {
  const messages = sliceOf([params], ["messages"]);
  if (messages?.[0] !== OPEN_ARRAY) return false;
  return splitBatch([messages]).some((message) => sliceOf(message, ["content"])?.[0] === OPEN_ARRAY);
}
