import type { Json, JsonSchema } from "./spec.js";

/**
 * Why a place takes any JSON. `any`: the schema says so. The others say what no closed type can: nothing at all, a tuple, values of several
 * kinds in one list, only null, a list of itself.
 */
export type OpenReason = "any" | "never" | "tuple" | "mixed" | "null" | "recursive";

/**
 * What a value at one place of a schema can be, closed: all that GraphQL and proto3 have words for. Sound: each value that the schema accepts
 * has this shape, save members of objects that the schema does not name (see `ObjectType.additional`).
 */
export type Shape =
  | { readonly kind: "open"; readonly reason: OpenReason }
  | { readonly kind: "boolean" }
  /** `values`: all that are allowed, where the schema lists them. `isInt32`: bounds or values say that 32 bits will do. */
  | { readonly kind: "number" | "integer"; readonly isInt32: boolean; readonly values?: readonly number[] }
  /** `only`: the one text that is allowed. `format` and `encoding` as the schema says. */
  | { readonly kind: "string"; readonly only?: string; readonly format?: string; readonly encoding?: string }
  | { readonly kind: "list"; readonly item: Use }
  /** An object of which no member is named, all of one shape. */
  | { readonly kind: "map"; readonly value: Use }
  /** Any object. */
  | { readonly kind: "free" }
  /** Any array. */
  | { readonly kind: "array" }
  /** One of `Model.types`: an enum, an object or a union. */
  | { readonly kind: "named"; readonly key: string };

/** A shape where it is used. */
export interface Use {
  readonly shape: Shape;
  readonly isNullable: boolean;
  /** The normalised subschema of this place, for its annotations and constraints. */
  readonly schema: JsonSchema;
  /** Of this place; for a reference without one, of what it leads to. */
  readonly description?: string;
}

export interface Property extends Use {
  /** As in JSON. */
  readonly name: string;
  readonly isRequired: boolean;
  readonly default?: Json;
  readonly isDeprecated: boolean;
}

interface Named {
  /** Stable pointer of the place that defines it: `/tools/get-user/input/properties/sort`. Unique over a spec. */
  readonly key: string;
  /** Words for a name that tell the place: `["sort"]`, `["User", "address", "Item"]`. Empty for the root. Foreign text. */
  readonly words: readonly string[];
  readonly description?: string;
}

/** Texts, distinct, in the schema's order. */
export interface EnumType extends Named {
  readonly kind: "enum";
  readonly values: readonly string[];
}

export interface ObjectType extends Named {
  readonly kind: "object";
  /** Distinct names, in the schema's order. May be none: an object that is always empty. */
  readonly properties: readonly Property[];
  /**
   * Members that are not named. `undeclared`: the schema does not speak of them, which in JSON Schema allows them and in practice means there
   * are none; `closed`: none; a Use: declared, each of this shape.
   */
  readonly additional: "undeclared" | "closed" | Use;
}

export interface Branch extends Use {
  /** Words for a name: its title, its discriminator's value, its definition's name, else its kind. Distinct in a union up to letter case. */
  readonly label: string;
  /** Value of the union's discriminator. */
  readonly tag?: string;
}

/** At least two branches, none of them nullable, no two of the same scalar kind. */
export interface UnionType extends Named {
  readonly kind: "union";
  readonly branches: readonly Branch[];
  /** A property that every branch requires, each with its own constant text. */
  readonly discriminator?: string;
}

export type NamedType = EnumType | ObjectType | UnionType;

/** A schema as closed types. */
export interface Model {
  readonly root: Use;
  /** By key, in the order of first use. */
  readonly types: ReadonlyMap<string, NamedType>;
}
