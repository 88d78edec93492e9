import { plainText } from "../../emit/escape.js";
import { unresolvedNote } from "../../ir/schema-loss.js";
import type { OpenReason, Use } from "../../ir/shape.js";
import type { Json } from "../../ir/spec.js";

const MAX_DEFAULT = 200;

/** Why a place is JSON although its schema says more; nothing for what its schema leaves open. */
const REASONS: Readonly<Record<OpenReason, string | undefined>> = {
  any: undefined,
  never: "No value is valid here.",
  tuple: "A list whose items differ by their position.",
  mixed: "One of several values of different types.",
  null: "Always null.",
  recursive: "A list of itself.",
};

/** Foreign prose and our notes, a paragraph each; undefined where there is nothing to say. */
export function describe(...parts: readonly (string | undefined)[]): { readonly description?: string } {
  const texts = parts.map((part) => plainText(part ?? "").trim()).filter((part) => part !== "");
  return texts.length === 0 ? {} : { description: [...new Set(texts)].join("\n\n") };
}

/** What is lost at a place, where its type does not show it. */
export function lossOf({ shape, schema }: Use, isEntries: boolean): string | undefined {
  const unresolved = unresolvedNote(schema);
  if (unresolved !== undefined) return unresolved;
  if (shape.kind === "open") return REASONS[shape.reason];
  if (shape.kind === "map" && !isEntries) return "An object whose members may have any name.";
  return undefined;
}

/** A default that GraphQL has no literal for. */
export function defaultNote(value: Json): string {
  const json = JSON.stringify(value);
  return `Default: ${json.length > MAX_DEFAULT ? `${json.slice(0, MAX_DEFAULT)}…` : json}`;
}
