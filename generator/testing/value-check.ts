import { GeneratorError } from "../errors.js";
import { withToldTypes } from "../emit/type-told.js";
import { normaliseSchema } from "../ir/schema.js";
import type { Json, JsonSchema, ServerSpec } from "../ir/spec.js";
import { samplesOf } from "./sample-valid.js";
import { isJsonObject, type Outcome, UNNAMED_MEMBER } from "./value-loss.js";

/** How values of one server fared in one language. */
export interface ValueShare {
  readonly values: number;
  /** Came back as they were. */
  readonly exact: number;
  /** Came back without what the language is documented to lose. */
  readonly lossy: number;
  /** Of `lossy`: had members that their schema neither names nor declares, and lost only those. */
  readonly strange: number;
  /** Reason → how many values; one value may have several. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Anything else, told. */
  readonly errors: readonly string[];
}

/** A language's way there and back, for each tool. */
export interface Trip {
  input(tool: string): (value: Json) => Outcome;
  output(tool: string): (value: Json) => Outcome;
}

const MAX_ERRORS_PER_SCHEMA = 3;

/** Sends samples of all arguments and structured outputs of a server there and back. */
export function checkValues(schemas: readonly SampledSchema[], trip: Trip): ValueShare {
  const reasons = new Map<string, number>();
  const errors: string[] = [];
  const count = { values: 0, exact: 0, lossy: 0, strange: 0 };
  for (const { tool, role, samples } of schemas) {
    let found = 0;
    const fail = (text: string): void => {
      if (found++ < MAX_ERRORS_PER_SCHEMA) errors.push(`${tool} ${role}: ${text.slice(0, 600)}`);
    };
    const sample = (value: Json, send: (value: Json) => Outcome): void => {
      const outcome = send(value);
      if (outcome.kind === "wrong") fail(outcome.text);
      if (outcome.kind === "exact") count.exact++;
      if (outcome.kind !== "documented") return;
      count.lossy++;
      if (outcome.reasons.every((reason) => reason === UNNAMED_MEMBER)) count.strange++;
      for (const reason of outcome.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    };
    count.values += samples.length;
    try {
      const send = trip[role](tool);
      for (const value of samples)
        try {
          sample(value, send);
        } catch (error) {
          fail(`${GeneratorError.from(error).text} (${JSON.stringify(value).slice(0, 300)})`);
        }
    } catch (error) {
      fail(GeneratorError.from(error).text);
    }
  }
  return { ...count, reasons, errors };
}

/** Valid values of one schema of a tool. */
export interface SampledSchema {
  readonly tool: string;
  readonly role: "input" | "output";
  readonly samples: readonly Json[];
}

/** Types that a schema leaves out are told, as all emitters read them. */
export function sampledSchemas({ tools }: ServerSpec): readonly SampledSchema[] {
  const valid = (schema: JsonSchema, isInput: boolean): readonly Json[] =>
    samplesOf(withToldTypes(normaliseSchema(schema, ""), isInput)).valid;
  return tools.flatMap(({ name, inputSchema, outputSchema }): SampledSchema[] => [
    // MCP has nothing but objects for arguments, whatever a schema says.
    { tool: name, role: "input", samples: valid(inputSchema, true).filter(isJsonObject) },
    ...(outputSchema === undefined
      ? []
      : [{ tool: name, role: "output", samples: valid(outputSchema as JsonSchema, false) } as const]),
  ]);
}
