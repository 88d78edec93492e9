import { jsString } from "../emit/escape.js";
import { withToldTypes } from "../emit/type-told.js";
import { planNames } from "../ir/names.js";
import { inOrder } from "../ir/order.js";
import { normaliseSchema } from "../ir/schema.js";
import type { Json, JsonSchema, ServerSpec } from "../ir/spec.js";
import { samplesOf } from "./sample-valid.js";

/** Of each schema: what it takes to see each branch once, and no more, since the compiler reads them all. */
const MAX_SAMPLES = 25;
const MAX_SAMPLE_CHARS = 20_000;

export interface TypedSamples {
  /** A module beside types.gen.ts: each sample a constant of its type. */
  readonly text: string;
  readonly count: number;
}

/** Valid samples of all inputs and outputs, as constants that compile if and only if their types accept them. */
export function typedSamples(given: ServerSpec): TypedSamples {
  const spec = inOrder(given);
  const constants: string[] = [];
  const names = planNames(spec);
  const add = (schema: JsonSchema, type: string, isInput: boolean): void => {
    // What the types are made for: the types that a schema leaves out are told.
    const { valid } = samplesOf(withToldTypes(normaliseSchema(schema, ""), isInput));
    for (const sample of valid.slice(0, MAX_SAMPLES)) {
      const literal = literalOf(sample);
      if (literal.length <= MAX_SAMPLE_CHARS)
        constants.push(`export const s${constants.length}: types.${type} = ${literal};\n`);
    }
  };
  for (const [i, tool] of spec.tools.entries()) {
    const { input, output } = names.tools[i] ?? {};
    if (input !== undefined) add(tool.inputSchema, input, true);
    if (output !== undefined) add(tool["outputSchema"] as JsonSchema, output, false);
  }
  return {
    text: `import type * as types from "./types.gen.js";\n\n${constants.join("")}export type { types };\n`,
    count: constants.length,
  };
}

/** An expression of the value. A member called `__proto__` is written so that it is a member. */
function literalOf(value: Json): string {
  if (typeof value === "string") return jsString(value);
  if (Array.isArray(value)) return `[${value.map((one: Json) => literalOf(one)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, one]) => {
    const key = name === "__proto__" ? '["__proto__"]' : jsString(name);
    return `${key}: ${literalOf(one)}`;
  });
  return `{ ${members.join(", ")} }`;
}
