import { wellFormed } from "../../ir/schema-keyword.js";
import type { Model, Property, Use } from "../../ir/shape.js";
import type { Json } from "../../ir/spec.js";
import { literalText } from "./name.js";

/** More items than anybody reads in a signature. */
const MAX_ITEMS = 100;
const MAX_TEXT = 1_000;
const INT32 = 2_147_483_648;

/**
 * What GraphQL can fill in for a field that is left out: the schema's default where its type has a literal for it (scalars, enums, lists of
 * these), and the only text that a required field may have. Undefined where there is none.
 */
export function defaultOf(property: Property, model: Model): Json | undefined {
  const { default: said, shape, isRequired, isNullable } = property;
  if (said !== undefined) return isSayable(said, property, model) ? said : undefined;
  const only = shape.kind === "string" && isRequired && !isNullable ? shape.only : undefined;
  return only !== undefined && isSayable(only, property, model) ? only : undefined;
}

function isSayable(value: Json, { shape, isNullable }: Use, model: Model): boolean {
  if (value === null) return isNullable;
  switch (shape.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value) && (!shape.isInt32 || (Number(value) >= -INT32 && Number(value) < INT32));
    case "string":
      return isText(value);
    case "named": {
      const type = model.types.get(shape.key);
      return type?.kind === "enum" && typeof value === "string" && type.values.includes(value);
    }
    case "list":
      return isList(value) && value.every((one) => isSayable(one, shape.item, model));
    case "array":
      return isList(value) && value.every(isScalar);
    case "open":
      return shape.reason === "tuple" ? isList(value) && value.every(isScalar) : isScalar(value);
    case "free":
    case "map":
      return false;
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value) && value.length <= MAX_ITEMS;
/** Half a surrogate pair has no escape in GraphQL. */
const isText = (value: Json): boolean =>
  typeof value === "string" && value.length <= MAX_TEXT && wellFormed(value) === value;
const isScalar = (value: Json): boolean =>
  value === null || typeof value === "boolean" || typeof value === "number" || isText(value);

/** A literal of what `isSayable` let through; `nameOf` tells the name of an enum's value. */
export function literalOf(value: unknown, nameOf: (text: string) => string = literalText): string {
  if (Array.isArray(value)) return `[${value.map((one) => literalOf(one, nameOf)).join(", ")}]`;
  return typeof value === "string" ? nameOf(value) : JSON.stringify(value);
}
