import { listAt, mapAt, numberAt, requiredOf, textAt, type Node } from "./diff-node.js";
import { matches } from "./diff-pattern.js";
import { canonicalJson } from "./order.js";
import { isObject } from "./schema-keyword.js";
import type { Json } from "./spec.js";

/** How much may still be looked at: hostile schemas take longer than anybody waits. */
export interface Work {
  left: number;
}

/** Whether a value is valid, or undefined where that is not known: a format, a pattern that may take long, no work left. */
export function accepts(node: Node, value: Json, work: Work): boolean | undefined {
  if (node.never) return false;
  if (--work.left < 0) return undefined;
  const known: (boolean | undefined)[] = [scalar(node, value)];
  const all = (nodes: Iterable<Node>): void => {
    for (const one of nodes) known.push(accepts(one, value, work));
  };
  if (node.ref) all([node.ref]);
  all(listAt(node, "allOf"));
  const any = listAt(node, "anyOf");
  if (any.length > 0) known.push(atLeastOne(any.map((one) => accepts(one, value, work))));
  const exactly = listAt(node, "oneOf");
  if (exactly.length > 0) known.push(justOne(exactly.map((one) => accepts(one, value, work))));
  const not = node.single.get("not");
  if (not) known.push(negated(accepts(not, value, work)));
  if (node.single.has("if")) known.push(conditional(node, value, work));
  if (typeof value === "object" && value !== null) known.push(container(node, value, work));
  return every(known);
}

/** JSON Schema's types of a value; a number is `integer` or `fraction`. */
export function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  return typeof value;
}

function scalar(node: Node, value: Json): boolean | undefined {
  const known: (boolean | undefined)[] = [];
  for (const [key, wanted] of node.values) {
    if (key === "type")
      known.push(
        [wanted].flat().some((type) => type === typeOf(value) || (type === "number" && typeof value === "number")),
      );
    else if (key === "const") known.push(canonicalJson(wanted) === canonicalJson(value));
    else if (key === "enum") known.push(hasValue(wanted as readonly Json[], value));
    else if (typeof value === "string") known.push(text(key, node, value));
    else if (typeof value === "number") known.push(number(key, node, value));
  }
  return every(known);
}

function hasValue(list: readonly Json[], value: Json): boolean {
  if (typeof value !== "object" || value === null) return list.includes(value);
  const wanted = canonicalJson(value);
  return list.some((one) => canonicalJson(one) === wanted);
}

function text(key: string, node: Node, value: string): boolean | undefined {
  if (key === "minLength") return length(value) >= (numberAt(node, key) ?? 0);
  if (key === "maxLength") return length(value) <= (numberAt(node, key) ?? Infinity);
  if (key === "pattern") return matches(textAt(node, key) ?? "", value);
  return ["format", "contentEncoding", "contentMediaType"].includes(key) ? undefined : true;
}

/** In characters, not code units. */
const length = (value: string): number => Array.from(value).length;

function number(key: string, node: Node, value: number): boolean | undefined {
  const bound = numberAt(node, key) ?? 0;
  if (key === "minimum") return value >= bound;
  if (key === "maximum") return value <= bound;
  if (key === "exclusiveMinimum") return value > bound;
  if (key === "exclusiveMaximum") return value < bound;
  if (key === "multipleOf")
    return Number.isSafeInteger(value) && Number.isSafeInteger(bound) ? value % bound === 0 : undefined;
  return key === "format" ? undefined : true;
}

function container(node: Node, value: readonly Json[] | object, work: Work): boolean | undefined {
  if (isObject(value)) {
    const names = Object.keys(value);
    if (requiredOf(node).some((name) => !Object.hasOwn(value, name))) return false;
    if (names.length < (numberAt(node, "minProperties") ?? 0)) return false;
    if (names.length > (numberAt(node, "maxProperties") ?? Infinity)) return false;
    const own = mapAt(node, "properties");
    // The rest is rare in listed values, and not knowing is always right.
    if (node.values.has("dependentRequired") || node.maps.has("dependentSchemas")) return undefined;
    if (
      node.maps.has("patternProperties") ||
      ["propertyNames", "unevaluatedProperties"].some((key) => node.single.has(key))
    )
      return undefined;
    const rest = node.single.get("additionalProperties");
    return every(
      names.map((name) => {
        const one = own.get(name) ?? rest;
        return one === undefined ? true : accepts(one, value[name] ?? null, work);
      }),
    );
  }
  const items = value as readonly Json[];
  if (items.length < (numberAt(node, "minItems") ?? 0)) return false;
  if (items.length > (numberAt(node, "maxItems") ?? Infinity)) return false;
  if (["contains", "unevaluatedItems"].some((key) => node.single.has(key)) || node.values.get("uniqueItems") === true)
    return undefined;
  const first = listAt(node, "prefixItems");
  const rest = node.single.get("items");
  return every(
    items.map((item, i) => {
      const one = first[i] ?? rest;
      return one === undefined ? true : accepts(one, item, work);
    }),
  );
}

function conditional(node: Node, value: Json, work: Work): boolean | undefined {
  const branch = (key: string): boolean | undefined => {
    const one = node.single.get(key);
    return one === undefined ? true : accepts(one, value, work);
  };
  const met = branch("if");
  if (met === undefined) return every([branch("then"), branch("else")]) === true ? true : undefined;
  return branch(met ? "then" : "else");
}

function every(known: readonly (boolean | undefined)[]): boolean | undefined {
  if (known.includes(false)) return false;
  return known.includes(undefined) ? undefined : true;
}

function atLeastOne(known: readonly (boolean | undefined)[]): boolean | undefined {
  if (known.includes(true)) return true;
  return known.includes(undefined) ? undefined : false;
}

function justOne(known: readonly (boolean | undefined)[]): boolean | undefined {
  const met = known.filter((one) => one === true).length;
  if (met > 1) return false;
  return known.includes(undefined) ? undefined : met === 1;
}

const negated = (known: boolean | undefined): boolean | undefined => (known === undefined ? undefined : !known);
