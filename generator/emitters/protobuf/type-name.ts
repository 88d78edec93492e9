import type { Lock, Wish } from "../../ir/lock.js";
import type { Model, NamedType } from "../../ir/shape.js";
import { lower } from "../../ir/lower.js";
import type { ToolRoute } from "../../ir/route.js";
import { normaliseSchema } from "../../ir/schema.js";
import type { Json, JsonSchema } from "../../ir/spec.js";
import { pascal } from "../../ir/words.js";
import { elementId, elementOf, fieldType, innermost, wrapperName, type Element } from "./field-type.js";
import { enumPrefix, typeBase } from "./name.js";
import type { ProtoType } from "./plan.js";

/** A tool's schemas as closed types. */
export interface ToolModels {
  readonly route: ToolRoute;
  readonly input: Model;
  readonly output?: Model;
}

/** Types with their final names. */
export interface TypeNames {
  nameOf(element: Element): string;
  typeOf(element: Element): ProtoType;
}

/** A tool's schemas, each type of which has a pointer that no other has. Diagnostics of the schemas are for whoever reads the server. */
export function modelTool(route: ToolRoute): ToolModels {
  const { inputSchema, outputSchema } = route.item;
  const model = (raw: JsonSchema, role: "input" | "output"): Model =>
    lower(normaliseSchema(raw, `${route.pointer}/${role}Schema`), `${route.key}/${role}`);
  return {
    ...{ route, input: model(inputSchema, "input") },
    ...(isSchema(outputSchema) && { output: model(outputSchema, "output") }),
  };
}

const isSchema = (value: Json | undefined): value is JsonSchema =>
  typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value));

/** Names for all types of all tools but the requests, which are called as their rpcs are. `taken`: names that no type may have. */
export function nameTypes(tools: readonly ToolModels[], lock: Lock, taken: readonly string[]): TypeNames {
  const names = new Map<string, string>();
  const wishes = new Map<string, Wish>();
  const enums = new Set<string>();
  for (const { route, input, output } of tools)
    for (const [model, role] of [[input, ""] as const, ...(output ? [[output, "Output"] as const] : [])]) {
      const root = rootType(model);
      if (root && role === "") names.set(root.key, requestName(route));
      for (const type of model.types.values()) {
        if (type.kind === "enum") enums.add(type.key);
        if (!names.has(type.key))
          wishes.set(type.key, {
            key: type.key,
            base: type === root ? route.typeBase + role : baseOf(type, route.typeBase + role),
          });
      }
      for (const element of elementsIn(model)) addWrappers(element, names, wishes);
    }
  const all = [...wishes.values()];
  const isMessage = new Set(all.map(({ key }) => key).filter((key) => !enums.has(key)));
  const given = lock.names({ target: "protobuf", owner: "types" }, all, {
    taken,
    // What is no enum for sure may share the prefix of an enum's values.
    claims: (name, { key }) => (isMessage.has(key) ? [name] : [name, `values ${enumPrefix(name)}`]),
  });
  all.forEach(({ key }, i) => names.set(key, given[i] ?? ""));

  const nameOf = (element: Element): string => {
    if (element.kind === "wrapped")
      return names.get(elementId(element)) ?? wrapperName(element.wrap, nameOf(element.of));
    if (element.kind === "named") return names.get(element.type.key) ?? "";
    return element.kind === "content" ? element.name : scalarBase(element.name);
  };
  return {
    nameOf,
    typeOf(element) {
      if (element.kind === "scalar" || element.kind === "any") return element;
      const isEnum = element.kind === "named" && element.type.kind === "enum";
      return { kind: isEnum ? "enum" : "message", name: nameOf(element) };
    },
  };
}

export const requestName = ({ typeBase: base }: { readonly typeBase: string }): string => `${base}Request`;
export const responseName = ({ typeBase: base }: { readonly typeBase: string }): string => `${base}Response`;

/** Names of wrappers that stand in wrappers.proto, there or not. */
export const WRAPPER_NAMES: readonly string[] = [
  ...["Bool", "Bytes", "Double", "Int32", "Int64", "String", "Struct", "Value", "ListValue"],
].flatMap((name) => (["list", "map", "nullable"] as const).map((wrap) => wrapperName(wrap, name)));

export const rootType = ({ root, types }: Model): NamedType | undefined =>
  root.shape.kind === "named" ? types.get(root.shape.key) : undefined;

function baseOf({ words }: NamedType, start: string): string {
  return typeBase(start + pascal(words.join(" "), "Value"));
}

/** Wrappers of named types are named after what they hold; others have names that nobody else can have. */
function addWrappers(element: Element, names: ReadonlyMap<string, string>, wishes: Map<string, Wish>): void {
  if (element.kind !== "wrapped" || innermost(element).kind !== "named") return;
  addWrappers(element.of, names, wishes);
  const inner = elementId(element.of);
  const base = wrapperName(element.wrap, wishes.get(inner)?.base ?? names.get(inner) ?? "");
  wishes.set(elementId(element), { key: elementId(element), base });
}

/** All types in the fields of a model. */
function elementsIn(model: Model): readonly Element[] {
  const elements = [elementOf(model.root, model)];
  for (const type of model.types.values()) {
    if (type.kind === "union") elements.push(...type.branches.map((branch) => elementOf(branch, model)));
    if (type.kind !== "object") continue;
    elements.push(...type.properties.map((property) => fieldType(property, model).element));
    if (typeof type.additional === "object") elements.push(elementOf(type.additional, model));
  }
  return elements;
}

const scalarBase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
