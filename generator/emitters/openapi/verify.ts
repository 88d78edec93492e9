import { GeneratorError } from "../../errors.js";
import { lookUp, tokensOf } from "../../ir/pointer.js";
import type { Json, JsonObject } from "../../ir/spec.js";

/** Foreign data, and maps whose members may have any name. */
const DATA = new Set(["x-mcp", "example", "examples", "default", "const", "enum"]);
const MAPS = new Set([
  ...["properties", "patternProperties", "dependentSchemas"],
  ...["paths", "responses", "headers", "content", "schemas", "securitySchemes"],
]);

/** Proves that each reference leads to something. Throws GeneratorError `verify`: it is our bug, and never reaches the disk. */
export function verifyReferences(document: Json): void {
  for (const ref of referencesIn(document)) {
    const tokens = ref.startsWith("#/") ? tokensOf(ref.slice(1)) : undefined;
    if (tokens === undefined || lookUp(document, tokens) === undefined)
      throw new GeneratorError("verify", `the OpenAPI document refers to ${ref}, which is not in it`);
  }
}

/** All that a part of a document refers to, each once, in order of first use. */
export function referencesIn(part: Json): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting: { readonly value: Json; readonly isMap: boolean }[] = [{ value: part, isMap: false }];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const { value, isMap } = at;
    if (typeof value !== "object" || value === null) continue;
    const inner: typeof waiting = [];
    for (const [key, one] of Object.entries<Json>(value as JsonObject)) {
      if (!isMap && DATA.has(key)) continue;
      if (!isMap && key === "$ref" && typeof one === "string") found.add(one);
      else if (!isMap && key === "discriminator") for (const ref of mappingOf(one)) found.add(ref);
      else inner.push({ value: one, isMap: !isMap && MAPS.has(key) });
    }
    waiting.push(...inner.reverse());
  }
  return found;
}

function mappingOf(discriminator: Json): readonly string[] {
  const mapping = (discriminator as { readonly mapping?: Readonly<Record<string, string>> }).mapping ?? {};
  return Object.values(mapping);
}
