import type { Resource } from "./reference.js";
import type { Edge } from "./schema-cycle.js";
import { soften, type Scope } from "./schema-loss.js";
import type { JsonSchema } from "./spec.js";
import { places } from "./walk.js";

/** A schema written out on its own: the document, or what a `$ref` leads to. */
export interface Unit {
  /** Pointer from the document. */
  readonly path: string;
  readonly raw: JsonSchema;
  readonly resource: Resource;
  readonly edges: Ref[];
  /** Where something was left out. */
  readonly losses: Scope[];
  written: JsonSchema;
}

/** A `$ref` on its way. Its text waits until all definitions have keys; `scope.node` is the object that holds it. */
export interface Ref extends Edge<Unit> {
  readonly scope: Scope;
  readonly path: string;
}

export const isLive = (ref: Ref): boolean => "$ref" in ref.scope.node;

/** The object that held the reference no longer asks for anything by it. */
export function forget(from: Unit, ref: Ref): void {
  delete ref.scope.node["$ref"];
  from.losses.push(ref.scope);
}

/** Softens what encloses a loss, and what encloses references to units that lost something, until nothing more is touched. */
export function spreadLosses(units: readonly Unit[]): void {
  const referrers = new Map<Unit, Set<Unit>>();
  for (const unit of units)
    for (const { target } of unit.edges) referrers.set(target, (referrers.get(target) ?? new Set<Unit>()).add(unit));
  const waiting = units.filter((unit) => unit.losses.length > 0);
  const lossy = new Set(waiting);
  for (const unit of waiting) for (const scope of unit.losses) soften(scope);
  for (let unit = waiting.pop(); unit; unit = waiting.pop())
    for (const referrer of referrers.get(unit) ?? []) {
      for (const ref of referrer.edges) if (ref.target === unit) soften(ref.scope);
      if (lossy.has(referrer)) continue;
      lossy.add(referrer);
      waiting.push(referrer);
    }
}

/** The units that the written document refers to, directly or through others, in the order of first use. */
export function usedUnits(units: readonly [Unit, ...Unit[]]): Unit[] {
  const targetOf = new Map(
    units.flatMap(({ edges }) => edges.map(({ scope, target }) => [scope.node, target] as const)),
  );
  const used = new Set<Unit>();
  const waiting: Unit[] = [units[0]];
  const seen = new Set(waiting);
  // What was dropped together with what encloses it is not found by walking what is left.
  for (const unit of waiting)
    for (const { value } of places(unit.written)) {
      const target = "$ref" in value ? targetOf.get(value as Scope["node"]) : undefined;
      if (!target) continue;
      used.add(target);
      if (seen.has(target)) continue;
      seen.add(target);
      waiting.push(target);
    }
  return [...used];
}
