/** Freezes a tree of plain JSON in place. Iterative: depth is the sender's choice. */
export function deepFreeze<T>(root: T): T {
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null || Object.isFrozen(value)) continue;
    Object.freeze(value);
    for (const child of Object.values(value)) if (typeof child === "object" && child !== null) waiting.push(child);
  }
  return root;
}
