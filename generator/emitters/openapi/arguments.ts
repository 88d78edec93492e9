import { defKeyOf } from "../../ir/schema-def-key.js";
import { isObject } from "../../ir/schema-keyword.js";
import { normaliseSchema, type NormalSchema } from "../../ir/schema.js";
import type { Json, JsonObject, JsonSchema, PromptSpec, ToolSpec } from "../../ir/spec.js";

/** The arguments of a tool: an object, whatever the server leaves out. `pointer` is the tool's in the spec. */
export function toolArguments({ inputSchema }: ToolSpec, pointer: string): NormalSchema {
  const normal = normaliseSchema(inputSchema, `${pointer}/inputSchema`);
  const { schema } = normal;
  if (typeof schema === "boolean" || SHAPES.some((key) => key in schema)) return normal;
  return { ...normal, schema: { type: "object", ...schema } };
}

/** What says already what an instance looks like. */
const SHAPES = ["type", "$ref", "allOf", "anyOf", "oneOf", "enum", "const", "not", "if"];

/** Whether a server gave no schema worth the name: then nothing is known of the arguments, not that there are none. */
export const isMissing = ({ inputSchema }: ToolSpec): boolean =>
  Object.keys(inputSchema).every((key) => key === "$schema" || key === "description" || key === "title");

interface Argument extends JsonObject {
  readonly name: string;
}

/** The arguments of a prompt: texts by name. */
export function promptArguments(prompt: PromptSpec, pointer: string): NormalSchema {
  // By `normalize` each has a name.
  const list = Array.isArray(prompt["arguments"]) ? (prompt["arguments"] as readonly Argument[]) : [];
  const properties = list.map(({ name, title, description }): [string, Json] => [
    name,
    {
      ...(typeof title === "string" && { title }),
      ...(typeof description === "string" && { description }),
      type: "string",
    },
  ]);
  const required = list.filter((one) => one["required"] === true).map(({ name }) => name);
  return normaliseSchema(
    { type: "object", properties: Object.fromEntries(properties), ...(required.length > 0 && { required }) },
    `${pointer}/arguments`,
  );
}

/** Whether `{}` cannot be valid, as far as `required` tells: then a body must be sent. */
export function needsMembers({ schema, defs }: NormalSchema): boolean {
  const known = new Map<string, boolean>();
  const needs = (one: JsonSchema): boolean => {
    if (!isObject(one)) return false;
    const { required, minProperties, $ref } = one;
    if (Array.isArray(required) || (typeof minProperties === "number" && minProperties > 0)) return true;
    if (typeof $ref === "string" && needsTarget($ref)) return true;
    const branches = (key: string): readonly JsonSchema[] =>
      Array.isArray(one[key]) ? (one[key] as readonly JsonSchema[]) : [];
    const isUnion = (key: string): boolean => branches(key).length > 0 && branches(key).every(needs);
    return branches("allOf").some(needs) || isUnion("anyOf") || isUnion("oneOf");
  };
  const needsTarget = (ref: string): boolean => {
    const before = known.get(ref);
    if (before !== undefined) return before;
    known.set(ref, false);
    const found = needs(defs[defKeyOf(ref)] ?? true);
    known.set(ref, found);
    return found;
  };
  return needs(schema);
}
