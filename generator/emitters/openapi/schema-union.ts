import { defKeyOf } from "../../ir/schema-def-key.js";
import type { Json, JsonObject, JsonSchema } from "../../ir/spec.js";
import { constantsIn, taggingOf, type Tagging } from "../../ir/tag.js";
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
  const { property, values: tags } = tagged;
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

function tagsOf(branches: readonly JsonObject[], { defs }: Writing): Tagging | undefined {
  return taggingOf(
    branches.map((branch) => {
      const constants = constantsIn([targetOf(branch, defs)]);
      // A mapping of that name would be a reference to whoever bundles the document.
      return new Map([...constants].filter(([, text]) => text !== "$ref"));
    }),
  );
}

function targetOf(branch: JsonObject, defs: Writing["defs"]): JsonSchema {
  const { $ref } = branch;
  return typeof $ref === "string" ? (defs[defKeyOf($ref)] ?? true) : branch;
}
