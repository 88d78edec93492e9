import { places, pointerOf, pointerStep, type Place, type Role } from "./walk.js";

/** What a server may make us hold and hand to libraries. Source: MCP 2026-07-28, basic/index, "JSON Schema usage". */
export const BOUNDS = {
  /** Subschemas within subschemas, or containers within containers of plain data. */
  maxDepth: 200,
  /** Subschemas, or objects of plain data, in one schema and in the rest of one item. */
  maxNodes: 20_000,
  /** One tool, resource, template or prompt as JSON. */
  maxItemBytes: 2 * 1024 * 1024,
  /** All of them together. */
  maxTotalBytes: 64 * 1024 * 1024,
} as const;

export interface Excess {
  readonly kind: "too-deep" | "too-large" | "not-json";
  /** Completes "… is": what was exceeded and the limit. */
  readonly text: string;
}

/** What of `root` is beyond the bounds of depth and number. Stops at the first that is. Cycles are endless depth. */
export function excessOf(root: unknown, role: Role): Excess | undefined {
  let nodes = 0;
  for (const place of places(root, role)) {
    if (place.depth >= BOUNDS.maxDepth)
      return { kind: "too-deep", text: `nested deeper than ${BOUNDS.maxDepth} levels` };
    if (place.role === "schema" || (place.role === "data" && !Array.isArray(place.value))) nodes++;
    if (nodes > BOUNDS.maxNodes)
      return {
        kind: "too-large",
        text: `made of more than ${BOUNDS.maxNodes} ${role === "schema" ? "subschemas" : "objects"}`,
      };
  }
  return undefined;
}

/** About how many bytes of JSON a value is; stops counting past `limit`. Iterative, for what no bound has been put on yet. */
export function roughBytes(value: unknown, limit: number): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && bytes <= limit) {
    const one = waiting.pop();
    if (typeof one === "string") bytes += one.length;
    bytes += 2;
    if (typeof one !== "object" || one === null) continue;
    for (const [key, child] of Object.entries(one)) {
      if (!Array.isArray(one)) bytes += key.length + 3;
      waiting.push(child);
    }
  }
  return bytes;
}

export interface ForeignRef {
  /** From the root of the schema to the reference itself. */
  readonly pointer: string;
  readonly ref: string;
}

const REF_KEYWORDS = ["$ref", "$dynamicRef", "$recursiveRef"];
const ROOT_BASE = "schema://root/";
const MAX_REFS = 10;

/**
 * References that lead out of the schema: neither `#…` nor an `$id` within it. At most ten; whoever has ten has a
 * different problem. For schemas within the bounds.
 */
export function foreignRefs(schema: unknown): readonly ForeignRef[] {
  const found: ForeignRef[] = [];
  let ids: ReadonlySet<string> | undefined;
  for (const place of places(schema)) {
    if (place.role !== "schema") continue;
    for (const keyword of REF_KEYWORDS) {
      const ref = textAt(place, keyword);
      if (ref === undefined || ref.startsWith("#")) continue;
      ids ??= idsOf(schema);
      const target = resolve(ref, baseOf(place));
      if (target !== undefined && ids.has(target)) continue;
      found.push({ pointer: pointerOf(place) + pointerStep(keyword), ref });
      if (found.length === MAX_REFS) return found;
    }
  }
  return found;
}

function idsOf(schema: unknown): ReadonlySet<string> {
  const ids = new Set([ROOT_BASE]);
  for (const place of places(schema))
    if (place.role === "schema" && textAt(place, "$id") !== undefined) ids.add(baseOf(place));
  return ids;
}

/** Absolute URL, without fragment, against which references at this place resolve. Source: JSON Schema 2020-12, 8.2.1. */
function baseOf(place: Place): string {
  const chain: string[] = [];
  for (let at: Place | undefined = place; at; at = at.parent) {
    const id = at.role === "schema" ? textAt(at, "$id") : undefined;
    if (id !== undefined) chain.push(id);
  }
  return chain.reduceRight((base, id) => resolve(id, base) ?? base, ROOT_BASE);
}

function resolve(ref: string, base: string): string | undefined {
  if (!URL.canParse(ref, base)) return undefined;
  const url = new URL(ref, base);
  url.hash = "";
  return url.href;
}

function textAt(place: Place, member: string): string | undefined {
  const value: unknown = Object.hasOwn(place.value, member) ? Reflect.get(place.value, member) : undefined;
  return typeof value === "string" ? value : undefined;
}
