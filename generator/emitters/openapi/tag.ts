import type { OpenAPIV3_1 } from "openapi-types";
import type { AdapterRoute } from "../../ir/route.js";
import { words } from "../../ir/words.js";
import type { OpenApiOptions } from "./options.js";

const KINDS: Readonly<Record<string, string>> = {
  tools: "Tools: each call is a request of its own.",
  resources: "Resources: what the server has to read, by address or by template.",
  prompts: "Prompts: messages for a model, with their arguments filled in.",
};

/** The tag of an operation. */
export function tagOf(route: AdapterRoute, { groupByPrefix }: Pick<OpenApiOptions, "groupByPrefix">): string {
  if (route.kind === "tool") return (groupByPrefix ? prefixOf(route.target) : undefined) ?? "tools";
  if (route.kind === "prompt" || route.method === "prompts/list") return "prompts";
  return route.method === "tools/list" ? "tools" : "resources";
}

/** The first of several words of a name: it depends on no other tool, so that none moves when one comes. */
function prefixOf(name: string): string | undefined {
  const [first, second] = words(name);
  if (first === undefined || second === undefined) return undefined;
  const prefix = first.toLowerCase();
  return Object.hasOwn(KINDS, prefix) ? `${prefix} (tools)` : prefix;
}

/** Descriptions of all tags in use, in order of use. */
export function tagObjects(tags: readonly string[]): OpenAPIV3_1.TagObject[] {
  return [...new Set(tags)].map((name) => ({
    name,
    description: KINDS[name] ?? `Tools whose name begins with \`${name.replace(/ \(tools\)$/, "")}\`.`,
  }));
}
