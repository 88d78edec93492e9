import { byCodeUnit } from "../../ir/order.js";
import { isObject } from "../../ir/schema-keyword.js";
import type { Json, JsonObject, JsonSchema } from "../../ir/spec.js";
import { pointerStep } from "../../ir/walk.js";
import type { Writing } from "./schema.js";

/**
 * A union whose branches each require one property with a constant text of their own: every branch becomes a component and the union gets
 * a discriminator, by which generators make a union that can be narrowed. Any other schema stays as it is. `schema` is written already.
 */
export function taggedUnion(schema: JsonObject, path: string, writing: Writing): JsonObject {
  const key = ["oneOf", "anyOf"].find((one) => Array.isArray(schema[one]));
  if (key === undefined) return schema;
  const branches = schema[key] as readonly JsonObject[];
  const tagged = tagsOf(branches, writing);
  if (!tagged) return schema;
  const { property, tags } = tagged;
  const references = branches.map((branch, i): JsonObject => {
    if (typeof branch["$ref"] === "string") return branch;
    const tag = tags[i] ?? "";
    // By its tag: branches before it may come and go.
    return { $ref: writing.hoist(branch, `${path}/${key}${pointerStep(`=${tag}`)}`, tag) };
  });
  const mapping = Object.fromEntries(tags.map((tag, i) => [tag, references[i]?.["$ref"] ?? ""]));
  const entries = Object.entries(schema).flatMap(([name, value]): [string, Json][] =>
    name === key
      ? [
          [name, references],
          ["discriminator", { propertyName: property, mapping }],
        ]
      : [[name, value]],
  );
  return Object.fromEntries(entries);
}

function tagsOf(
  branches: readonly JsonObject[],
  { defs }: Writing,
): { readonly property: string; readonly tags: readonly string[] } | undefined {
  const [first, ...rest] = branches.map((branch) => constantsOf(targetOf(branch, defs)));
  if (!first || rest.length === 0) return undefined;
  // By name, as `lower` has it: the order of members may change by the minute.
  for (const [property, tag] of [...first].sort(([a], [b]) => byCodeUnit(a, b))) {
    const others = rest.map((one) => one.get(property)).filter((one) => one !== undefined);
    const tags = [tag, ...others];
    // A mapping of that name would be a reference to whoever bundles the document.
    if (tags.includes("$ref")) continue;
    if (tags.length === branches.length && new Set(tags).size === tags.length) return { property, tags };
  }
  return undefined;
}

function targetOf(branch: JsonObject, defs: Writing["defs"]): JsonSchema {
  const { $ref } = branch;
  return typeof $ref === "string" ? (defs[$ref.slice("#/$defs/".length)] ?? true) : branch;
}

/** Required properties with one text each. */
function constantsOf(schema: JsonSchema): Map<string, string> {
  if (typeof schema === "boolean" || !isObject(schema["properties"])) return new Map();
  const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as readonly string[]) : []);
  return new Map(
    Object.entries(schema["properties"]).flatMap(([name, one]): [string, string][] => {
      const text = required.has(name) ? constantOf(one) : undefined;
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function constantOf(schema: Json): string | undefined {
  if (!isObject(schema)) return undefined;
  const { const: only, enum: values } = schema;
  if (typeof only === "string") return only;
  return Array.isArray(values) && values.length === 1 && typeof values[0] === "string" ? values[0] : undefined;
}
