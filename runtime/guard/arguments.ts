import { problemsIn } from "./schema/check.js";
import type { Pattern } from "./schema/pattern.js";
import type { Check, CheckId, CheckTable, Problem } from "./schema/table.js";

export type { Check, CheckTable, Pattern, Problem };

/** Original tool name → check of its arguments; an empty list is valid. Never throws, whatever it is given. */
export type ArgumentValidators = Readonly<Record<string, (args: unknown) => readonly Problem[]>>;

/** Validators of the arguments of tools, each by its root check in the table. The record has no prototype. */
export function argumentValidators(
  table: CheckTable,
  tools: readonly (readonly [name: string, root: CheckId])[],
): ArgumentValidators {
  const validators = Object.create(null) as Record<string, (args: unknown) => readonly Problem[]>;
  for (const [name, root] of tools) validators[name] = (args) => problemsIn(table, root, args);
  return Object.freeze(validators);
}
