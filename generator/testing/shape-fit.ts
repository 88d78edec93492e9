import type { Model, Shape, Use } from "../ir/shape.js";
import type { Json } from "../ir/spec.js";
import { pointerStep } from "../ir/walk.js";

/**
 * Where a value does not have the shape that a schema was lowered to, and why; undefined where it has. Members that an object type does not
 * name are no fault where it says nothing of them.
 */
export function misfit(value: Json, { root, types }: Model): string | undefined {
  const useFault = (one: Json, { shape, isNullable }: Use, path: string): string | undefined =>
    one === null && isNullable ? undefined : shapeFault(one, shape, path);

  const shapeFault = (one: Json, shape: Shape, path: string): string | undefined => {
    const fault = (want: string): string => `${path === "" ? "/" : path}: ${kindOf(one)}, not ${want}`;
    switch (shape.kind) {
      case "open":
        if (shape.reason === "never") return fault("nothing at all");
        if (shape.reason === "tuple" && !Array.isArray(one)) return fault("a tuple");
        return shape.reason === "null" && one !== null ? fault("null") : undefined;
      case "boolean":
        return typeof one === "boolean" ? undefined : fault("a boolean");
      case "number":
      case "integer":
        if (typeof one !== "number") return fault("a number");
        if (shape.kind === "integer" && !Number.isInteger(one)) return fault("an integer");
        if (shape.isInt32 && Math.trunc(one / 2 ** 31) !== 0 && one !== -(2 ** 31)) return fault("of 32 bits");
        return shape.values && !shape.values.includes(one) ? fault("one of the numbers") : undefined;
      case "string":
        if (typeof one !== "string") return fault("a string");
        return shape.only === undefined || shape.only === one ? undefined : fault(`the text ${shape.only}`);
      case "array":
        return Array.isArray(one) ? undefined : fault("an array");
      case "list":
        if (!Array.isArray(one)) return fault("a list");
        return firstOf((one as readonly Json[]).map((item, i) => () => useFault(item, shape.item, `${path}/${i}`)));
      case "free":
        return isObject(one) ? undefined : fault("an object");
      case "map":
        if (!isObject(one)) return fault("a map");
        return firstOf(
          Object.entries(one).map(
            ([name, member]) =>
              () =>
                useFault(member, shape.value, path + pointerStep(name)),
          ),
        );
      case "named":
        return namedFault(one, shape.key, path);
    }
  };

  const namedFault = (one: Json, key: string, path: string): string | undefined => {
    const type = types.get(key);
    if (!type) return `${path}: no type ${key}`;
    if (type.kind === "enum")
      return typeof one === "string" && type.values.includes(one) ? undefined : `${path}: not in the enum ${key}`;
    if (type.kind === "union") {
      const faults = type.branches.map(({ shape, tag }) => {
        const { discriminator: property } = type;
        const isOther =
          property !== undefined && (!isObject(one) || !Object.hasOwn(one, property) || one[property] !== tag);
        return isOther ? `${path}: not tagged ${tag ?? ""}` : shapeFault(one, shape, path);
      });
      return faults.includes(undefined) ? undefined : `${path}: no branch of ${key} (${faults.join("; ")})`;
    }
    if (!isObject(one)) return `${path}: ${kindOf(one)}, not an object ${key}`;
    const uses = new Map(type.properties.map((property) => [property.name, property]));
    const missing = type.properties.find(({ name, isRequired }) => isRequired && !Object.hasOwn(one, name));
    if (missing) return `${path}: without ${missing.name} of ${key}`;
    return firstOf(
      Object.entries(one).map(([name, member]) => () => {
        const use = uses.get(name) ?? (typeof type.additional === "object" ? type.additional : undefined);
        if (use) return useFault(member, use, path + pointerStep(name));
        return type.additional === "closed" ? `${path}: ${name} is no member of ${key}` : undefined;
      }),
    );
  };
  return useFault(value, root, "");
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
