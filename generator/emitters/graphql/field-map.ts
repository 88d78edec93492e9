import type { JsonSchema } from "../../ir/spec.js";
import { constraintOf } from "./constraint.js";
import { applied, directive } from "./directive.js";
import type { PlannedField, PlannedObject, PlannedUse } from "./planned.js";

/** The fields of an object on either side: its members, and one for those that are declared without a name. */
export function fieldMap<Type, Field>(
  { fields, additional }: PlannedObject,
  defs: Readonly<Record<string, JsonSchema>>,
  { member, of }: { readonly member: (field: PlannedField) => Field; readonly of: (use: PlannedUse) => Type },
): Record<string, Field | { readonly type: Type }> {
  const rest = additional && {
    type: of(additional),
    ...applied(directive("mcpAdditional"), constraintOf(additional.use, defs)),
  };
  return {
    ...Object.fromEntries(fields.map((field) => [field.name, member(field)])),
    ...(additional && rest && { [additional.name]: rest }),
  };
}
