import { listOf, type Facet } from "./lower-facet.js";
import type { Lowering, Place } from "./lower.js";
import { isEmpty, merged, partsAt, useAll } from "./lower-object.js";
import type { Shape, Use } from "./shape.js";
import type { JsonSchema } from "./spec.js";

/** The shape of arrays. A tuple is a list where it has an end and its elements are scalars of one kind, as coordinates are. */
export function arrayShape(facets: readonly Facet[], place: Place, lowering: Lowering): Shape {
  const words = [...place.words, "Item"];
  const tuple = facets.find(({ schema }) => schema["prefixItems"] !== undefined);
  if (tuple) return tupleShape(tuple, facets, { words, lowering });
  const parts = partsAt(facets, "items", words).filter(({ schema }) => schema !== true && !isEmpty(schema));
  const item = useAll(parts, merged(place, "/items", "Item"), lowering);
  return item ? { kind: "list", item } : { kind: "array" };
}

function tupleShape(
  { schema, place }: Facet,
  facets: readonly Facet[],
  { words, lowering }: { readonly words: readonly string[]; readonly lowering: Lowering },
): Shape {
  const elements = listOf(schema["prefixItems"]);
  const rest = schema["items"] as JsonSchema | undefined;
  const isEnded = rest === false || facets.some(({ schema: { maxItems } }) => Number(maxItems) <= elements.length);
  const parts = elements.map((one, i) => ({ schema: one, place: { path: `${place.path}/prefixItems/${i}`, words } }));
  if (!isEnded && rest !== undefined) parts.push({ schema: rest, place: { path: `${place.path}/items`, words } });
  const uses = isEnded || rest !== undefined ? parts.map((part) => lowering.use([part], part.place)) : [];
  const item = commonScalar(uses);
  return item ? { kind: "list", item } : { kind: "open", reason: "tuple" };
}

/** One use for all of them, where each is a text, a number or a boolean. */
function commonScalar(uses: readonly Use[]): Use | undefined {
  const [first] = uses;
  const kinds = new Set(uses.map(({ shape }) => shape.kind));
  if (!first || uses.some(({ isNullable }) => isNullable)) return undefined;
  if ([...kinds].every((kind) => kind === "number" || kind === "integer")) {
    const isInt32 = uses.every(({ shape }) => shape.kind === "integer" && shape.isInt32);
    return { ...first, shape: { kind: kinds.has("number") ? "number" : "integer", isInt32 } };
  }
  return kinds.size === 1 && (kinds.has("boolean") || kinds.has("string"))
    ? { ...first, shape: { kind: kinds.has("boolean") ? "boolean" : "string" } }
    : undefined;
}
