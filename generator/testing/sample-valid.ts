import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json } from "../ir/spec.js";
import { candidates } from "./sample.js";

export interface Samples {
  /** Valid, each different. */
  readonly valid: readonly Json[];
  /** Candidates that turned out to be invalid. */
  readonly dropped: number;
  /** The judge: ajv, by 2020-12, formats being annotations. */
  readonly isValid: ValidateFunction;
}

/** One instance costs 10 ms; formats are annotations; members inherited by all objects are no members. */
const ajv = new Ajv2020({
  ...{ strict: false, validateFormats: false, addUsedSchema: false, ownProperties: true, validateSchema: false },
});

/** Valid samples of a normalised schema, each judged by ajv. Throws GeneratorError `verify` when ajv cannot compile the schema. */
export function samplesOf(schema: NormalSchema): Samples {
  const isValid = ajv.compile(schema.schema);
  const made = candidates(schema);
  const valid = made.filter((one) => isValid(one));
  return { valid, dropped: made.length - valid.length, isValid };
}
