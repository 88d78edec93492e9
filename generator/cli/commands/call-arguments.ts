import { printable } from "../../../runtime/core/log.js";
import { isObject } from "../../../runtime/era/envelope.js";
import { GeneratorError } from "../../errors.js";
import { nearest } from "../nearest.js";

type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

/** References that lead to references are followed so far. */
const MAX_STEPS = 16;

/** The same text. Throws GeneratorError `usage` where it is no JSON object; `where` names it. */
export function checkObject(text: string, where: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined; // no JSON is no object either
  }
  if (isObject(value)) return text;
  throw new GeneratorError("usage", `${where} must hold the arguments as a JSON object`, {
    why: value === undefined ? "what is there is no valid JSON" : "what is there is JSON, but no object",
    hint: `for example '{"message":"hello"}'`,
  });
}

/** `a=1 b=x` as words. A name may come again, for a list. Throws GeneratorError `usage`. */
export function pairsOf(words: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const pairs = new Map<string, string[]>();
  for (const word of words) {
    const [, name, value] = /^([^=]+)=([^]*)$/.exec(word) ?? [];
    // What stands there may be a secret that lost its name.
    if (name === undefined || value === undefined)
      throw new GeneratorError("usage", "arguments need the form NAME=VALUE", {
        why: "one of the words after the name has none before a =",
        hint: `for example message=hello count=3; or --json-args '{"message":"hello"}'`,
      });
    pairs.set(name, [...(pairs.get(name) ?? []), value]);
  }
  return pairs;
}

/**
 * Arguments as the JSON text of an object, each value of the type that the schema wants, numbers as they were typed.
 * Throws GeneratorError `usage` on a value of another type, a name that the schema does not have, and one that is missing.
 */
export function typedArguments(words: readonly string[], schema: unknown, item: string): string {
  const pairs = pairsOf(words);
  const root = isObject(schema) ? schema : {};
  const properties = isObject(root["properties"]) ? root["properties"] : {};
  const open = root["additionalProperties"] !== undefined && root["additionalProperties"] !== false;
  const required = Array.isArray(root["required"]) ? root["required"].filter((one) => typeof one === "string") : [];
  checkNames([...pairs.keys()], { known: Object.keys(properties), required, open, item });
  const members = [...pairs].map(([name, values]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return `${JSON.stringify(name)}:${valueText(values, property, { root, name })}`;
  });
  return `{${members.join(",")}}`;
}

export interface NameCheck {
  readonly known: readonly string[];
  readonly required: readonly string[];
  /** Other names are welcome. */
  readonly open: boolean;
  /** `tool add`, for errors. */
  readonly item: string;
}

/** Throws GeneratorError `usage`. */
export function checkNames(given: readonly string[], { known, required, open, item }: NameCheck): void {
  const unknown = open ? undefined : given.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    throw new GeneratorError("usage", `${printable(item, 120)} has no argument ${printable(unknown, 80)}`, {
      why: known.length === 0 ? "it takes none" : `its arguments are ${printable(known.join(", "), 500)}`,
      hint: near === undefined ? "use one of them, or --json-args" : `did you mean ${printable(near, 80)}?`,
    });
  }
  const missing = required.filter((name) => !given.includes(name));
  if (missing.length > 0)
    throw new GeneratorError("usage", `${printable(item, 120)} needs ${printable(missing.join(", "), 500)}`, {
      why: "its description says that this must be given",
      hint: `add ${printable(missing[0] ?? "", 80)}=…`,
    });
}

interface Place {
  /** The schema in which references are looked up. */
  readonly root: unknown;
  /** Of the argument, for errors. */
  readonly name: string;
}

