import type { Json } from "../../ir/spec.js";

/**
 * Whether a generator could take something in a value for a reference: bundlers follow every member called `$ref` that is a text, in data
 * too, and read the file it names. A server must not send its reader's files on such an errand.
 */
export function looksLikeReference(root: Json): boolean {
  const waiting: Json[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "$ref") && typeof (value as Readonly<Record<string, Json>>)["$ref"] === "string")
      return true;
    for (const one of Object.values(value)) waiting.push(one);
  }
  return false;
}
