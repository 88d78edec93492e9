import { createHash } from "node:crypto";
import { canonicalJson } from "./order.js";
import type { ServerSpec } from "./spec.js";

/**
 * SHA-256, in hex, of what a server promises: canonical JSON of its identity, instructions, capabilities and lists. How it was asked, and
 * what was found odd, is no part of it.
 */
export function contractHash(spec: ServerSpec): string {
  const { server, instructions = null, capabilities, tools, resources, resourceTemplates, prompts } = spec;
  const contract = { server, instructions, capabilities, tools, resources, resourceTemplates, prompts };
  return createHash("sha256").update(canonicalJson(contract)).digest("hex");
}
