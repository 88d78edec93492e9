import type { Model, NamedType, Shape, Use } from "../../ir/shape.js";
import type { AnyName, ScalarName } from "./plan.js";

/** What makes a value of a message that has no message of its own. */
export type Wrap = "list" | "map" | "nullable";

/** A value's type before types have names. */
export type Element =
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "any"; readonly name: AnyName; readonly reason: string }
  | { readonly kind: "named"; readonly type: NamedType }
  /** A message of content.proto. */
  | { readonly kind: "content"; readonly name: string }
  | { readonly kind: "wrapped"; readonly wrap: Wrap; readonly of: Element };

export interface FieldType {
  readonly label: "one" | "list" | "map";
  readonly element: Element;
}

/** Wrappers around wrappers. A list of lists of lists of lists is as clear as ListValue. */
const MAX_WRAPS = 3;

/** The type of a field. Absence says null; protobuf cannot tell an empty list or map from an absent one, so a nullable one is wrapped. */
export function fieldType(use: Use, model: Model): FieldType {
  const { shape, isNullable } = use;
  if (shape.kind === "list" && !isNullable) return { label: "list", element: elementOf(shape.item, model) };
  if (shape.kind === "map" && !isNullable) return { label: "map", element: elementOf(shape.value, model) };
  return { label: "one", element: plainElement(shape, model) };
}

/** The type of a list's item, a map's value and a union's branch, where there is no absence to say null by. */
export function elementOf({ shape, isNullable }: Use, model: Model): Element {
  const element = plainElement(shape, model);
  if (!isNullable || isValue(element)) return element;
  return element.kind === "any"
    ? { ...element, name: "Value" }
    : wrapped("nullable", element, { kind: "any", name: "Value", reason: "nested" });
}

export const isValue = (element: Element): boolean => element.kind === "any" && element.name === "Value";

/** Stable over time: a named type's pointer. */
export function elementId(element: Element): string {
  if (element.kind === "named") return element.type.key;
  return element.kind === "wrapped" ? `${elementId(element.of)}#${element.wrap}` : element.name;
}

/** The type inside all wrappers. */
export function innermost(element: Element): Exclude<Element, { readonly kind: "wrapped" }> {
  let inner = element;
  while (inner.kind === "wrapped") inner = inner.of;
  return inner;
}

/** `User` → `UserList`, `UserMap`, `NullableUser`. */
export const wrapperName = (wrap: Wrap, name: string): string =>
  wrap === "nullable" ? `Nullable${name}` : `${name}${wrap === "list" ? "List" : "Map"}`;

function plainElement(shape: Shape, model: Model): Element {
  switch (shape.kind) {
    case "boolean":
      return { kind: "scalar", name: "bool" };
    case "number":
      return { kind: "scalar", name: "double" };
    case "integer":
      return { kind: "scalar", name: shape.isInt32 ? "int32" : "int64" };
    case "string":
      return { kind: "scalar", name: shape.encoding === "base64" ? "bytes" : "string" };
    case "list":
      return wrapped("list", elementOf(shape.item, model), { kind: "any", name: "ListValue", reason: "nested" });
    case "map":
      return wrapped("map", elementOf(shape.value, model), { kind: "any", name: "Struct", reason: "nested" });
    case "free":
      return { kind: "any", name: "Struct", reason: "free" };
    case "array":
      return { kind: "any", name: "ListValue", reason: "array" };
    case "open":
      return { kind: "any", name: shape.reason === "tuple" ? "ListValue" : "Value", reason: shape.reason };
    case "named": {
      const type = model.types.get(shape.key);
      if (!type) throw new Error(`no type ${shape.key}`);
      return { kind: "named", type };
    }
  }
}

function wrapped(wrap: Wrap, of: Element, otherwise: Element): Element {
  let depth = 1;
  for (let inner = of; inner.kind === "wrapped"; inner = inner.of) depth++;
  return depth > MAX_WRAPS ? otherwise : { kind: "wrapped", wrap, of };
}
