import { allowsNull, facetsOf, isReference, type Defs, type Facet } from "./lower-facet.js";
import { objectShape } from "./lower-object.js";
import { unionShape } from "./lower-union.js";
import { valueShape } from "./lower-value.js";
import type { NormalSchema } from "./schema.js";
import type { Model, NamedType, Shape, Use } from "./shape.js";
import type { JsonObject, JsonSchema } from "./spec.js";
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
export interface Lowering {
  readonly defs: Defs;
  use(parts: readonly [Part, ...Part[]], place: Place): Use;
  /** Adds a type; what fills it may be told later. */
  define(type: NamedType): void;
  /** Values of an enum that was defined; undefined for what is none. */
  enumValues(key: string): readonly string[] | undefined;
  /** Does it once all that is under way is done, so that depth costs no stack. */
  later(work: () => void): void;
}

/** Levels of arrays and unions without an object between them. */
const MAX_NESTING = 100;

/**
 * A normalised schema as closed types. `root` is the pointer of the schema's owner and role: `/tools/get-user/input`.
 * A schema without a type that has properties is read as an object, one with items as an array. Source: schemas.md §2, §4, §5.
 */
export function lower(normal: NormalSchema, root: string): Model {
  const types = new Map<string, NamedType>();
  const waiting: (() => void)[] = [];
  const done = new Map<string, Use>();
  const provisional = new Map<string, { shape: Shape }[]>();
  let nesting = 0;

  const defs: Defs = new Map(
    Object.entries(normal.defs).map(([key, schema]) => {
      const place = {
        path: root + (normal.defPaths[key] ?? pointerStep(key)),
        words: key === normal.rootKey ? [] : [key],
      };
      return [key, { schema, place }];
    }),
  );

  const use: Lowering["use"] = (parts, place) => {
    const memo = parts.map((part) => part.place.path).join("\n");
    const known = done.get(memo);
    if (known) return known;
    const under = provisional.get(memo);
    const [{ schema }] = parts;
    const isNullable = parts.every((part) => allowsNull(part.schema, defs));
    if (under) {
      const again = { shape: { kind: "named", key: place.path } as Shape, isNullable, schema };
      under.push(again);
      return again;
    }
    const waitingFor: { shape: Shape }[] = [];
    provisional.set(memo, waitingFor);
    nesting++;
    const made =
      nesting > MAX_NESTING ? open("recursive", schema, isNullable) : { ...shapeOf(parts, place), isNullable };
    nesting--;
    provisional.delete(memo);
    for (const one of waitingFor)
      if (!isNamed(made.shape, place.path))
        one.shape = isSimple(made.shape) ? made.shape : { kind: "open", reason: "recursive" };
    done.set(memo, made);
    return made;
  };

  const shapeOf = (parts: readonly [Part, ...Part[]], place: Place): Omit<Use, "isNullable"> => {
    const [{ schema }] = parts;
    const target =
      parts.length === 1 && typeof schema === "object" && isReference(schema) ? defs.get(keyOf(schema)) : undefined;
    if (target) {
      const { shape, description } = use([target], target.place);
      return { shape, schema, ...described(schema, description) };
    }
    const facets = parts.flatMap((part) => facetsOf(part, defs));
    if (facets.includes(false)) return { shape: { kind: "open", reason: "never" }, schema };
    const solid = facets.filter((facet): facet is Facet => facet !== true && facet !== false);
    const shape =
      valueShape(solid, place, lowering) ?? unionShape(solid, place, lowering) ?? objectShape(solid, place, lowering);
    return {
      shape,
      schema,
      ...described(
        schema,
        solid.map((facet) => facet.schema["description"]).find((one) => typeof one === "string"),
      ),
    };
  };

  const lowering: Lowering = {
    ...{ defs, use },
    define: (type) => types.set(type.key, type),
    enumValues(key) {
      const type = types.get(key);
      return type?.kind === "enum" ? type.values : undefined;
    },
    later: (work) => waiting.push(work),
  };
  const place = { path: root, words: [] };
  const rootUse = use([{ schema: normal.schema, place }], place);
  for (let work = waiting.shift(); work; work = waiting.shift()) work();
  return { root: rootUse, types: usedTypes(rootUse, types) };
}

/** Without what came of branches that were merged, in the order of first use. */
function usedTypes(root: Use, types: ReadonlyMap<string, NamedType>): Map<string, NamedType> {
  const used = new Map<string, NamedType>();
  const waiting: Shape[] = [root.shape];
  for (let shape = waiting.shift(); shape; shape = waiting.shift()) {
    if (shape.kind === "list") waiting.unshift(shape.item.shape);
    if (shape.kind === "map") waiting.unshift(shape.value.shape);
    if (shape.kind !== "named" || used.has(shape.key)) continue;
    const type = types.get(shape.key);
    if (!type) throw new Error(`no type was defined for ${shape.key}`);
    used.set(shape.key, type);
    if (type.kind === "union") waiting.unshift(...type.branches.map((branch) => branch.shape));
    if (type.kind !== "object") continue;
    const { additional } = type;
    waiting.unshift(
      ...type.properties.map((property) => property.shape),
      ...(typeof additional === "object" ? [additional.shape] : []),
    );
  }
  return used;
}

/** The key in `#/$defs/KEY`. */
function keyOf(schema: JsonObject): string {
  const { $ref } = schema;
  return typeof $ref === "string" ? $ref.slice("#/$defs/".length) : "";
}

function described(schema: JsonSchema, otherwise: unknown): { readonly description?: string } {
  const own = typeof schema === "object" ? schema["description"] : undefined;
  const text = typeof own === "string" && own !== "" ? own : otherwise;
  return typeof text === "string" && text !== "" ? { description: text } : {};
}

const open = (reason: "recursive", schema: JsonSchema, isNullable: boolean): Use => ({
  shape: { kind: "open", reason },
  schema,
  isNullable,
});
const isNamed = (shape: Shape, key: string): boolean => shape.kind === "named" && shape.key === key;
const isSimple = (shape: Shape): boolean => shape.kind !== "list" && shape.kind !== "map";
