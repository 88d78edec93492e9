/**
 * What stands at a place of a schema: a schema, a map from names to schemas, a list of schemas, or plain data.
 * Walking by position keeps a property called `items` apart from the keyword.
 */
export type Role = "schema" | "map" | "list" | "data";

/** An object or array on the way through a schema. */
export interface Place {
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly role: Role;
  /** Subschemas, or containers of data, above this one. A map or list of schemas is no level of its own. */
  readonly depth: number;
  readonly parent: Place | undefined;
  readonly key: string;
}

const MAPS = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]);
const DATA = new Set(["const", "default", "enum", "examples", "example", "required", "dependentRequired", "type"]);

/** Every object and array below `root`, itself included, in document order. Iterative, so that depth costs no stack. */
export function* places(root: unknown, role: Role = "schema"): Generator<Place, void, void> {
  if (!isContainer(root)) return;
  const waiting: Place[] = [{ value: root, role, depth: 0, parent: undefined, key: "" }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    yield place;
    const { value, depth } = place;
    const keys = Object.keys(value);
    for (let i = keys.length - 1; i >= 0; i--) {
      const key = keys[i] ?? "";
      const child = memberOf(value, key);
      if (!isContainer(child)) continue;
      const next = roleOf(place.role, key, Array.isArray(child));
      const below = next === "map" || next === "list" ? depth : depth + 1;
      waiting.push({ value: child, role: next, depth: below, parent: place, key });
    }
  }
}

/** Member names may be as long as a message, and a pointer repeats all on its way. */
const MAX_POINTER = 2_000;

/** RFC 6901 pointer of a place, from the root of its walk; of the place's nearest ancestor that can be said in 2,000 characters. */
export function pointerOf(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent; at = at.parent) keys.push(at.key);
  let pointer = "";
  for (const key of keys.reverse()) {
    if (pointer.length + key.length >= MAX_POINTER) break;
    pointer += pointerStep(key);
  }
  return pointer;
}

/** `/` and the escaped member name. Source: RFC 6901, section 3. */
export const pointerStep = (key: string): string => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

function roleOf(role: Role, key: string, isArray: boolean): Role {
  if (role === "data") return "data";
  if (role !== "schema") return isArray ? "data" : "schema";
  if (DATA.has(key)) return "data";
  if (isArray) return "list"; // allOf, prefixItems, items as a tuple, and what is unknown
  return MAPS.has(key) ? "map" : "schema";
}

type Container = Place["value"];

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

const memberOf = (value: Container, key: string): unknown => (value as Readonly<Record<string, unknown>>)[key];
