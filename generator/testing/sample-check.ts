import type { ArgumentValidators } from "../../runtime/guard/arguments.js";
import { printValidators } from "../emit/validators.js";
import { GeneratorError } from "../errors.js";
import { normaliseSchema } from "../ir/schema.js";
import type { Diagnostic, Json, ServerSpec, ToolSpec } from "../ir/spec.js";
import { mutantsOf } from "./sample-mutant.js";
import { samplesOf } from "./sample-valid.js";
import { loadValidators } from "./validator-module.js";

export interface SampleFailure {
  readonly tool: string;
  /** Of the schema, in the spec. */
  readonly pointer: string;
  readonly sample: Json;
  /** What the validator did. */
  readonly text: string;
}

export interface SampleReport {
  readonly schemas: number;
  /** Valid by ajv, changed samples among them. */
  readonly samples: number;
  /** Of these, by our validator too. */
  readonly accepted: number;
  /** Invalid by ajv. */
  readonly mutants: number;
  /** Of these, by our validator too. */
  readonly rejected: number;
  /** Invalid by ajv and accepted by us, where a pattern of the tool is not enforced. */
  readonly notEnforced: number;
  /** Not judged, since ajv failed. */
  readonly unjudged: number;
  /** Candidates that were no samples. */
  readonly dropped: number;
  /** Pointers of input schemas for which no valid sample was found. */
  readonly schemasWithoutSample: readonly string[];
  readonly failures: readonly SampleFailure[];
}

const MAX_MUTANTS = 300;
const MAX_MUTATED = 4;

/** Runs the validators that we print against ajv: both must say the same of samples of each tool's arguments, and of changed ones. */
export async function checkSamples(spec: ServerSpec): Promise<SampleReport> {
  const { text, diagnostics } = await printValidators(spec);
  return compareSamples(spec, { ...(await loadValidators(text)), diagnostics });
}

/** The same for given validators and what is known not to be enforced by them. */
export function compareSamples(
  spec: ServerSpec,
  { validators, diagnostics }: { readonly validators: ArgumentValidators; readonly diagnostics: readonly Diagnostic[] },
): SampleReport {
  const report = {
    ...{ schemas: 0, samples: 0, accepted: 0, mutants: 0, rejected: 0, notEnforced: 0, unjudged: 0, dropped: 0 },
    ...{ schemasWithoutSample: [] as string[], failures: [] as SampleFailure[] },
  };
  for (const [i, tool] of spec.tools.entries()) {
    const pointer = `/tools/${i}/inputSchema`;
    const isLoose = diagnostics.some((one) => `${one.pointer}/`.startsWith(`${pointer}/`));
    const { values, isValid, dropped, found } = trials(tool, pointer);
    report.schemas++;
    report.dropped += dropped;
    if (found === 0) report.schemasWithoutSample.push(pointer);
    for (const sample of values) {
      const problems = validators[tool.name]?.(sample);
      if (!problems) throw new GeneratorError("internal", `no validator for ${tool.name}`);
      const want = isValid(sample);
      const got = problems.length === 0;
      // ajv looks at no schema of a property called __proto__.
      if (want === undefined || (want && !got && JSON.stringify(sample).includes('"__proto__":'))) {
        report.unjudged++;
        continue;
      }
      if (want) report.samples++;
      else report.mutants++;
      if (want && got) report.accepted++;
      else if (!want && !got) report.rejected++;
      else if (!want && isLoose) report.notEnforced++;
      else
        report.failures.push({
          tool: tool.name,
          pointer,
          sample,
          text: want ? `refused: ${JSON.stringify(problems)}` : "accepted, though it is invalid",
        });
    }
  }
  return report;
}

function trials(tool: ToolSpec, pointer: string) {
  const { valid, dropped, isValid } = samplesOf(normaliseSchema(tool.inputSchema, pointer));
  // The longest have the most places to change.
  const richest = [...valid].sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length).slice(0, MAX_MUTATED);
  const mutants = richest.flatMap(mutantsOf).slice(0, MAX_MUTANTS);
  return { values: [...valid, ...mutants], isValid, dropped, found: valid.length };
}
