import type { Lock, Wish } from "../../ir/lock.js";
import type { EnumType, Model, NamedType, ObjectType, Shape, UnionType, Use } from "../../ir/shape.js";
import type { JsonSchema } from "../../ir/spec.js";
import { pointerStep } from "../../ir/walk.js";
import { camel } from "../../ir/words.js";
import { cutCycles } from "./cycle.js";
import { defaultOf } from "./default.js";
import { enumValueName, fieldName, nthMember, typeName } from "./name.js";
import type {
  PlannedEnum,
  PlannedField,
  PlannedObject,
  PlannedOneOf,
  PlannedOutputUnion,
  PlannedShape,
  PlannedType,
  PlannedUse,
} from "./planned.js";

/** One schema of a tool, and what its types are called after. */
export interface Side {
  readonly role: "input" | "output";
  /** Beginning of its types' names. */
  readonly base: string;
  /** Pointer of its root: `/tools/get-user/input`. */
  readonly root: string;
  readonly model: Model;
  readonly defs: Readonly<Record<string, JsonSchema>>;
  /** Maps are lists of entries. */
  readonly hasEntries: boolean;
}

const SUFFIX = { input: "Input", output: "Output" } as const;

/** GraphQL has no type without fields. */
export const isEmptyObject = (type: NamedType | undefined): boolean =>
  type?.kind === "object" && type.properties.length === 0;

/** The types that a side needs, by their pointers: those of its model, boxes of scalars in unions, entries of maps. */
export function wishesOf(side: Side): Wish[] {
  const { base, role, model } = side;
  const root = model.root.shape.kind === "named" ? model.root.shape.key : undefined;
  const wishes: Wish[] = [];
  const addEntries = (path: string, words: readonly string[], { shape }: Use): void => {
    if (shape.kind === "list") addEntries(`${path}/items`, [...words, "Item"], shape.item);
    if (shape.kind !== "map") return;
    wishes.push({ key: `${path}/entry`, base: typeName(base, [...words, "Entry"], "") });
    addEntries(`${path}/additionalProperties`, [...words, "Value"], shape.value);
  };
  if (side.hasEntries) addEntries(side.root, [], model.root);
  for (const type of model.types.values()) {
    const isRoot = type.key === root;
    const words = isRoot ? [] : type.words;
    const suffix = type.kind === "enum" && role === "input" ? "" : SUFFIX[role];
    if (!isEmptyObject(type)) wishes.push({ key: type.key, base: typeName(base, words, suffix), exact: isRoot });
    for (const { path, words: more, use } of usesIn(type)) {
      if (type.kind === "union" && role === "output" && needsBox(use.shape, model))
        wishes.push({ key: `${path}/box`, base: typeName(base, [...words, ...more], suffix) });
      if (side.hasEntries) addEntries(path, [...words, ...more], use);
    }
  }
  return wishes;
}

interface Spot {
  readonly path: string;
  readonly words: readonly string[];
  readonly use: Use;
}

function usesIn(type: NamedType): Spot[] {
  if (type.kind === "enum") return [];
  if (type.kind === "union")
    return type.branches.map((use) => ({ path: branchPath(type, use.label), words: [use.label], use }));
  const { additional } = type;
  return [
    ...type.properties.map((use) => ({ path: propertyPath(type, use.name), words: [use.name], use })),
    ...(typeof additional === "object"
      ? [{ path: additionalPath(type), words: ["Additional"], use: restOf(additional) }]
      : []),
  ];
}

const branchPath = ({ key }: UnionType, label: string): string => `${key}/branches${pointerStep(label)}`;
const propertyPath = ({ key }: ObjectType, name: string): string => `${key}/properties${pointerStep(name)}`;
const additionalPath = ({ key }: ObjectType): string => `${key}/additionalProperties`;

/** All further members of an object, each of this use, as one value. */
const restOf = (value: Use): Use => ({
  ...{ shape: value.shape.kind === "open" ? { kind: "free" } : { kind: "map", value } },
  ...{ isNullable: false, schema: { additionalProperties: value.schema } },
});

/** Members of a union are object types. A union within a union gives it its members. */
function needsBox(shape: Shape, { types }: Model): boolean {
  const type = shape.kind === "named" ? types.get(shape.key) : undefined;
  return type === undefined || type.kind === "enum" || isEmptyObject(type);
}

