import type { Lock, ReservedField } from "../../ir/lock.js";
import type { EnumType } from "../../ir/shape.js";
import { enumPrefix, enumValueBase, enumValueName, nthEnumValue } from "./name.js";
import type { EnumPlan } from "./plan.js";

export interface Enumeration {
  readonly plan: EnumPlan;
  readonly reserved: readonly ReservedField[];
  readonly description?: string;
}

export interface EnumSetting {
  readonly name: string;
  readonly lock: Lock;
  /** Names of values of all enums of the package: values are siblings of their enum, not its members. Those of this one are added. */
  readonly taken: Set<string>;
}

export const zeroName = (name: string): string => enumValueName(enumPrefix(name), "UNSPECIFIED");

/** The lock keeps names without the enum's prefix. */
export function enumeration(type: EnumType, { name, lock, taken }: EnumSetting): Enumeration {
  const prefix = enumPrefix(name);
  const full = (base: string): string => enumValueName(prefix, base);
  const clash = (base: string): boolean => taken.has(full(base));
  const { fields, reserved } = lock.numbers(
    { target: "protobuf", owner: name },
    type.values.map((value) => ({ key: value, base: enumValueBase(value), type: "" })),
    {
      nth: nthEnumValue,
      // Two that differ only in underscores are one to languages that write values in other ways.
      claims: (base) => [base.replaceAll("_", ""), ...(clash(base) ? [CLASH] : [])],
      taken: ["UNSPECIFIED", CLASH],
    },
  );
  const zero = zeroName(name);
  const values = type.values.map((value, i) => {
    const { name: base = "", number = 0 } = fields[i] ?? {};
    return { value, name: full(base), number };
  });
  for (const value of values) taken.add(value.name);
  return {
    plan: { name, zero, values: values.sort((a, b) => a.number - b.number) },
    reserved: reserved.map((one) => ({ ...one, name: full(one.name) })),
    ...(type.description !== undefined && { description: type.description }),
  };
}

/** No name of a value. */
const CLASH = "(taken)";
