import { defKeyOf } from "../ir/schema-def-key.js";
import type { JsonObject, JsonSchema } from "../ir/spec.js";
import { isObject } from "../ir/schema-keyword.js";

/** Members that an intersection of unions may have once TypeScript has multiplied it out. The compiler gives up at 100,000. */
const MAX_MEMBERS = 2000;

/** What can be said of a schema without building its type: along references, unions and intersections, never into properties or items. */
export interface Facts {
  /** Types that a schema says it is of, by `type`, listed values, references and compositions; undefined: it does not say. */
  typesOf(schema: JsonSchema): ReadonlySet<string> | undefined;
  /** Members of its type as a union. */
  breadthOf(schema: JsonSchema): number;
}

/** `defs` come from `normaliseSchema`, which has cut every cycle that could be met here. */
export function factsOf(defs: Readonly<Record<string, JsonSchema>>): Facts {
  const types = new Map<string, ReadonlySet<string> | undefined>();
  const breadths = new Map<string, number>();

  const typesOf = (schema: JsonSchema): ReadonlySet<string> | undefined => {
    if (typeof schema === "boolean") return schema ? undefined : new Set();
    if (schema["type"] !== undefined) return new Set([schema["type"]].flat() as string[]);
    const values = listed(schema);
    if (values) return new Set(values.map(kindOf));
    return [...parts(schema)].map(partTypes).find((one) => one !== undefined);
  };
  const partTypes = (part: Part): ReadonlySet<string> | undefined => {
    if (part.kind === "ref") {
      if (!types.has(part.key)) types.set(part.key, typesOf(defs[part.key] ?? true));
      return types.get(part.key);
    }
    const all = part.branches.map(typesOf);
    return all.every((one) => one !== undefined) ? new Set(all.flatMap((one) => [...one])) : undefined;
  };

  const breadthOf = (schema: JsonSchema): number => {
    if (typeof schema === "boolean") return 1;
    const own = listed(schema)?.length ?? [schema["type"] ?? ""].flat().length;
    const all = [own, ...[...parts(schema)].map(partBreadth)].filter((one) => one > 1);
    return all.length === 1 ? (all[0] ?? 1) : Math.min(MAX_MEMBERS, product(all));
  };
  const partBreadth = (part: Part): number => {
    if (part.kind === "union") return part.branches.reduce((sum, branch) => sum + breadthOf(branch), 0);
    const known = breadths.get(part.key);
    if (known !== undefined) return known;
    const breadth = breadthOf(defs[part.key] ?? true);
    breadths.set(part.key, breadth);
    return breadth;
  };
  return { typesOf, breadthOf };
}

/** The parts of an intersection that TypeScript can multiply out; the broadest ones are left out until it can. */
export function bearable<P extends { readonly breadth: number }>(given: readonly P[]): readonly P[] {
  const kept = [...given];
  while (product(kept.map((part) => part.breadth)) > MAX_MEMBERS && kept.filter((part) => part.breadth > 1).length > 1)
    kept.splice(kept.indexOf(kept.reduce((most, part) => (part.breadth > most.breadth ? part : most))), 1);
  return kept;
}

/** The values that `enum` or `const` lists. */
export function listed(schema: JsonObject): readonly unknown[] | undefined {
  if (schema["const"] !== undefined) return [schema["const"]];
  return Array.isArray(schema["enum"]) ? schema["enum"] : undefined;
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

type Part =
  { readonly kind: "ref"; readonly key: string } | { readonly kind: "union"; readonly branches: readonly JsonSchema[] };

/** What a schema asks of its instance besides its own keywords. */
function* parts(schema: JsonObject): Generator<Part> {
  if (typeof schema["$ref"] === "string") yield { kind: "ref", key: defKeyOf(schema["$ref"]) };
  for (const keyword of ["anyOf", "oneOf"] as const)
    if (Array.isArray(schema[keyword])) yield { kind: "union", branches: schema[keyword] as readonly JsonSchema[] };
  for (const one of Array.isArray(schema["allOf"]) ? (schema["allOf"] as readonly JsonSchema[]) : [])
    if (isObject(one) || !one) yield { kind: "union", branches: [one] };
}

const product = (numbers: readonly number[]): number => numbers.reduce((all, one) => all * Math.max(one, 1), 1);