function valueText(values: readonly string[], schema: unknown, { root, name }: Place): string {
  const types = typesOf(schema, root);
  const [first = ""] = values;
  if (values.length > 1) {
    if (!types.has("array"))
      throw new GeneratorError("usage", `the argument ${printable(name, 80)} is given ${values.length} times`, {
        why: "its description says that it is no list",
        hint: "give it once",
      });
    const items = isObject(resolved(schema, root)) ? (resolved(schema, root) as { items?: unknown }).items : undefined;
    return `[${values.map((value) => valueText([value], items, { root, name })).join(",")}]`;
  }
  if (membersOf(schema, root).some((member) => JSON.stringify(member) === first)) return first;
  if (types.has("string")) return JSON.stringify(first);
  const parsed = jsonOf(first);
  if (types.size === 0) return parsed === undefined ? JSON.stringify(first) : first;
  if (parsed !== undefined && typesOfValue(parsed.value).some((type) => types.has(type))) return first;
  // The value may be a secret.
  throw new GeneratorError("usage", `the argument ${printable(name, 80)} must be ${wanted(types)}`, {
    why: "what is given is none",
    hint: types.has("array")
      ? `write ${printable(name, 80)}='["a","b"]', or give it several times`
      : types.has("object")
        ? `write ${printable(name, 80)}='{"key":"value"}'`
        : `its type is told by mcpgen inspect`,
  });
}

const wanted = (types: ReadonlySet<JsonType>): string =>
  [...types]
    .map((type) =>
      type === "array" || type === "object" || type === "integer" ? `an ${type}` : type === "null" ? type : `a ${type}`,
    )
    .join(" or ");

function jsonOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined; // no JSON: whoever asks says what that means
  }
}

function typesOfValue(value: unknown): readonly JsonType[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number") return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value as "string" | "boolean" | "object"];
}

/** Schemas that are looked at for one argument: alternatives may refer to each other without end. */
const MAX_LOOKS = 1_000;

/** What a schema lets in; empty: it does not say. */
function typesOf(given: unknown, root: unknown, looks = { left: MAX_LOOKS }): ReadonlySet<JsonType> {
  const schema = resolved(given, root);
  const none = new Set<JsonType>();
  looks.left -= 1;
  if (!isObject(schema) || looks.left < 0) return none;
  const { type, anyOf, oneOf, allOf } = schema;
  if (type !== undefined) return new Set([type].flat().filter(isType));
  if (Array.isArray(schema["enum"])) return new Set(schema["enum"].flatMap((one) => typesOfValue(one)));
  if (schema["const"] !== undefined) return new Set(typesOfValue(schema["const"]));
  const branches = [anyOf, oneOf].find((one): one is unknown[] => Array.isArray(one));
  if (branches) {
    const all = branches.slice(0, 100).map((one) => typesOf(one, root, looks));
    return all.some((one) => one.size === 0) ? none : new Set(all.flatMap((one) => [...one]));
  }
  if (Array.isArray(allOf)) return allOf.map((one) => typesOf(one, root, looks)).find((one) => one.size > 0) ?? none;
  return isObject(schema["properties"])
    ? new Set(["object"])
    : schema["items"] === undefined
      ? none
      : new Set(["array"]);
}

/** The values that a schema lists, or its alternatives do. */
function membersOf(given: unknown, root: unknown): readonly unknown[] {
  const schema = resolved(given, root);
  if (!isObject(schema)) return [];
  const branches = [schema["anyOf"], schema["oneOf"]].filter(Array.isArray).flat().slice(0, 100) as unknown[];
  return [schema, ...branches.map((one) => resolved(one, root))]
    .filter(isObject)
    .flatMap((one) => [...(Array.isArray(one["enum"]) ? (one["enum"] as unknown[]) : []), one["const"]]);
}

const isType = (type: unknown): type is JsonType =>
  ["string", "number", "integer", "boolean", "null", "array", "object"].includes(type as string);

/** A schema that is no reference, as far as references inside the document lead. */
function resolved(schema: unknown, root: unknown): unknown {
  let found = schema;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const ref = isObject(found) ? found["$ref"] : undefined;
    if (typeof ref !== "string" || !ref.startsWith("#/")) return found;
    found = ref
      .slice(2)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), root);
  }
  return undefined;
}
