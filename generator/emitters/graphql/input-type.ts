import { GraphQLEnumType, GraphQLInputObjectType, GraphQLList } from "graphql";
import type { GraphQLInputFieldConfig, GraphQLInputType } from "graphql";
import type { JsonSchema } from "../../ir/spec.js";
import { constraintOf } from "./constraint.js";
import { defaultNote, describe, lossOf } from "./description.js";
import { applied, renamed } from "./directive.js";
import { fieldMap } from "./field-map.js";
import { requiredInput } from "./modifier.js";
import type { PlannedEnum, PlannedField, PlannedObject, PlannedOneOf, PlannedType, PlannedUse } from "./planned.js";
import { SCALARS } from "./scalar.js";

export type Defs = Readonly<Record<string, JsonSchema>>;

export interface InputTypes {
  /** The type of a place without its `!`. `defs` are those of the side that the place is in. */
  of(use: PlannedUse, defs: Defs): GraphQLInputType;
}

/** Each type once. Enums come from `enumOf`: a schema has each name once. */
export function inputTypes(types: ReadonlyMap<string, PlannedType>): InputTypes {
  const made = new Map<string, GraphQLInputType>();
  const of: InputTypes["of"] = ({ shape }, defs) => {
    if (shape.kind === "scalar") return SCALARS[shape.name];
    if (shape.kind === "list") {
      const item = of(shape.item, defs);
      return new GraphQLList(shape.item.isNullable ? item : requiredInput(item));
    }
    const known = made.get(shape.type);
    if (known) return known;
    const type = types.get(shape.type);
    if (type === undefined || type.kind === "union") throw new Error(`no input type was planned for ${shape.type}`);
    const fresh =
      type.kind === "enum" ? enumType(type) : type.kind === "object" ? object(type, defs) : oneOf(type, defs);
    made.set(shape.type, fresh);
    return fresh;
  };

  const object = (type: PlannedObject, defs: Defs): GraphQLInputObjectType =>
    new GraphQLInputObjectType({
      ...{ name: type.name, ...describe(type.description) },
      fields: () => fieldMap(type, defs, { member: (field) => member(field, defs), of: (use) => of(use, defs) }),
    });

  const member = (field: PlannedField, defs: Defs): GraphQLInputFieldConfig => {
    const { use, isNonNull, default: preset } = field;
    const type = of(field, defs);
    const isCut = use.isRequired && !use.isNullable && use.default === undefined && !isNonNull && preset === undefined;
    const notes = [
      lossOf(use, false),
      isCut ? "Required, but nullable here: no GraphQL input may need itself." : undefined,
      use.default !== undefined && preset === undefined ? defaultNote(use.default) : undefined,
    ];
    return {
      type: isNonNull ? requiredInput(type) : type,
      ...describe(use.description, ...notes),
      ...(preset !== undefined && { defaultValue: preset }),
      ...(use.isDeprecated && !isNonNull && { deprecationReason: "Deprecated by the server." }),
      ...applied(
        renamed(field.original, field.name),
        constraintOf(use, defs, use.isRequired && use.isNullable && use.default === undefined),
      ),
    };
  };

  const oneOf = (type: PlannedOneOf, defs: Defs): GraphQLInputObjectType =>
    new GraphQLInputObjectType({
      ...{ name: type.name, isOneOf: true, ...describe(type.description) },
      fields: () =>
        Object.fromEntries(
          type.branches.map((branch) => [
            branch.name,
            {
              type: of(branch, defs),
              ...describe(branch.use.description, lossOf(branch.use, false)),
              ...applied(constraintOf(branch.use, defs)),
            },
          ]),
        ),
    });

  return { of };
}

/** The internal values are the texts as in JSON. */
export function enumType({ name, description, values }: PlannedEnum): GraphQLEnumType {
  return new GraphQLEnumType({
    ...{ name, ...describe(description) },
    values: Object.fromEntries(
      values.map((one) => [one.name, { value: one.original, ...applied(renamed(one.original, one.name)) }]),
    ),
  });
}
