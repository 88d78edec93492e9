import { byCodeUnit } from "./order.js";
import { isObject } from "./schema-keyword.js";
import type { Json, JsonSchema } from "./spec.js";

/** What tells the branches of a choice apart: a property that each requires, each with a constant text of its own. */
export interface Tagging {
  readonly property: string;
  /** In the order of the branches. */
  readonly values: readonly string[];
}

/** `constants` are those of each branch (see `constantsIn`). Of several properties the first by name: members come in any order. */
export function taggingOf(constants: readonly ReadonlyMap<string, string>[]): Tagging | undefined {
  if (constants.length < 2) return undefined;
  for (const property of [...(constants[0]?.keys() ?? [])].sort(byCodeUnit)) {
    const values = constants.map((map) => map.get(property)).filter((one) => one !== undefined);
    if (values.length === constants.length && new Set(values).size === constants.length) return { property, values };
  }
  return undefined;
}

/** Properties that schemas which all hold at once require, and for which they allow one text. */
export function constantsIn(schemas: readonly JsonSchema[]): Map<string, string> {
  const objects = schemas.filter((schema) => typeof schema === "object");
  const required = new Set(
    objects.flatMap((schema) => (Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : [])),
  );
  const properties = objects.flatMap((schema) =>
    isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [],
  );
  return new Map(
    properties.flatMap(([name, one]): [string, string][] => {
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
