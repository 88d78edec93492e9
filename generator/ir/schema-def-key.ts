import { tokensOf } from "./pointer.js";
import { LIST_KEYWORDS, MAP_KEYWORDS, SCHEMA_KEYWORDS } from "./schema-keyword.js";
import { pascal } from "./words.js";

const PREFIX = "#/$defs/";

/** The key in a normalised reference, `#/$defs/KEY`. */
export const defKeyOf = (ref: string): string => ref.slice(PREFIX.length);

/**
 * Keys for definitions by where they stand in their document: `/$defs/def0` → `def0`, `/properties/a/items` → `A`, the document itself →
 * `Root`. Names that are identifiers already come first, then the rest in order; what is taken gets 2, 3, …
 */
export function defKeys(paths: readonly string[]): string[] {
  const wished = paths.map(baseOf);
  const taken = new Set(wished.filter((one) => one.exact).map((one) => one.base));
  const held = new Set<string>();
  return wished.map(({ base, exact }) => {
    if (exact && !held.has(base)) {
      held.add(base);
      return base;
    }
    let key = base;
    for (let n = 2; taken.has(key); n++) key = `${base}${n}`;
    taken.add(key);
    return key;
  });
}

const STRUCTURE = new Set([
  ...SCHEMA_KEYWORDS,
  ...LIST_KEYWORDS,
  ...MAP_KEYWORDS,
  "$defs",
  "definitions",
  "additionalItems",
  "dependencies",
]);

/** `exact`: the definition's own name, fit as it is. */
function baseOf(path: string): { readonly base: string; readonly exact: boolean } {
  const tokens = tokensOf(path) ?? [];
  const last = tokens.at(-1);
  if (last === undefined) return { base: "Root", exact: false };
  const isDefinition = ["$defs", "definitions"].includes(tokens.at(-2) ?? "");
  if (isDefinition && /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(last) && !(last in Object.prototype))
    return { base: last, exact: true };
  const name = isDefinition ? last : tokens.findLast((token) => !STRUCTURE.has(token) && !/^\d+$/.test(token));
  return { base: pascal(name ?? "", "Def"), exact: false };
}
