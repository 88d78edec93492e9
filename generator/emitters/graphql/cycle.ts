import type { PlannedField, PlannedObject, PlannedType } from "./planned.js";

/**
 * Input types without a value that would have to hold itself: in each circle of non-null fields the one that closes it becomes nullable.
 * Source: GraphQL specification (October 2021), "Input Objects", circular references. Iterative: chains are as long as a schema.
 */
export function cutCycles(types: readonly PlannedType[]): readonly PlannedType[] {
  const objects = new Map(types.filter((type) => type.kind === "object").map((type) => [type.name, type]));
  const cut = new Set<PlannedField>();
  const state = new Map<string, "open" | "done">();
  for (const start of objects.values()) {
    const path: { readonly type: PlannedObject; next: number }[] = [];
    const enter = (type: PlannedObject): void => {
      state.set(type.name, "open");
      path.push({ type, next: 0 });
    };
    if (!state.has(start.name)) enter(start);
    for (let at = path.at(-1); at; at = path.at(-1)) {
      const field = at.type.fields[at.next++];
      if (field === undefined) {
        state.set(at.type.name, "done");
        path.pop();
        continue;
      }
      const target = field.isNonNull && field.shape.kind === "named" ? objects.get(field.shape.type) : undefined;
      if (target === undefined) continue;
      const known = state.get(target.name);
      if (known === "open") cut.add(field);
      if (known === undefined) enter(target);
    }
  }
  if (cut.size === 0) return types;
  return types.map((type) =>
    type.kind === "object"
      ? { ...type, fields: type.fields.map((field) => (cut.has(field) ? { ...field, isNonNull: false } : field)) }
      : type,
  );
}
