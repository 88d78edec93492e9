import type { Element, Wrap } from "./field-type.js";
import type { Message } from "./message.js";
import type { FieldDraft, Field } from "./number.js";
import type { TypeNames } from "./type-name.js";

const FIELDS: Readonly<Record<Wrap, Pick<FieldDraft, "base" | "label" | "isNullable" | "notes">>> = {
  list: { base: "items", label: "list" },
  map: { base: "entries", label: "map" },
  nullable: { base: "value", label: "one", isNullable: true, notes: ["Unset: null."] },
};

/** The message of a value that protobuf has no word for. Its one field is what its name says, so it needs no lock. */
export function wrapperMessage(element: Extract<Element, { readonly kind: "wrapped" }>, names: TypeNames): Message {
  const { wrap, of } = element;
  const type = names.typeOf(of);
  const draft: FieldDraft = { member: "", element: of, isOptional: isPlain(wrap, of), ...FIELDS[wrap] };
  const field: Field = {
    draft,
    plan: {
      ...{ member: "", name: draft.base, jsonName: draft.base, number: 1, label: draft.label, type },
      ...{ isOptional: isPlain(wrap, of), isRequired: false, isNullable: wrap === "nullable", isMarked: false },
    },
  };
  return {
    plan: { kind: "wrapper", name: names.nameOf(element), fields: [field.plan] },
    ...{ fields: [field], reserved: [] },
  };
}

const isPlain = (wrap: Wrap, of: Element): boolean =>
  wrap === "nullable" && (of.kind === "scalar" || (of.kind === "named" && of.type.kind === "enum"));
