import { quoted } from "./finding.js";
import type { Direction, Finding, SchemaRule } from "./diff-rule.js";
import { canonicalJson } from "./order.js";
import { ANNOTATIONS, LIST_KEYWORDS, MAP_KEYWORDS, SCHEMA_KEYWORDS, VALUE_KEYWORDS } from "./schema-keyword.js";
import type { Json, JsonObject } from "./spec.js";
import { places, pointerOf, pointerStep } from "./walk.js";

/** Keywords that a comparison of what is valid has seen to, in whatever dialect. */
const COMPARED: ReadonlySet<string> = new Set([
  ...[...SCHEMA_KEYWORDS, ...LIST_KEYWORDS, ...MAP_KEYWORDS, ...VALUE_KEYWORDS.keys()].filter(
    (key) => !ANNOTATIONS.has(key),
  ),
  ...[
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$defs",
    "definitions",
    "$schema",
    "$id",
    "id",
    "$anchor",
    "$dynamicAnchor",
  ],
  ...["$recursiveAnchor", "$vocabulary", "additionalItems", "dependencies", "nullable", "$comment"],
]);

interface Side {
  readonly schema: JsonObject;
  readonly pointer: string;
}

/**
 * Keywords that decide nothing about what is valid, at places that both schemas have. Compared as they came, by pointer: what a definition
 * says is told once, however often it is used.
 */
export function annotationsChanged(direction: Direction, before: Side, after: Side): Finding[] {
  const was = schemasIn(before.schema);
  const found: Finding[] = [];
  for (const [path, schema] of schemasIn(after.schema)) {
    const old = was.get(path);
    if (old === undefined) continue;
    const where = path === "" ? "" : ` at ${quoted(path)}`;
    for (const key of new Set([...Object.keys(old), ...Object.keys(schema)])) {
      if (COMPARED.has(key)) continue;
      const [from, to] = [own(old, key), own(schema, key)];
      if (textOf(from) === textOf(to)) continue;
      const message = `the ${KEYWORD_NOUN.get(key) ?? quoted(key)} of the ${direction === "INPUT" ? "input" : "output"}${where} ${verbOf(from, to)}`;
      found.push({
        ...{
          rule: ruleOf(direction, key, from, to),
          in: "after",
          pointer: after.pointer + path + pointerStep(key),
          message,
        },
        ...(from === undefined ? {} : { before: from }),
        ...(to === undefined ? {} : { after: to }),
      });
    }
  }
  return found;
}

const KEYWORD_NOUN = new Map(["default", "description", "title", "examples"].map((key) => [key, key]));

/** `was added`, `was removed`, `changed`. */
export const verbOf = (before: Json | undefined, after: Json | undefined): string =>
  before === undefined ? "was added" : after === undefined ? "was removed" : "changed";

function ruleOf(direction: Direction, key: string, from: Json | undefined, to: Json | undefined): Finding["rule"] {
  if (key === "description") return "DESCRIPTION_CHANGED";
  if (key === "title") return "TITLE_CHANGED";
  if (key === "examples" || key === "example") return "EXAMPLES_CHANGED";
  const rule: SchemaRule =
    key === "deprecated"
      ? "DEPRECATION_CHANGED"
      : key !== "default"
        ? "KEYWORD_CHANGED"
        : from === undefined
          ? "DEFAULT_ADDED"
          : to === undefined
            ? "DEFAULT_REMOVED"
            : "DEFAULT_CHANGED";
  return `${direction}_${rule}`;
}

function schemasIn(schema: JsonObject): Map<string, JsonObject> {
  const all = new Map<string, JsonObject>();
  for (const place of places(schema))
    if (place.role === "schema" && !Array.isArray(place.value)) all.set(pointerOf(place), place.value as JsonObject);
  return all;
}

const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

const textOf = (value: Json | undefined): string | undefined =>
  value === undefined ? undefined : canonicalJson(value);
