import type { Json, ServerSpec } from "./spec.js";

/** The one comparison: by UTF-16 code unit, the same on every machine and in every locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** JSON text with members sorted by code unit: equal values, equal text. For values within the bounds of a spec. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonicalJson(one)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => byCodeUnit(a, b));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`).join(",")}}`;
}

/**
 * The same contract with its lists by name or address: a server that lists its tools in another order is no other
 * server, and what is generated from it must not change. Pointers of `diagnostics` are left as they were.
 */
export function inOrder(spec: ServerSpec): ServerSpec {
  return {
    ...spec,
    tools: [...spec.tools].sort((a, b) => byCodeUnit(a.name, b.name)),
    resources: [...spec.resources].sort((a, b) => byCodeUnit(a.uri, b.uri)),
    resourceTemplates: [...spec.resourceTemplates].sort((a, b) => byCodeUnit(a.uriTemplate, b.uriTemplate)),
    prompts: [...spec.prompts].sort((a, b) => byCodeUnit(a.name, b.name)),
  };
}
