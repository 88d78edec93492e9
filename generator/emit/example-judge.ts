import { Ajv2020 } from "ajv/dist/2020.js";
import { argumentValidators } from "../../runtime/guard/arguments.js";
import { matcherOf } from "../../runtime/guard/schema/pattern.js";
import { GeneratorError } from "../errors.js";
import type { NormalSchema } from "../ir/schema.js";
import type { Json } from "../ir/spec.js";
import { patternProgram } from "./validator-pattern.js";
import { checkPlan } from "./validator-table.js";

/** Patterns in one pass, since they are a server's: what has no program matches nothing, so that nothing is proved by it. */
const engine = Object.assign(
  (source: string) => {
    const made = patternProgram(source);
    const matcher = "program" in made ? matcherOf(made.program) : undefined;
    return {
      test: (text: string) => matcher?.(text, () => undefined) ?? false,
      // ajv takes expressions for the same when this is.
      toString: () => `pattern ${source}`,
    };
  },
  { code: "exampleEngine" },
);

/**
 * Whether values are valid by a normalised schema: by our own evaluator first, which counts its steps, since schemas can be written on which
 * ajv takes for ever; then by ajv, 2020-12, formats being annotations. A value that either cannot judge is not valid.
 */
export function exampleJudge(): (schema: NormalSchema) => (value: Json) => boolean {
  const ajv = new Ajv2020({
    ...{ strict: false, validateFormats: false, addUsedSchema: false, ownProperties: true, validateSchema: false },
    ...{ inlineRefs: false, code: { regExp: engine, optimize: false } },
  });
  return ({ schema }) => {
    const { table, roots } = checkPlan([{ name: "example", pointer: "", schema }]);
    const { example: problemsIn } = argumentValidators(table, roots);
    let validate: ((value: Json) => boolean) | undefined;
    const compiled = (): ((value: Json) => boolean) => {
      try {
        return ajv.compile<Json>(schema);
      } catch (error) {
        throw GeneratorError.from(error, "verify");
      } finally {
        // It would keep the code of every schema that it has seen.
        ajv.removeSchema(schema);
      }
    };
    return (value) => {
      if (problemsIn?.(value).length !== 0) return false;
      validate ??= compiled();
      try {
        return validate(value);
      } catch {
        return false; // "props0 is not defined": code of ajv's that fails is no proof.
      }
    };
  };
}
