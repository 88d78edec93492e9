import type { Property, Use } from "../../ir/shape.js";
import type { Json, JsonSchema } from "../../ir/spec.js";

/** Scalars that a planned value can have. `Long`: a whole number of any size; `JSON`: any value, the same on both sides. */
export type ScalarName = "Boolean" | "Float" | "Int" | "JSON" | "Long" | "String";

/**
 * How the JSON at one place is said in GraphQL. `scalar`: the same value. `list`: each item by itself. `entries`: an object whose members
 * stand in a list, `{a: 1}` ↔ `[{key: "a", value: 1}]`. `named`: see `GraphqlPlan.types`.
 */
export type PlannedShape =
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "list"; readonly item: PlannedUse }
  | { readonly kind: "entries"; readonly type: string; readonly value: PlannedUse }
  | { readonly kind: "named"; readonly type: string };

export interface PlannedUse {
  readonly shape: PlannedShape;
  /** Whether null is valid JSON here. GraphQL's own nullability may be wider: what may be left out is nullable there. */
  readonly isNullable: boolean;
  /** What it was made of: schema (its references lead into `PlannedSide.defs`), shape, description. */
  readonly use: Use;
}

/** Texts ↔ names. */
export interface PlannedEnum {
  readonly kind: "enum";
  readonly name: string;
  readonly description?: string;
  readonly values: readonly { readonly original: string; readonly name: string }[];
}

export interface PlannedField extends PlannedUse {
  /** The member's name in JSON. */
  readonly original: string;
  /** The field's name in GraphQL. */
  readonly name: string;
  /** `!` */
  readonly isNonNull: boolean;
  /** What GraphQL fills in where an input leaves the field out, as JSON. */
  readonly default?: Json;
  readonly use: Property;
}

/** An input or output type; members that the schema neither names nor declares are lost. */
export interface PlannedObject {
  readonly kind: "object";
  readonly name: string;
  readonly description?: string;
  readonly fields: readonly PlannedField[];
  /** A field that holds all further members in one JSON object (or entries), for a schema that declares them. */
  readonly additional?: PlannedUse & { readonly name: string };
}

/** A choice. Of several branches that fit, the first counts. */
export interface PlannedUnion {
  readonly name: string;
  readonly description?: string;
  /** A member that each branch requires, with the branch's own `tag` as its value. */
  readonly discriminator?: string;
}

/** An `@oneOf` input: the value stands in the one field of its branch. */
export interface PlannedOneOf extends PlannedUnion {
  readonly kind: "oneOf";
  readonly branches: readonly (PlannedBranch & { /** Of the field. */ readonly name: string })[];
}

/** A union of object types, nested ones flattened. */
export interface PlannedOutputUnion extends PlannedUnion {
  readonly kind: "union";
  readonly branches: readonly (PlannedBranch & {
    /** The object type that says which branch it is. */
    readonly type: string;
    /** The type is a box: the value stands in its field `value`. Otherwise it is the object itself. */
    readonly isBox: boolean;
  })[];
}

export interface PlannedBranch extends PlannedUse {
  /** Counts only in a union that has a discriminator. */
  readonly tag?: string;
}

export type PlannedType = PlannedEnum | PlannedObject | PlannedOneOf | PlannedOutputUnion;

/** One schema of a tool. */
export interface PlannedSide extends PlannedUse {
  /** What `#/$defs/KEY` in the schemas of its uses means. */
  readonly defs: Readonly<Record<string, JsonSchema>>;
}

export interface PlannedTool {
  readonly root: "Query" | "Mutation";
  /** Of the root type. */
  readonly field: string;
  /** The value of the field's only argument, `input`. Absent: the field takes none. */
  readonly input?: PlannedSide & { readonly isNonNull: boolean };
  /** The value of `structuredContent`. Absent: any JSON. */
  readonly output?: PlannedSide;
  /** Name of the field's type. */
  readonly result: string;
  /** Name of the union that a subscription yields; only with the option `subscriptions`. */
  readonly event?: string;
}

/** Arguments of a prompt or variables of a template: original → argument. */
export interface PlannedArgument {
  readonly original: string;
  readonly name: string;
  readonly isRequired: boolean;
  readonly isList: boolean;
  readonly description?: string;
}
