import type { Json, JsonSchema } from "./spec.js";

type Node = Record<string, Json>;

/** Keyword of a normalised schema whose `$ref` led nowhere: the text of it, printable. The schema takes more than was meant. */
export const UNRESOLVED = "x-unresolved-ref";

/** For readers of the place: why a value may be anything there. */
export function unresolvedNote(schema: JsonSchema): string | undefined {
  const ref = typeof schema === "object" ? schema[UNRESOLVED] : undefined;
  return typeof ref === "string"
    ? `Any value: its schema refers to ${JSON.stringify(ref)}, which is no part of it.`
    : undefined;
}

/** The keyword within which something was written, and what encloses that. */
export interface Scope {
  readonly node: Node;
  readonly key: string;
  readonly up: Scope | undefined;
}

/**
 * Something in `scope` was left out, so it accepts more now. Under a negation or a count that would make the whole accept less: such keywords
 * go, all the way up. Doing it twice changes nothing.
 */
export function soften(scope: Scope): void {
  softenOwn(scope.node, scope.key);
  for (let at: Scope | undefined = scope; at; at = at.up) {
    const { node, key } = at;
    if (key === "not") drop(node, "not");
    else if (key === "if") drop(node, "if", "then", "else");
    else if (key === "contains") drop(node, "contains", "minContains", "maxContains");
    else if (key === "oneOf") anyInstead(node);
    if (EVALUATES.has(key)) drop(node, "unevaluatedItems", "unevaluatedProperties");
  }
}

/** Keywords whose subschemas decide what counts as evaluated. */
const EVALUATES = new Set([
  "$ref",
  "allOf",
  "anyOf",
  "oneOf",
  "if",
  "then",
  "else",
  "not",
  "dependentSchemas",
  "contains",
]);

/** A lost member of these makes others apply to more than they did. */
function softenOwn(node: Node, key: string): void {
  if (key === "properties" || key === "patternProperties") drop(node, "additionalProperties", "unevaluatedProperties");
  else if (key === "prefixItems") drop(node, "items", "unevaluatedItems");
  else if (key === "minContains" || key === "maxContains") drop(node, "contains", "minContains", "maxContains");
}

function anyInstead(node: Node): void {
  const branches = node["oneOf"];
  if (branches === undefined) return;
  delete node["oneOf"];
  if (node["anyOf"] === undefined) node["anyOf"] = branches;
  else node["allOf"] = [...((node["allOf"] as readonly Json[] | undefined) ?? []), { anyOf: branches }];
}

function drop(node: Node, ...keys: string[]): void {
  for (const key of keys) Reflect.deleteProperty(node, key);
}
