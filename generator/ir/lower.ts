import { facetReader, type Defs, type Facet, type FacetReader } from "./lower-facet.js";
import { objectShape } from "./lower-object.js";
import { unionShape } from "./lower-union.js";
import { valueShape } from "./lower-value.js";
import type { NormalSchema } from "./schema.js";
import type { Model, NamedType, Shape, Use } from "./shape.js";
import type { JsonSchema } from "./spec.js";
import { pointerStep } from "./walk.js";

/** Where a schema stands. */
export interface Place {
  /** The key of a type that stands here. */
  readonly path: string;
  readonly words: readonly string[];
}

/** A schema at its place. A list of them means: all at once. */
export interface Part {
  readonly schema: JsonSchema;
  readonly place: Place;
}

/** What the rules for each kind of schema work with. */
export interface Lowering extends FacetReader {
  readonly defs: Defs;
  use(parts: readonly [Part, ...Part[]], place: Place): Use;
  /** Adds a type; what fills it may be told later. */
  define(type: NamedType): void;
  /** Values of an enum that was defined; undefined for what is none. */
  readonly enumValues: (key: string) => readonly string[] | undefined;
  /** Whether a type may have so many members or values more. What may not stays a plain shape. */
  affords(count: number): boolean;
  /** Does it once all that is under way is done, so that depth costs no stack. */
  later(work: () => void): void;
}

/** Levels of arrays and unions without an object between them. */
const MAX_NESTING = 100;
/** Of all types together. A schema has 20,000 subschemas at most; definitions that are merged with others multiply them. */
const MAX_MEMBERS = 50_000;

/**
 * A normalised schema as closed types. `root` is the pointer of the schema's owner and role: `/tools/get-user/input`.
 * A schema without a type that has properties is read as an object, one with items as an array. Source: schemas.md §2, §4, §5.
 */
export function lower(normal: NormalSchema, root: string): Model {
  const types = new Map<string, NamedType>();
  const waiting: (() => void)[] = [];
  const done = new Map<string, Use>();
  const underWay = new Map<string, Shape>();
  let membersLeft = MAX_MEMBERS;

  const defs: Defs = new Map(
    Object.entries(normal.defs).map(([key, schema]) => {
      const place = {
        path: root + (normal.defPaths[key] ?? pointerStep(key)),
        words: key === normal.rootKey ? [] : [key],
      };
      return [key, { schema, place }];
    }),
  );
  const reader = facetReader(defs);

  const use: Lowering["use"] = (parts, place) => {
    const memo = parts.map((part) => part.place.path).join("\n");
    const known = done.get(memo);
    if (known) return known;
    const [{ schema }] = parts;
    const isNullable = parts.every((part) => reader.allowsNull(part.schema));
    const again = underWay.get(memo);
    if (again) return { shape: again, isNullable, schema };
    if (underWay.size >= MAX_NESTING) return { shape: { kind: "open", reason: "recursive" }, isNullable, schema };
    const own: Shape = { kind: "named", key: place.path };
    underWay.set(memo, own);
    const made = { ...shapeOf(parts, place), isNullable };
    underWay.delete(memo);
    become(own, made.shape);
    done.set(memo, made);
    return made;
  };

  const shapeOf = (parts: readonly [Part, ...Part[]], place: Place): Omit<Use, "isNullable"> => {
    const [first] = parts;
    const { schema } = first;
    const target = parts.length === 1 ? reader.aliasOf(first) : undefined;
    if (target) {
      const { shape, description } = use([target], target.place);
      return { shape, schema, ...described(schema, description) };
    }
    const facets = parts.flatMap((part) => reader.facetsOf(part));
    if (facets.includes(false)) return { shape: { kind: "open", reason: "never" }, schema };
    const solid = facets.filter((facet): facet is Facet => facet !== true && facet !== false);
    const shape =
      valueShape(solid, place, lowering) ?? unionShape(solid, place, lowering) ?? objectShape(solid, place, lowering);
    return { shape, schema, ...described(schema, descriptionIn(solid)) };
  };

  const lowering: Lowering = {
    ...{ ...reader, defs, use },
    define: (type) => types.set(type.key, type),
    enumValues(key) {
      const type = types.get(key);
      return type?.kind === "enum" ? type.values : undefined;
    },
    affords(count) {
      membersLeft -= count;
      return membersLeft >= 0;
    },
    later: (work) => waiting.push(work),
  };
  const place = { path: root, words: [] };
  const rootUse = use([{ schema: normal.schema, place }], place);
  // The list grows while it is walked: what is done later asks for more.
  for (const work of waiting) work();
  return { root: rootUse, types: usedTypes(rootUse, types) };
}

/** The first description that one of them has. */
export function descriptionIn(facets: readonly Facet[]): string | undefined {
  const found = facets.map(({ schema }) => schema["description"]).find((one) => typeof one === "string");
  return typeof found === "string" ? found : undefined;
}

/**
 * What was handed out for a shape under way takes on what was made of it. Only a list or map of nothing but itself has no closed form: a
 * cycle through a type is one by its key.
 */
function become(cell: Shape, made: Shape): void {
  if (made.kind === "named" && cell.kind === "named" && made.key === cell.key) return;
  let inner: Shape | undefined = made;
  while (inner && inner !== cell)
    inner = inner.kind === "list" ? inner.item.shape : inner.kind === "map" ? inner.value.shape : undefined;
  const shape: Shape = inner === cell ? { kind: "open", reason: "recursive" } : made;
  Reflect.deleteProperty(cell, "key");
  Object.assign(cell, shape);
}

/** Without what came of branches that were merged, in the order of first use. */
function usedTypes(root: Use, types: ReadonlyMap<string, NamedType>): Map<string, NamedType> {
  const used = new Map<string, NamedType>();
  const waiting: Shape[] = [root.shape];
  for (let shape = waiting.pop(); shape; shape = waiting.pop()) {
    if (shape.kind === "list") waiting.push(shape.item.shape);
    if (shape.kind === "map") waiting.push(shape.value.shape);
    if (shape.kind !== "named" || used.has(shape.key)) continue;
    const type = types.get(shape.key);
    if (!type) throw new Error(`no type was defined for ${shape.key}`);
    used.set(shape.key, type);
    // The last is looked at first.
    for (const one of shapesIn(type).reverse()) waiting.push(one);
  }
  return used;
}

function shapesIn(type: NamedType): Shape[] {
  if (type.kind === "enum") return [];
  if (type.kind === "union") return type.branches.map(({ shape }) => shape);
  const { properties, additional } = type;
  const all = properties.map(({ shape }) => shape);
  return typeof additional === "object" ? [...all, additional.shape] : all;
}

function described(schema: JsonSchema, otherwise: string | undefined): { readonly description?: string } {
  const own = typeof schema === "object" ? schema["description"] : undefined;
  const text = typeof own === "string" && own !== "" ? own : otherwise;
  return text === undefined || text === "" ? {} : { description: text };
}
