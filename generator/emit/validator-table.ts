import type { Pattern } from "../../runtime/guard/schema/pattern.js";
import type { Check, CheckId, CheckTable } from "../../runtime/guard/schema/table.js";
import { printable } from "../../runtime/core/log.js";
import { byCodeUnit } from "../ir/order.js";
import { lookUp, tokensOf } from "../ir/pointer.js";
import { type NormalSchema, normaliseSchema } from "../ir/schema.js";
import type { Diagnostic, Json, JsonSchema } from "../ir/spec.js";
import { checkOf, mapPlaces } from "./validator-check.js";
import { equalNodes } from "./validator-merge.js";
import { patternProgram } from "./validator-pattern.js";

/** A schema to be checked against; `pointer` is where it stands in the spec. */
export interface Subject {
  readonly name: string;
  readonly pointer: string;
  readonly schema: JsonSchema;
}

export interface CheckPlan {
  readonly table: CheckTable;
  /** Root check of each subject, by name in code-unit order. */
  readonly roots: readonly (readonly [name: string, root: CheckId])[];
  /** `pattern-not-enforced` only; what normalising says is for others to tell. */
  readonly diagnostics: readonly Diagnostic[];
}

/** For each subject. */
const MAX_DIAGNOSTICS = 20;
/** Steps of all patterns: seven characters of a schema can ask for two thousand. */
const MAX_PATTERN_STEPS = 100_000;

/** One table for all subjects, in which each different subschema stands once. Does not depend on the order of the subjects. */
export function checkPlan(subjects: readonly Subject[]): CheckPlan {
  const drafts: Check[] = [];
  const interned = new Map<string, CheckId>();
  const patterns = new Map<string, Pattern | string>();
  const diagnostics: Diagnostic[] = [];
  let steps = 0;

  const compiled = (source: string): Pattern | string => {
    const made = patternProgram(source);
    if ("why" in made) return made.why;
    steps += made.program.length;
    return steps > MAX_PATTERN_STEPS
      ? `is one too many: all take more than ${MAX_PATTERN_STEPS} steps`
      : [source, made.program];
  };

  const intern = (check: Check): CheckId => {
    const key = JSON.stringify(check);
    const known = interned.get(key);
    if (known !== undefined) return known;
    const id = drafts.push(check) - 1;
    interned.set(key, id);
    return id;
  };

  const add = (subject: Subject): CheckId => {
    const normal = normaliseSchema(subject.schema, subject.pointer);
    // References lead to places given out beforehand, so that recursion needs no care and a chain of them no stack.
    const places = new Map(Object.keys(normal.defs).map((key) => [`#/$defs/${key}`, drafts.push({}) - 1]));
    const reported = new Set<string>();
    const write = (schema: Json, path: string): Check => {
      if (schema === false) return { never: true };
      if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return {};
      return checkOf(schema as Exclude<NormalSchema["schema"], boolean>, {
        subschema: (inner, step) => place(inner, path + step),
        reference: (ref) => places.get(ref) ?? intern({}),
        pattern: (source, step) => {
          const known = patterns.get(source) ?? compiled(source);
          patterns.set(source, known);
          if (typeof known !== "string") return known;
          if (!reported.has(source) && reported.size < MAX_DIAGNOSTICS) {
            reported.add(source);
            diagnostics.push(notEnforced(subject, { path: path + step, why: known }));
          }
          return null;
        },
      });
    };
    const place = (schema: Json, path: string): CheckId => {
      const check = write(schema, path);
      return check.$ref !== undefined && Object.keys(check).length === 1 ? check.$ref : intern(check);
    };
    for (const [key, schema] of Object.entries(normal.defs)) {
      const id = places.get(`#/$defs/${key}`);
      if (id !== undefined) drafts[id] = write(schema, `/$defs/${key}`);
    }
    return place(normal.schema, "");
  };

  const roots = [...subjects]
    .sort((a, b) => byCodeUnit(a.name, b.name))
    .map((subject) => [subject.name, add(subject)] as const);
  return { ...merged(drafts, roots), diagnostics };
}

function notEnforced({ name, pointer, schema }: Subject, found: { path: string; why: string }): Diagnostic {
  const isThere = lookUp(schema, tokensOf(found.path) ?? []) !== undefined;
  return {
    severity: "warning",
    code: "pattern-not-enforced",
    pointer: pointer + (isThere ? found.path : ""),
    message: `a pattern of ${JSON.stringify(printable(name, 80))} is not enforced on arguments: it ${found.why}`,
  };
}

/**
 * Merges checks that cannot be told apart by following places, recursive ones too, leaves out what no root reaches, and
 * numbers the rest by first use.
 */
function merged(drafts: readonly Check[], roots: CheckPlan["roots"]): Pick<CheckPlan, "table" | "roots"> {
  const classes = equalNodes(
    drafts.map((check) => {
      const children: CheckId[] = [];
      const shape = mapPlaces(check, (id) => {
        children.push(id);
        return 0;
      });
      return { shape: JSON.stringify(shape), children };
    }),
  );
  const numbers = new Map<number, CheckId>();
  const used: CheckId[] = [];
  const numberOf = (draft: CheckId): CheckId => {
    const key = classes[draft] ?? 0;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, used.length);
    return used.push(draft) - 1;
  };
  const numbered = roots.map(([name, root]) => [name, numberOf(root)] as const);
  const table: Check[] = [];
  // The list grows while it is walked: numbering a check's places finds the next ones.
  for (const draft of used) table.push(mapPlaces(drafts[draft] ?? {}, numberOf));
  return { table, roots: numbered };
}
