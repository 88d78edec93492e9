import type { Model, NamedType, Shape, Use } from "../ir/shape.js";

/**
 * A model in one line, for tests: `{a: string, b?: [int32]|null, …}`, enums as `"x"|"y"`, unions as `<Label: … or Label: …>` with their
 * discriminator before it, `{…: T}` for maps, `^/properties/a` for a type that was written out before. A closed object ends in `}!`.
 */
export function sketch({ root, types }: Model): string {
  const written = new Set<string>();
  const useText = ({ shape, isNullable }: Use): string => shapeText(shape) + (isNullable ? "|null" : "");

  const shapeText = (shape: Shape): string => {
    switch (shape.kind) {
      case "open":
        return `open(${shape.reason})`;
      case "boolean":
      case "free":
      case "array":
        return shape.kind;
      case "number":
      case "integer": {
        const word = shape.isInt32 ? "int32" : shape.kind;
        return shape.values ? `${word}(${shape.values.join(" ")})` : word;
      }
      case "string":
        return shape.only === undefined ? (shape.encoding ?? shape.format ?? "string") : `=${shape.only}`;
      case "list":
        return `[${useText(shape.item)}]`;
      case "map":
        return `{…: ${useText(shape.value)}}`;
      case "named":
        return namedText(shape.key);
    }
  };

  const namedText = (key: string): string => {
    const type = types.get(key);
    if (!type) return `?${key}`;
    if (written.has(key)) return `^${key}`;
    written.add(key);
    return typeText(type);
  };

  const typeText = (type: NamedType): string => {
    if (type.kind === "enum") return type.values.map((value) => JSON.stringify(value)).join("|");
    if (type.kind === "union") {
      const branches = type.branches.map((branch) => `${branch.label}: ${useText(branch)}`).join(" or ");
      return `${type.discriminator === undefined ? "" : `${type.discriminator} of `}<${branches}>`;
    }
    const { properties, additional } = type;
    const members = properties.map((one) => `${one.name}${one.isRequired ? "" : "?"}: ${useText(one)}`);
    if (typeof additional === "object") members.push(`…: ${useText(additional)}`);
    return `{${members.join(", ")}}${additional === "closed" ? "!" : ""}`;
  };
  return useText(root);
}
