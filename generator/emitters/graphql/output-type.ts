import { GraphQLList, GraphQLObjectType, GraphQLString, GraphQLUnionType } from "graphql";
import type { GraphQLFieldConfig, GraphQLOutputType } from "graphql";
import { constraintOf } from "./constraint.js";
import { describe, lossOf } from "./description.js";
import { applied, directive, renamed } from "./directive.js";
import { fieldMap } from "./field-map.js";
import { enumType, type Defs } from "./input-type.js";
import { listOf, required } from "./modifier.js";
import type { PlannedField, PlannedObject, PlannedOutputUnion, PlannedType, PlannedUse } from "./planned.js";
import { SCALARS } from "./scalar.js";

export interface OutputTypes {
  /** The type of a place without its `!`. `defs` are those of the side that the place is in. */
  of(use: PlannedUse, defs: Defs): GraphQLOutputType;
}

type Field = GraphQLFieldConfig<unknown, unknown>;

/** Each type once. */
export function outputTypes(types: ReadonlyMap<string, PlannedType>): OutputTypes {
  const made = new Map<string, GraphQLOutputType>();
  const objects = new Map<string, GraphQLObjectType>();
  const of: OutputTypes["of"] = ({ shape }, defs) => {
    if (shape.kind === "scalar") return SCALARS[shape.name];
    if (shape.kind === "list") return new GraphQLList(nonNull(shape.item, of(shape.item, defs)));
    if (shape.kind === "entries") return listOf(entry(shape.type, shape.value, defs));
    const known = made.get(shape.type) ?? objects.get(shape.type);
    if (known) return known;
    const type = types.get(shape.type);
    if (type?.kind === "object") return object(type, defs);
    if (type === undefined || type.kind === "oneOf") throw new Error(`no output type was planned for ${shape.type}`);
    const fresh = type.kind === "enum" ? enumType(type) : union(type, defs);
    made.set(shape.type, fresh);
    return fresh;
  };

  const once = (name: string, make: () => GraphQLObjectType): GraphQLObjectType => {
    const type = objects.get(name) ?? make();
    objects.set(name, type);
    return type;
  };

  const object = (type: PlannedObject, defs: Defs): GraphQLObjectType =>
    once(
      type.name,
      () =>
        new GraphQLObjectType({
          ...{ name: type.name, ...describe(type.description) },
          fields: () => fieldMap(type, defs, { member: (field) => member(field, defs), of: (use) => of(use, defs) }),
        }),
    );

  const member = (field: PlannedField, defs: Defs): Field => {
    const { use, isNonNull, shape } = field;
    const type = of(field, defs);
    return {
      type: isNonNull ? required(type) : type,
      ...describe(use.description, lossOf(use, shape.kind === "entries")),
      ...(use.isDeprecated && { deprecationReason: "Deprecated by the server." }),
      ...applied(renamed(field.original, field.name), constraintOf(use, defs)),
    };
  };

  const entry = (name: string, value: PlannedUse, defs: Defs): GraphQLObjectType =>
    once(
      name,
      () =>
        new GraphQLObjectType({
          ...{ name, ...applied(directive("mcpEntry")) },
          fields: () => ({
            key: { type: required(GraphQLString) },
            value: { type: nonNull(value, of(value, defs)), ...applied(constraintOf(value.use, defs)) },
          }),
        }),
    );

  const union = (type: PlannedOutputUnion, defs: Defs): GraphQLUnionType =>
    new GraphQLUnionType({
      ...{ name: type.name, ...describe(type.description) },
      types: () =>
        type.branches.map((branch) => {
          if (branch.isBox) return box(branch.type, branch, defs);
          const own = types.get(branch.type);
          if (own?.kind !== "object") throw new Error(`no object type was planned for ${branch.type}`);
          return object(own, defs);
        }),
    });

  const box = (name: string, value: PlannedUse, defs: Defs): GraphQLObjectType =>
    once(
      name,
      () =>
        new GraphQLObjectType({
          ...{ name, ...applied(directive("mcpBox")) },
          fields: () => ({
            value: {
              type: nonNull(value, of(value, defs)),
              ...describe(value.use.description, lossOf(value.use, value.shape.kind === "entries")),
              ...applied(constraintOf(value.use, defs)),
            },
          }),
        }),
    );

  return { of };
}

const nonNull = ({ isNullable }: PlannedUse, type: GraphQLOutputType): GraphQLOutputType =>
  isNullable ? type : required(type);
