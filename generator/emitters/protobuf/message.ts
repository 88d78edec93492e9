import type { Model, ObjectType, Property, UnionType } from "../../ir/shape.js";
import { elementOf, fieldType, isValue, type Element } from "./field-type.js";
import { snake } from "./name.js";
import type { BranchPlan, FieldPlan, MessagePlan } from "./plan.js";
import { byNumber, elementsOf, numberFields, type Field, type FieldDraft, type Numbering } from "./number.js";
import type { ReservedField } from "../../ir/lock.js";

/** A message with all that its printer needs. */
export interface Message {
  readonly plan: MessagePlan;
  /** Ascending by number. */
  readonly fields: readonly Field[];
  readonly reserved: readonly ReservedField[];
  readonly description?: string;
}

export interface MessageSetting extends Numbering {
  readonly name: string;
  readonly model: Model;
  /** Null and empty are told from absent. */
  readonly marksEmpty: boolean;
}

const STRING: Element = { kind: "scalar", name: "string" };

export function objectMessage(type: ObjectType, setting: MessageSetting): Message {
  const { name, model, marksEmpty } = setting;
  const properties = type.properties.filter(({ shape }) => shape.kind !== "open" || shape.reason !== "never");
  const drafts = properties.map((property) => propertyDraft(property, { model, marksEmpty }));
  const hasMarks = drafts.some(({ isMarked }) => isMarked);
  const own: FieldDraft[] = [];
  if (typeof type.additional === "object")
    own.push({
      ...{ member: "", key: "#additional", base: "additional_properties", label: "map" },
      ...{ element: elementOf(type.additional, model), notes: ["Members that have no field of their own."] },
    });
  if (hasMarks)
    own.push({
      ...{ member: "", key: "#empty", base: "explicit_empty", label: "list", element: STRING },
      notes: ["JSON names of members that are null or empty rather than left out."],
    });
  const { fields, reserved } = numberFields(name, [...drafts, ...own], setting);
  const ownPlan = (key: string): FieldPlan | undefined => fields.find(({ draft }) => draft.key === key)?.plan;
  const additional = ownPlan("#additional");
  const explicitEmpty = ownPlan("#empty");
  const ordered = byNumber(fields);
  return {
    plan: {
      ...{ kind: "object", name, fields: ordered.map(({ plan }) => plan) },
      ...(additional && { additional }),
      ...(explicitEmpty && { explicitEmpty }),
    },
    ...{ fields: ordered, reserved },
    ...(type.description !== undefined && { description: type.description }),
  };
}

function propertyDraft(
  property: Property,
  { model, marksEmpty }: Pick<MessageSetting, "model" | "marksEmpty">,
): FieldDraft {
  const { label, element } = fieldType(property, model);
  const { name, isRequired, isNullable } = property;
  const isPlain = element.kind === "scalar" || (element.kind === "named" && element.type.kind === "enum");
  const losesAbsence = label !== "one" || (isNullable && !isValue(element));
  return {
    ...{ member: name, base: snake(name, "field"), label, element, use: property, isRequired, isNullable },
    isOptional: label === "one" && isPlain && (!isRequired || isNullable || property.default !== undefined),
    isMarked: marksEmpty && !isRequired && losesAbsence,
  };
}

export function unionMessage(type: UnionType, setting: MessageSetting): Message {
  const { name, model } = setting;
  const drafts = type.branches.map((branch): FieldDraft => ({
    ...{ member: "", key: `#kind ${branch.label}`, base: branchBase(branch.label), label: "one" },
    ...{ element: elementOf(branch, model), use: branch },
  }));
  const { fields, reserved } = numberFields(name, drafts, { ...setting, taken: ["kind"] });
  const branches = fields.flatMap(({ plan }, i): BranchPlan[] => {
    const branch = type.branches[i];
    return branch ? [{ ...plan, schema: branch.schema, ...(branch.tag !== undefined && { tag: branch.tag }) }] : [];
  });
  const ordered = byNumber(fields);
  return {
    plan: {
      ...{ kind: "union", name, branches, fields: ordered.map(({ plan }) => plan) },
      ...(type.discriminator !== undefined && { discriminator: type.discriminator }),
    },
    ...{ fields: ordered, reserved },
    ...(type.description !== undefined && { description: type.description }),
  };
}

/** A label that only says the kind is called as google.protobuf.Value calls it: `string_value`. */
function branchBase(label: string): string {
  const kind = /^(?:String|Number|Integer|Boolean|List|Object)(?= \d+$|$)/.exec(label)?.[0];
  return kind === undefined ? snake(label, "option") : `${kind.toLowerCase()}_value`;
}

export const nextElements = (message: Message): readonly Element[] => elementsOf(message.fields);
