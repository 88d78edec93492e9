import type { Pattern } from "./pattern.js";

/** Place of a check in its table. */
export type CheckId = number;

/**
 * One JSON Schema 2020-12 without its annotations, as plain data. Keywords mean what they mean there; subschemas are places
 * in the table, so that equal ones stand there once and recursive ones are no trouble; maps are lists of pairs, so that a
 * property may be called `__proto__`.
 */
export interface Check {
  readonly type?: readonly string[];
  /** The scalars among the values of `enum` or `const`. Absent with `values` present: none. */
  readonly enum?: readonly (string | number | boolean | null)[];
  /** Canonical JSON of the arrays and objects among the values of `enum` or `const`. */
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: Pattern;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: true;
  readonly prefixItems?: readonly CheckId[];
  readonly items?: CheckId;
  readonly contains?: CheckId;
  readonly minContains?: number;
  readonly maxContains?: number;
  readonly unevaluatedItems?: CheckId;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: readonly (readonly [name: string, check: CheckId])[];
  /** `null`: a pattern that is not enforced. Which names it matches is unknown. */
  readonly patternProperties?: readonly (readonly [pattern: Pattern | null, check: CheckId])[];
  readonly additionalProperties?: CheckId;
  readonly propertyNames?: CheckId;
  readonly dependentRequired?: readonly (readonly [name: string, required: readonly string[]])[];
  readonly dependentSchemas?: readonly (readonly [name: string, check: CheckId])[];
  readonly unevaluatedProperties?: CheckId;
  readonly $ref?: CheckId;
  readonly allOf?: readonly CheckId[];
  readonly anyOf?: readonly CheckId[];
  readonly oneOf?: readonly CheckId[];
  readonly not?: CheckId;
  readonly if?: CheckId;
  readonly then?: CheckId;
  readonly else?: CheckId;
  /** The schema `false`. */
  readonly never?: true;
  /** Some keyword here is not enforced, so that what fits may still be wrong. */
  readonly unsure?: true;
}

export type CheckTable = readonly Check[];

/** One thing wrong with a value. `pointer` is an RFC 6901 pointer into it; empty for the whole. */
export interface Problem {
  readonly pointer: string;
  /** Completes a sentence whose subject is the value at the pointer: `must be string`. */
  readonly message: string;
}
