import type { Pattern } from "../../runtime/guard/schema/pattern.js";
import type { Check } from "../../runtime/guard/schema/table.js";
import type { Diagnostic, ServerSpec } from "../ir/spec.js";
import { commentText, jsString } from "./escape.js";
import { fileHeader } from "./header.js";
import { checkPlan } from "./validator-table.js";

/** The runtime module that validate.gen.ts imports as `./runtime/…`, for `EmitContext.vendor`. */
export const VALIDATOR_ENTRY = "guard/arguments.ts";

export interface Validators {
  /** validate.gen.ts. Machine data: emit it verbatim. */
  readonly text: string;
  /** What of the schemas is not enforced. Pointers lead into the spec. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Validators of the arguments of all tools: `validators`, a record without prototype from original tool name to check. The
 * text holds nothing but data: each different subschema once, as a literal whose keys are ours and whose strings are escaped,
 * for the evaluator in the runtime. Never refuses a schema; what cannot be enforced accepts more, and the text says so.
 */
export function printValidators(spec: ServerSpec): Promise<Validators> {
  const { table, roots, diagnostics } = checkPlan(
    spec.tools.map(({ name, inputSchema }, i) => ({ name, pointer: `/tools/${i}/inputSchema`, schema: inputSchema })),
  );
  const patterns = new Map<Pattern, number>();
  const numberOf = (pattern: Pattern): string => {
    const number = patterns.get(pattern) ?? patterns.size;
    patterns.set(pattern, number);
    return `pattern${number}`;
  };
  const checks = table.map((check, id) => `  /* ${id} */ ${checkText(check, numberOf)},\n`).join("");
  const programs = [...patterns].map(([one, id]) => `const pattern${id}: Pattern = ${literal(one)};\n`).join("");
  const entries = roots.map(([name, root]) => `  [${jsString(name)}, ${root}],\n`).join("");
  const notes = [...new Set(diagnostics.map(({ message }) => `// ${commentText(message)}\n`))].join("");
  const text = `${fileHeader(spec)}${notes === "" ? "" : `${notes}\n`}import { argumentValidators, type ArgumentValidators, type CheckTable${programs === "" ? "" : ", type Pattern"} } from "./runtime/guard/arguments.js";
${programs === "" ? "" : `\n${programs}`}
/** The schemas of all arguments without their annotations, each different subschema once. Numbers are places in this list. */
const checks: CheckTable = [
${checks}];

/** Original tool name → what is wrong with arguments for it; empty when they are valid. Never throws. */
export const validators: ArgumentValidators = argumentValidators(checks, [
${entries}]);
`;
  return Promise.resolve({ text, diagnostics });
}

function checkText(check: Check, numberOf: (pattern: Pattern) => string): string {
  const parts: string[] = [];
  for (const [keyword, value] of Object.entries(check)) {
    if (keyword === "pattern" && check.pattern) parts.push(`pattern:${numberOf(check.pattern)}`);
    else if (keyword === "patternProperties") {
      const pairs = (check.patternProperties ?? []).map(([one, id]) => `[${one ? numberOf(one) : "null"},${id}]`);
      parts.push(`${keyword}:[${pairs.join()}]`);
    } else parts.push(`${keyword}:${literal(value)}`);
  }
  return `{${parts.join()}}`;
}

/** A literal of what checks are made of: lists, strings, numbers, booleans, null. */
function literal(value: unknown): string {
  if (typeof value === "string") return jsString(value);
  return Array.isArray(value) ? `[${value.map(literal).join()}]` : JSON.stringify(value);
}
