import type { Lock, NumberedWish, ReservedField } from "../../ir/lock.js";
import { plainText } from "../../emit/escape.js";
import type { Property, Use } from "../../ir/shape.js";
import type { Element, FieldType } from "./field-type.js";
import { defaultJsonName, nthField } from "./name.js";
import type { FieldPlan, ProtoType } from "./plan.js";
import type { TypeNames } from "./type-name.js";

/** A field before it has a name and a number. */
export interface FieldDraft extends FieldType {
  /** JSON name, or "" for a field of our own. */
  readonly member: string;
  /** In the lock. Default: the member. Keys of our own begin with `#`, members that do so with two. */
  readonly key?: string;
  readonly base: string;
  readonly isOptional?: boolean;
  readonly isRequired?: boolean;
  readonly isNullable?: boolean;
  readonly isMarked?: boolean;
  readonly use?: Use | Property;
  /** For its comment, beside what the use says. */
  readonly notes?: readonly string[];
}

/** A field with all that its line and its comment say. */
export interface Field {
  readonly plan: FieldPlan;
  readonly draft: FieldDraft;
}

export interface Numbering {
  readonly lock: Lock;
  readonly names: TypeNames;
  /** Names that no field may have: that of a oneof. */
  readonly taken?: readonly string[];
}

export interface NumberedFields {
  /** In the order of the drafts. */
  readonly fields: readonly Field[];
  readonly reserved: readonly ReservedField[];
}

/**
 * Names, JSON names and numbers of a message's fields. Numbers are kept by the message's name, not by the place it stands for: a name that
 * becomes free one day may be another message's the next, and whoever has the old one must not misread it.
 */
export function numberFields(
  message: string,
  drafts: readonly FieldDraft[],
  { lock, names, taken = [] }: Numbering,
): NumberedFields {
  const types = drafts.map((draft) => names.typeOf(draft.element));
  const wishes = drafts.map((draft, i): NumberedWish => {
    const type = types[i];
    return {
      key: draft.key ?? draft.member.replace(/^#/, "##"),
      base: draft.base,
      type: type ? lockedText(draft.label, type) : "",
      exact: draft.base === draft.member,
    };
  });
  const { fields, reserved } = lock.numbers({ target: "protobuf", owner: message }, wishes, {
    nth: nthField,
    claims: (name) => [defaultJsonName(name)],
    taken: taken.map(defaultJsonName),
  });
  const said = new Set(drafts.map(({ member }) => member).filter(isSayable));
  return {
    reserved,
    fields: drafts.map((draft, i): Field => {
      const { name = "", number = 0 } = fields[i] ?? {};
      const type = types[i] ?? { kind: "any", name: "Value", reason: "any" };
      return { draft, plan: planField(draft, { name, number, type, jsonName: jsonNameOf(draft, name, said) }) };
    }),
  };
}

/** `repeated string`, `map<string, int32>`, `GetUserAddress`. */
export function labelledText(label: FieldDraft["label"], type: ProtoType): string {
  const text = typeText(type);
  if (label === "list") return `repeated ${text}`;
  return label === "map" ? `map<string, ${text}>` : text;
}

/** The same, but that an enum and a message of one name are not one type. */
function lockedText(label: FieldDraft["label"], type: ProtoType): string {
  const isEnum = type.kind === "enum";
  return labelledText(label, isEnum ? { ...type, name: `enum.${type.name}` } : type);
}

export const typeText = (type: ProtoType): string =>
  type.kind === "any" ? `.google.protobuf.${type.name}` : type.name;

export const elementsOf = (fields: readonly Field[]): readonly Element[] => fields.map(({ draft }) => draft.element);

export const byNumber = (fields: readonly Field[]): readonly Field[] =>
  [...fields].sort((a, b) => a.plan.number - b.plan.number);

function planField(draft: FieldDraft, given: Pick<FieldPlan, "name" | "number" | "type" | "jsonName">): FieldPlan {
  const { member, label, isOptional = false, isRequired = false, isNullable = false, isMarked = false, use } = draft;
  return { member, label, isOptional, isRequired, isNullable, isMarked, ...given, ...(use && { use }) };
}

/** Whether a .proto file can give a member its own name: one line that hides nothing. `[name]` is how JSON says an extension. */
export const isSayable = (member: string): boolean =>
  member !== "" && member.length <= 200 && plainText(member) === member && !/\n|^\[.*\]$/.test(member);

function jsonNameOf({ member }: FieldDraft, name: string, said: ReadonlySet<string>): string {
  if (isSayable(member)) return member;
  let made = defaultJsonName(name);
  while (said.has(made)) made += "_";
  return made;
}
