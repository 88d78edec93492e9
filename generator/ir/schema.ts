import { cutCycles } from "./schema-cycle.js";
import { defKeys } from "./schema-def-key.js";
import { forget, isLive, type Ref, spreadLosses, type Unit, usedUnits } from "./schema-unit.js";
import { writeUnits } from "./schema-write.js";
import type { Diagnostic, JsonSchema } from "./spec.js";

export interface NormalSchema {
  /**
   * A self-contained 2020-12 document: every `$ref` is `#/$defs/KEY`, `$defs` is there where one is used, no identifier, no anchor, no
   * keyword of another dialect, no value that the meta-schema refuses. Any 2020-12 validator takes it.
   */
  readonly schema: JsonSchema;
  /** The same as `schema.$defs`, in the order of first use. Keys are identifiers, none is a member of Object.prototype. */
  readonly defs: Readonly<Record<string, JsonSchema>>;
  /** Where each definition stands in the original, as a pointer from its root. By key. */
  readonly defPaths: Readonly<Record<string, string>>;
  /** Key of the definition that is the document itself (`{"$ref": "#"}`), where there is one. */
  readonly rootKey?: string;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_DIAGNOSTICS = 100;

/**
 * Any dialect, any garbage → 2020-12. Sound: what the original accepts, the result accepts too; what cannot be kept becomes `true` or goes,
 * with a diagnostic. Looks at nothing but its argument and never throws. `pointer` is where the schema stands in the spec.
 * Source: schemas.md §2.
 */
export function normaliseSchema(raw: JsonSchema, pointer: string): NormalSchema {
  const diagnostics: Diagnostic[] = [];
  const note = (code: string, path: string, message: string): void => {
    if (diagnostics.length < MAX_DIAGNOSTICS)
      diagnostics.push({ severity: "warning", code, pointer: pointer + path, message });
  };
  const units = writeUnits(raw, note);
  cutCycles<Ref, Unit>(units, (ref, from) => {
    note("ref-cycle", ref.path, "$ref leads back to itself, or too far, without an object or array between; left out");
    forget(from, ref);
  });
  spreadLosses(units);

  const [document] = units;
  const used = usedUnits(units);
  const keys = defKeys(used.map((unit) => unit.path));
  const keyOf = new Map(used.map((unit, i) => [unit, keys[i] ?? ""]));
  const defs = Object.fromEntries(used.map((unit) => [keyOf.get(unit) ?? "", unit.written]));
  for (const { edges } of units)
    for (const ref of edges) if (isLive(ref)) ref.scope.node["$ref"] = `#/$defs/${keyOf.get(ref.target) ?? ""}`;

  const { written } = document;
  const rootKey = keyOf.get(document);
  return {
    schema: typeof written === "boolean" || used.length === 0 ? written : { ...written, $defs: defs },
    defs,
    defPaths: Object.fromEntries(used.map((unit) => [keyOf.get(unit) ?? "", unit.path])),
    ...(rootKey === undefined ? {} : { rootKey }),
    diagnostics,
  };
}