/** `nameOf` tells the settled name of what `wishesOf` wished for. */
export function planSide(
  side: Side,
  nameOf: (key: string) => string,
  lock: Lock,
): { readonly use: PlannedUse; readonly types: readonly PlannedType[] } {
  const { model, role } = side;
  const members = (owner: string, wishes: readonly Wish[]): readonly string[] =>
    lock.names({ target: "graphql", owner }, wishes, { nth: nthMember });

  const planUse = (use: Use, path: string): PlannedUse => ({
    ...{ shape: planShape(use.shape, path), isNullable: use.isNullable, use },
  });

  const planShape = (shape: Shape, path: string): PlannedShape => {
    switch (shape.kind) {
      case "boolean":
        return { kind: "scalar", name: "Boolean" };
      case "integer":
        return { kind: "scalar", name: shape.isInt32 ? "Int" : "Long" };
      case "number":
        return { kind: "scalar", name: "Float" };
      case "string":
        return { kind: "scalar", name: "String" };
      case "open":
        return shape.reason === "tuple" ? ANY_LIST : ANY;
      case "free":
        return ANY;
      case "array":
        return ANY_LIST;
      case "list":
        return { kind: "list", item: planUse(shape.item, `${path}/items`) };
      case "map":
        if (!side.hasEntries) return ANY;
        return {
          ...{ kind: "entries", type: nameOf(`${path}/entry`) },
          value: planUse(shape.value, `${path}/additionalProperties`),
        };
      case "named":
        return isEmptyObject(model.types.get(shape.key)) ? ANY : { kind: "named", type: nameOf(shape.key) };
    }
  };

  const planEnum = (type: EnumType): PlannedEnum => {
    const names = members(
      type.key,
      type.values.map((value) => ({ key: value, base: enumValueName(value) })),
    );
    const values = type.values.map((original, i) => ({ original, name: names[i] ?? "" }));
    return { kind: "enum", name: nameOf(type.key), ...described(type), values };
  };

  const planObject = (type: ObjectType): PlannedObject => {
    const { properties, additional } = type;
    const originals = new Set(properties.map(({ name }) => name));
    const wishes = properties.map(({ name }): Wish => ({ key: name, base: fieldName(name) }));
    let rest = "additionalProperties";
    while (originals.has(rest)) rest += "_";
    const hasRest = typeof additional === "object";
    const names = members(
      type.key,
      hasRest ? [...wishes, { key: rest, base: "additionalProperties", exact: false }] : wishes,
    );
    const fields = properties.map((property, i): PlannedField => {
      // What may be left out is left out: a value that nobody gave would change the call.
      const preset = role === "input" && property.isRequired ? defaultOf(property, model) : undefined;
      const { isRequired, isNullable, default: said, name } = property;
      const isNonNull = isRequired && !isNullable && (role === "output" || (said ?? preset) === undefined);
      return {
        ...{ shape: planShape(property.shape, propertyPath(type, name)), isNullable, use: property },
        ...{ original: name, name: names[i] ?? "", isNonNull, ...(preset !== undefined && { default: preset }) },
      };
    });
    return {
      ...{ kind: "object", name: nameOf(type.key), ...described(type), fields },
      ...(hasRest && {
        additional: { ...planUse(restOf(additional), additionalPath(type)), name: names[properties.length] ?? "" },
      }),
    };
  };

  const planOneOf = (type: UnionType): PlannedOneOf => {
    const names = members(
      type.key,
      type.branches.map(({ label }) => ({ key: label, base: camel(label, "option") })),
    );
    const branches = type.branches.map((branch, i) => ({
      ...{ ...planUse(branch, branchPath(type, branch.label)), name: names[i] ?? "" },
      ...(branch.tag !== undefined && { tag: branch.tag }),
    }));
    const { discriminator } = type;
    return {
      ...{ kind: "oneOf", name: nameOf(type.key), ...described(type), branches },
      ...(discriminator !== undefined && { discriminator }),
    };
  };

  const planUnion = (type: UnionType): PlannedOutputUnion => {
    const branches = flatBranches(type, new Set([type.key]));
    const { discriminator } = type;
    // The branches of another union have another discriminator, if any.
    const isTagged = discriminator !== undefined && !type.branches.some(({ shape }) => isUnion(shape));
    return {
      ...{ kind: "union", name: nameOf(type.key), ...described(type), branches },
      ...(isTagged && { discriminator }),
    };
  };

  const isUnion = (shape: Shape): boolean => shape.kind === "named" && model.types.get(shape.key)?.kind === "union";

  const flatBranches = (type: UnionType, seen: Set<string>): PlannedOutputUnion["branches"] => {
    const all = type.branches.flatMap((branch): PlannedOutputUnion["branches"] => {
      const { shape } = branch;
      const own = shape.kind === "named" ? model.types.get(shape.key) : undefined;
      if (own?.kind === "union") return seen.has(own.key) ? [] : flatBranches(own, seen.add(own.key));
      const path = branchPath(type, branch.label);
      const isBox = needsBox(shape, model);
      return [
        {
          ...{ ...planUse(branch, path), isBox, type: nameOf(isBox ? `${path}/box` : (own?.key ?? "")) },
          ...(branch.tag !== undefined && { tag: branch.tag }),
        },
      ];
    });
    const types = new Set<string>();
    return all.filter((one) => !types.has(one.type) && types.add(one.type));
  };

  const planType = (type: NamedType): PlannedType => {
    if (type.kind === "enum") return planEnum(type);
    if (type.kind === "object") return planObject(type);
    return role === "input" ? planOneOf(type) : planUnion(type);
  };

  const types = [...model.types.values()].filter((type) => !isEmptyObject(type)).map(planType);
  return { use: planUse(model.root, side.root), types: role === "input" ? cutCycles(types) : types };
}

/** Any JSON value. */
export const ANY: PlannedShape = { kind: "scalar", name: "JSON" };
const ANY_LIST: PlannedShape = {
  kind: "list",
  item: {
    shape: ANY,
    isNullable: true,
    use: { shape: { kind: "open", reason: "any" }, isNullable: true, schema: true },
  },
};

const described = ({ description }: NamedType): { readonly description?: string } =>
  description === undefined ? {} : { description };
