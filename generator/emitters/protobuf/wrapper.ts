import type { Element, Wrap } from "./field-type.js";
import type { Message } from "./message.js";
import { numberFields, type FieldDraft, type Numbering } from "./number.js";

const FIELDS: Readonly<Record<Wrap, Pick<FieldDraft, "base" | "label" | "isNullable" | "notes">>> = {
  list: { base: "items", label: "list" },
  map: { base: "entries", label: "map" },
  nullable: { base: "value", label: "one", isNullable: true, notes: ["Unset: null."] },
};

/** The message of a value that protobuf has no word for. */
export function wrapperMessage(
  { wrap, of }: Extract<Element, { readonly kind: "wrapped" }>,
  { name, ...numbering }: Numbering & { readonly name: string },
): Message {
  const isPlain = of.kind === "scalar" || (of.kind === "named" && of.type.kind === "enum");
  const draft: FieldDraft = {
    ...{ member: "", key: "#value", element: of, isOptional: wrap === "nullable" && isPlain },
    ...FIELDS[wrap],
  };
  const { fields, reserved } = numberFields(name, [draft], numbering);
  return { plan: { kind: "wrapper", name, fields: fields.map(({ plan }) => plan) }, fields, reserved };
}
