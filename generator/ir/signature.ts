import { printable } from "../../runtime/core/log.js";
import { isObject, type Members } from "./member.js";
import { decodeFragment, lookUp, tokensOf } from "./pointer.js";
import type { Json, ToolSpec } from "./spec.js";

const MAX_LENGTH = 600;
const MAX_UNION = 6;
const MAX_OBJECT_DEPTH = 2;
const MAX_PROPERTIES = 40;
/** References followed from one to the next, and types looked at in all: schemas may be wide, deep and cyclic. */
const MAX_HOPS = 8;
const MAX_TYPES = 400;

/**
 * A tool as one TypeScript-like line for people: `get-sum(a: number, unit?: "m" | "ft") → {sum: number}`. Not code:
 * shortened with `…` where it would be long, at most 600 characters. Foreign text is printable.
 */
export function toolSignature(tool: ToolSpec): string {
  const input = printer(tool.inputSchema);
  const output = isObject(tool["outputSchema"]) ? ` → ${printer(tool["outputSchema"]).type(tool["outputSchema"])}` : "";
  const line = `${printable(tool.name, 128)}(${input.parameters()})${output}`;
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}

interface Printer {
  type(schema: unknown): string;
  parameters(): string;
}

function printer(root: Members): Printer {
  let left = MAX_TYPES;

  /** The schema behind local references; `undefined` where they lead nowhere or in circles. */
  const target = (schema: unknown): unknown => {
    let here = schema;
    for (let hops = 0; isObject(here) && typeof here["$ref"] === "string"; hops++) {
      const tokens = here["$ref"].startsWith("#") ? tokensOf(decodeFragment(here["$ref"].slice(1))) : undefined;
      if (!tokens || hops === MAX_HOPS) return undefined;
      here = lookUp(root as Json, tokens);
    }
    return here;
  };

  const type = (given: unknown, depth: number): string => {
    if (left-- <= 0) return "…";
    const schema = target(given);
    if (schema === false) return "never";
    if (!isObject(schema)) return "unknown";
    if ("const" in schema) return literal(schema["const"]);
    if (Array.isArray(schema["enum"])) return union(schema["enum"].slice(0, MAX_UNION + 1).map(literal));
    for (const word of ["anyOf", "oneOf", "allOf"]) {
      const branches: unknown = schema[word];
      if (!Array.isArray(branches) || branches.length === 0) continue;
      const texts = branches.slice(0, MAX_UNION + 1).map((branch) => type(branch, depth));
      return word === "allOf" ? [...new Set(texts)].map(grouped).join(" & ") : union(texts);
    }
    const names: unknown = schema["type"] ?? guess(schema);
    if (Array.isArray(names)) return union(names.slice(0, MAX_UNION + 1).map((name) => named(name, schema, depth)));
    return named(names, schema, depth);
  };

  const named = (name: unknown, schema: Members, depth: number): string => {
    if (name === "integer") return "number";
    if (name === "string" || name === "number" || name === "boolean" || name === "null") return name;
    if (name === "array") return array(schema, depth);
    if (name !== "object") return "unknown";
    if (depth >= MAX_OBJECT_DEPTH) return "{…}";
    if (isObject(schema["properties"]) && Object.keys(schema["properties"]).length > 0)
      return `{${properties(schema, schema["properties"], depth)}}`;
    const values = schema["additionalProperties"];
    if (values === false) return "{}";
    return isObject(values) ? `Record<string, ${type(values, depth + 1)}>` : "{…}";
  };

  const array = (schema: Members, depth: number): string => {
    const items = schema["items"];
    const tuple = Array.isArray(schema["prefixItems"])
      ? schema["prefixItems"]
      : Array.isArray(items)
        ? items
        : undefined;
    if (!tuple) return `${grouped(items === undefined ? "unknown" : type(items, depth))}[]`;
    const texts = tuple.slice(0, MAX_UNION).map((item) => type(item, depth));
    return `[${[...texts, ...(tuple.length > MAX_UNION ? ["…"] : [])].join(", ")}]`;
  };

  const properties = (schema: Members, members: Members, depth: number): string => {
    const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
    const names = Object.keys(members);
    const texts = names.slice(0, MAX_PROPERTIES).map((name) => {
      const mark = required.includes(name) ? "" : "?";
      return `${propertyName(name)}${mark}: ${type(members[name], depth + 1)}`;
    });
    return [...texts, ...(names.length > MAX_PROPERTIES ? ["…"] : [])].join(", ");
  };

  return {
    type: (schema) => type(schema, 0),
    parameters() {
      const schema = target(root);
      if (!isObject(schema)) return "…";
      if (isObject(schema["properties"])) return properties(schema, schema["properties"], 0);
      if (schema["additionalProperties"] === false) return "";
      // Servers that give no properties still take arguments: only an empty list of them says "none".
      const args = type(schema, 0);
      return args === "unknown" || args === "{…}" ? "…" : `args: ${args}`;
    },
  };
}

const guess = (schema: Members): string | undefined =>
  isObject(schema["properties"]) || isObject(schema["additionalProperties"])
    ? "object"
    : "items" in schema
      ? "array"
      : undefined;

function union(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  return [...distinct.slice(0, MAX_UNION), ...(texts.length > MAX_UNION ? ["…"] : [])].join(" | ");
}

const grouped = (text: string): string => (/ [|&] /.test(text) ? `(${text})` : text);

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]{0,60}$/.test(name) ? name : text(name, 60));

const text = (foreign: string, max: number): string =>
  printable(JSON.stringify(foreign.length > max ? `${foreign.slice(0, max)}…` : foreign), 4 * max);

function literal(value: unknown): string {
  if (typeof value === "string") return text(value, 40);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return "null";
  return Array.isArray(value) ? "[…]" : "{…}";
}
