import type { Json, JsonObject } from "../ir/spec.js";

const MAX_PLACES = 30;
const STRANGERS: readonly Json[] = [null, "mcpgen stranger", -1.5, 1e15, true, [], {}, ["x"], ""];

/** A sample with one thing changed, added or taken away at each place in turn. Valid or not is for a validator to say. */
export function mutantsOf(sample: Json): readonly Json[] {
  const mutants: Json[] = [];
  let places = 0;
  const visit = (value: Json, rebuilt: (changed: Json) => Json): void => {
    if (places++ >= MAX_PLACES) return;
    const stranger = STRANGERS[places % STRANGERS.length] ?? null;
    mutants.push(rebuilt(stranger), rebuilt(typeof value === "string" ? 7 : "mcpgen stranger"));
    if (typeof value === "number")
      mutants.push(rebuilt(value + 0.5), rebuilt(-value * 1000 - 1), rebuilt(value * 1000 + 1e9));
    if (typeof value === "string") mutants.push(rebuilt(""), rebuilt(`${value}!`), rebuilt(value.repeat(40)));
    if (Array.isArray(value)) {
      const items = value as readonly Json[];
      mutants.push(rebuilt([...items, ...items, null]), rebuilt(items.slice(1)));
      items.forEach((item, i) => visit(item, (changed) => rebuilt(items.with(i, changed))));
    } else if (typeof value === "object" && value !== null) {
      const members = value as JsonObject;
      mutants.push(rebuilt(Object.fromEntries([...Object.entries(members), ["mcpgenStranger", 1]])));
      for (const [name, member] of Object.entries(members)) {
        mutants.push(rebuilt(Object.fromEntries(Object.entries(members).filter(([other]) => other !== name))));
        const withMember = (changed: Json): Json =>
          Object.fromEntries(Object.entries(members).map(([other, one]) => [other, other === name ? changed : one]));
        visit(member, (changed) => rebuilt(withMember(changed)));
      }
    }
  };
  visit(sample, (changed) => changed);
  return mutants;
}
