/** A reference from one unit of schema to another. */
export interface Edge<Unit> {
  readonly target: Unit;
  /** Applied to the same instance as the unit it stands in: no property and no element between. */
  readonly inPlace: boolean;
}

/** References through which one instance may be judged. TypeScript and validators recurse along them. */
const MAX_CHAIN = 64;

/**
 * Reports the references to cut so that none leads back to its own unit without an object or array between, and no chain of such
 * references is longer than 64. What is left over for a library to recurse along is finite. Iterative: chains are the sender's choice.
 */
export function cutCycles<E extends Edge<U>, U extends { readonly edges: readonly E[] }>(
  units: readonly U[],
  cut: (edge: E, from: U) => void,
): void {
  /** Longest chain below a unit; absent: not looked at, -1: on the way. */
  const below = new Map<U, number>();
  for (const start of units) {
    if (below.has(start)) continue;
    const path = [frameOf<E, U>(start)];
    below.set(start, -1);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = top.edges[top.next];
      if (edge === undefined) {
        path.pop();
        below.set(top.unit, top.longest);
        continue;
      }
      const depth = below.get(edge.target);
      if (depth === undefined) {
        below.set(edge.target, -1);
        path.push(frameOf<E, U>(edge.target));
        continue;
      }
      top.next++;
      if (depth < 0 || depth + 1 > MAX_CHAIN) cut(edge, top.unit);
      else top.longest = Math.max(top.longest, depth + 1);
    }
  }
}

interface Frame<E, U> {
  readonly unit: U;
  readonly edges: readonly E[];
  next: number;
  longest: number;
}

function frameOf<E extends Edge<U>, U extends { readonly edges: readonly E[] }>(unit: U): Frame<E, U> {
  return { unit, edges: unit.edges.filter((edge) => edge.inPlace), next: 0, longest: 0 };
}
