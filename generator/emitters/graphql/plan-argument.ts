import { templateVariables } from "../../emit/uri-template.js";
import type { Lock } from "../../ir/lock.js";
import type { AdapterRoute } from "../../ir/route.js";
import type { PromptSpec } from "../../ir/spec.js";
import { fieldName, nthMember } from "./name.js";
import type { PlannedArgument } from "./planned.js";

/** Arguments of prompts and variables of templates, by the key of their route. */
export function planArguments(
  routes: readonly AdapterRoute[],
  lock: Lock,
): ReadonlyMap<string, readonly PlannedArgument[]> {
  const planned = new Map<string, readonly PlannedArgument[]>();
  for (const route of routes) {
    const given =
      route.kind === "prompt"
        ? argumentsOf(route.item)
        : route.kind === "template"
          ? templateVariables(route.target).map(({ name, optional, list }) => ({
              ...{ original: name, isRequired: !optional, isList: list },
            }))
          : undefined;
    if (given === undefined) continue;
    const names = lock.names(
      { target: "graphql", owner: `${route.key}/${route.kind === "prompt" ? "arguments" : "variables"}` },
      given.map(({ original }) => ({ key: original, base: fieldName(original) })),
      { nth: nthMember },
    );
    planned.set(
      route.key,
      given.map((argument, i) => ({ ...argument, name: names[i] ?? "" })),
    );
  }
  return planned;
}

/** Source: MCP schema, `PromptArgument`; `normalize` leaves only those that have a name, each once. */
function argumentsOf({ arguments: given }: PromptSpec): Omit<PlannedArgument, "name">[] {
  if (!Array.isArray(given)) return [];
  return (given as readonly Readonly<Record<string, unknown>>[]).map(({ name, title, description, required }) => {
    const text = [title, description].filter((one) => typeof one === "string" && one !== "").join("\n\n");
    return {
      ...{ original: String(name), isRequired: required === true, isList: false },
      ...(text !== "" && { description: text }),
    };
  });
}
