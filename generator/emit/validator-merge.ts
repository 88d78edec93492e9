/** A node of a graph: nodes are equal when their shapes are, and their children are, one by one. */
export interface GraphNode {
  readonly shape: string;
  readonly children: readonly number[];
}

/**
 * Class of each node: the same number for nodes that cannot be told apart by following children, however far. Cycles are no
 * trouble. Takes time in proportion to edges × log nodes, since the graphs are a server's choice.
 * Source: Hopcroft, "An n log n algorithm for minimizing states in a finite automaton", 1971.
 */
export function equalNodes(nodes: readonly GraphNode[]): readonly number[] {
  const classOf: number[] = [];
  const members: Set<number>[] = [];
  const byShape = new Map<string, number>();
  for (const [node, { shape }] of nodes.entries()) {
    const own = byShape.get(shape) ?? members.push(new Set()) - 1;
    byShape.set(shape, own);
    classOf.push(own);
    members[own]?.add(node);
  }
  const parents = nodes.map((): { node: number; position: number }[] => []);
  for (const [node, { children }] of nodes.entries())
    for (const [position, child] of children.entries()) parents[child]?.push({ node, position });

  /** Classes by which others have yet to be split. */
  const waiting = new Set(members.keys());
  const split = (old: number, groups: readonly (readonly number[])[]): void => {
    const whole = members[old] ?? new Set();
    const touched = groups.reduce((sum, group) => sum + group.length, 0);
    const [largest, ...others] = [...groups].sort((a, b) => b.length - a.length);
    // One part keeps the number: what no group holds, or else the largest group.
    const moved = touched < whole.size ? groups : others;
    if (largest === undefined || moved.length === 0) return;
    const parts = [old];
    for (const group of moved) {
      const own = members.push(new Set(group)) - 1;
      for (const node of group) {
        whole.delete(node);
        classOf[node] = own;
      }
      parts.push(own);
    }
    // Already split by the whole: then all parts but the largest are enough.
    const spared = waiting.has(old) ? undefined : largestOf(parts);
    for (const part of parts) if (part !== spared) waiting.add(part);
  };
  const largestOf = (parts: readonly number[]): number | undefined =>
    [...parts].sort((a, b) => (members[b]?.size ?? 0) - (members[a]?.size ?? 0))[0];

  for (const splitter of waiting) {
    waiting.delete(splitter);
    const positions = new Map<number, number[]>();
    for (const child of members[splitter] ?? [])
      for (const { node, position } of parents[child] ?? []) {
        const known = positions.get(node);
        if (known) known.push(position);
        else positions.set(node, [position]);
      }
    const groups = new Map<number, Map<string, number[]>>();
    for (const [node, at] of positions) {
      const own = classOf[node] ?? 0;
      const bySignature = groups.get(own) ?? new Map<string, number[]>();
      groups.set(own, bySignature);
      const signature = at.sort((a, b) => a - b).join();
      const group = bySignature.get(signature);
      if (group) group.push(node);
      else bySignature.set(signature, [node]);
    }
    for (const [old, bySignature] of groups) split(old, [...bySignature.values()]);
  }
  return classOf;
}
