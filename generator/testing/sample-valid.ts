import { Ajv2020 } from "ajv/dist/2020.js";
import { matcherOf } from "../../runtime/guard/schema/pattern.js";
import { patternProgram } from "../emit/validator-pattern.js";
import { GeneratorError } from "../errors.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json } from "../ir/spec.js";
import { candidates } from "./sample.js";

export interface Samples {
  /** Valid, each different. */
  readonly valid: readonly Json[];
  /** Candidates that turned out to be invalid. */
  readonly dropped: number;
  /** Whether a value is valid by ajv, 2020-12, formats being annotations; undefined where the code that ajv made fails. */
  readonly isValid: (value: Json) => boolean | undefined;
}

/** Longest text for a pattern that has no program: with V8's engine it may take 2 to the power of its length. */
const MAX_RISKY_TEXT = 20;

const engine = Object.assign(
  (source: string, flags: string) => {
    const native = new RegExp(source, flags);
    const made = patternProgram(source);
    const matcher = "program" in made ? matcherOf(made.program) : undefined;
    const risky = (text: string): boolean => text.length > MAX_RISKY_TEXT || native.test(text);
    return {
      test: (text: string) => (matcher ? matcher(text, () => undefined) : risky(text)),
      // ajv takes expressions for the same when this is.
      toString: () => `pattern ${source}`,
    };
  },
  { code: "sampleEngine" },
);

/** One instance costs 10 ms; members inherited by all objects are no members. */
const ajv = new Ajv2020({
  ...{ strict: false, validateFormats: false, addUsedSchema: false, ownProperties: true, validateSchema: false },
  code: { regExp: engine },
});

/** Valid samples of a normalised schema, each judged by ajv. Throws GeneratorError `verify` when ajv cannot compile the schema. */
export function samplesOf(schema: NormalSchema): Samples {
  const isValid = judgeOf(schema);
  const made = candidates(schema);
  const valid = made.filter((one) => isValid(one) === true);
  return { valid, dropped: made.length - valid.length, isValid };
}

function judgeOf(schema: NormalSchema): Samples["isValid"] {
  try {
    const validate = ajv.compile(schema.schema);
    return (value) => {
      try {
        return validate(value);
      } catch {
        return undefined; // "props0 is not defined", or a member called `toString` where objects are compared.
      }
    };
  } catch (error) {
    throw GeneratorError.from(error, "verify");
  }
}
