import { findings, quoted } from "./finding.js";
import { isReference, refKey } from "./lower-facet.js";
import { isEmptyRange } from "./lower-range.js";
import { lower } from "./lower.js";
import { lookUp, tokensOf } from "./pointer.js";
import { isObject } from "./schema-keyword.js";
import { normaliseSchema, type NormalSchema } from "./schema.js";
import type { Model, Use } from "./shape.js";
import type { Diagnostic, JsonObject, JsonSchema, ServerSpec } from "./spec.js";
import { places, pointerStep } from "./walk.js";

/** After these a schema says less than its author meant. What else is found is odd, and changes little. */
const ERRORS: ReadonlySet<string> = new Set(["unresolved-ref", "ref-cycle", "schema-too-deep", "schema-contradiction"]);

/**
 * What is wrong with the schemas of a spec, with pointers into it: references that lead nowhere or in a circle, schemas beyond the bounds,
 * contradictions, dialects that nobody knows, values that JSON Schema does not allow. What `spec.diagnostics` tells already is left out.
 */
export function schemaFindings({ tools, diagnostics }: ServerSpec): readonly Diagnostic[] {
  const told = new Set(diagnostics.filter(({ code }) => code === "foreign-ref").map(({ pointer }) => pointer));
  const isTold = (pointer: string): boolean =>
    ["$ref", "$dynamicRef", "$recursiveRef"].some((keyword) => told.has(`${pointer}/${keyword}`));
  const found = findings();
  for (const [i, tool] of tools.entries())
    for (const member of ["inputSchema", "outputSchema"] as const) {
      const raw = tool[member];
      if (!isObject(raw)) continue;
      const noun = `the ${member} of tool ${quoted(tool.name)}`;
      const base = `/tools/${i}/${member}`;
      const normal = normaliseSchema(raw, base);
      for (const { code, pointer, message } of normal.diagnostics)
        if (code !== "unresolved-ref" || !isTold(pointer))
          found.add(ERRORS.has(code) ? "error" : "warning", code, pointer, `${noun}: ${message}`);
      for (const pointer of contradictions(normal)) {
        const { there, beyond } = within(raw, pointer);
        const where = beyond === "" ? "here" : `for ${quoted(beyond)} below this place`;
        const message = `${noun}: no value is possible ${where}, since what is said of it contradicts itself`;
        found.add("error", "schema-contradiction", base + there, message);
      }
    }
  return found.all();
}

/** Pointers of places that no value can satisfy, save those that are `false` and mean it. */
function contradictions(normal: NormalSchema): readonly string[] {
  if (!mayContradict(normal.schema)) return [];
  const model = lower(normal, "");
  const isNever = ({ shape, schema }: Use): boolean =>
    shape.kind === "open" && shape.reason === "never" && !isForbidden(schema, normal);
  const { shape } = model.root;
  if (shape.kind === "open" && shape.reason === "never") return [""];
  return [...usesIn(model)].flatMap(([pointer, use]) => (isNever(use) ? [pointer] : []));
}

/** Only schemas that say several things of one value can. Most do not, and looking closely costs as much as reading them. */
function mayContradict(schema: JsonSchema): boolean {
  for (const { value, role } of places(schema)) {
    if (role !== "schema" || Array.isArray(value)) continue;
    const node = value as JsonObject;
    const { $ref, allOf, enum: values, const: only, type } = node;
    if (allOf !== undefined || ($ref !== undefined && !isReference(node))) return true;
    if (TYPES.some((one) => isEmptyRange(one, [node]))) return true;
    const isListed = values !== undefined || only !== undefined;
    if (isListed && type !== undefined && !(type === "string" && isTextual(values ?? [only]))) return true;
  }
  return false;
}

const TYPES = ["number", "string", "array", "object"] as const;

const isTextual = (values: unknown): boolean =>
  Array.isArray(values) && values.some((value) => typeof value === "string");

function* usesIn({ root, types }: Model): Generator<readonly [pointer: string, use: Use]> {
  yield* inner("", root);
  for (const type of types.values()) {
    if (type.kind !== "object") continue;
    for (const property of type.properties)
      yield* inner(`${type.key}/properties${pointerStep(property.name)}`, property);
    if (typeof type.additional === "object") yield* inner(`${type.key}/additionalProperties`, type.additional);
  }
}

/** A use and what its lists and maps hold. */
function* inner(pointer: string, use: Use): Generator<readonly [pointer: string, use: Use]> {
  yield [pointer, use];
  const { shape } = use;
  if (shape.kind === "list") yield* inner(`${pointer}/items`, shape.item);
  if (shape.kind === "map") yield* inner(`${pointer}/additionalProperties`, shape.value);
}

/** `false`, or the negation that some write for it, in place or one reference away. */
function isForbidden(schema: JsonSchema, { defs }: NormalSchema): boolean {
  const key = typeof schema === "object" && isReference(schema) ? refKey(schema) : undefined;
  const meant = key === undefined ? schema : (defs[key] ?? true);
  return typeof meant === "boolean" ? !meant : meant["not"] !== undefined;
}

/** As much of a pointer as leads to something, and the rest: places where schemas are merged are nowhere in the original. */
function within(schema: JsonSchema, pointer: string): { readonly there: string; readonly beyond: string } {
  const tokens = tokensOf(pointer) ?? [];
  let length = tokens.length;
  while (length > 0 && lookUp(schema, tokens.slice(0, length)) === undefined) length--;
  const there = tokens.slice(0, length).map(pointerStep).join("");
  return { there, beyond: pointer.slice(there.length) };
}
