import { equalNodes } from "../../emit/validator-merge.js";
import type { Lock, Wish } from "../../ir/lock.js";
import { byCodeUnit, canonicalJson } from "../../ir/order.js";
import type { NormalSchema } from "../../ir/schema.js";
import type { JsonObject, JsonSchema } from "../../ir/spec.js";
import { pointerStep, places } from "../../ir/walk.js";
import { pascal } from "../../ir/words.js";
import { mapReferences, openApiSchema, type Writing } from "./schema.js";

/** A schema of an item: its root, one of its definitions, or a branch that became one. */
interface Node {
  /** Stable pointer: `/tools/get-user/input/$defs/address`. */
  readonly key: string;
  /** The name if nobody else has it: `GetUserInput.Address`. */
  readonly base: string;
  /** References are `#NUMBER`, of another node. */
  readonly schema: JsonObject;
  /** Has a component to itself, whatever it is equal to. */
  readonly own: boolean;
}

export interface ComponentBook {
  /** Adds a schema with all its definitions. `key` is its pointer, `name` that of its component; returns its number. */
  add(normal: NormalSchema, place: { readonly key: string; readonly name: string }): number;
  /** Adds a component of our own that refers to others by `#NUMBER` or as it stands in the document. */
  addOwn(schema: JsonObject, place: { readonly key: string; readonly name: string }): number;
  /** Names everything, once all is added. */
  settle(lock: Lock, taken: Iterable<string>): Components;
}

export interface Components {
  /** By name, in the order in which they were added. */
  readonly schemas: Readonly<Record<string, JsonObject>>;
  refOf(number: number): string;
}

export const SCHEMAS = "#/components/schemas/";

/**
 * Collects the schemas of a document and makes components of them. Definitions that cannot be told apart, however far their references are
 * followed, become one component, in whatever tools they stand; the lock keeps its name for all of their places.
 */
export function componentBook(): ComponentBook {
  const nodes: Node[] = [];
  return {
    add(normal, { key, name }) {
      const numbers = new Map<string, number>();
      const reserve = (ref: string): number => {
        const known = numbers.get(ref);
        if (known !== undefined) return known;
        const number = nodes.push({ key, base: name, schema: {}, own: true }) - 1;
        numbers.set(ref, number);
        return number;
      };
      const root = reserve("");
      if (normal.rootKey !== undefined) numbers.set(`#/$defs/${normal.rootKey}`, root);
      const hoisted: { ref: string; key: string; tag: string; schema: JsonObject }[] = [];
      const writing: Writing = {
        defs: normal.defs,
        countsEvaluated: countsEvaluated(normal.schema),
        hoist(schema, path, tag) {
          const ref = `#${path}`;
          hoisted.push({ ref, key: path, tag, schema });
          return ref;
        },
      };
      const entries = Object.entries(normal.defs).filter(([one]) => one !== normal.rootKey);
      const written = [
        { ref: "", key, base: name, own: true, schema: openApiSchema(withoutDefs(normal.schema), key, writing) },
        ...entries.map(([one, schema]) => {
          const at = key + (normal.defPaths[one] ?? pointerStep(one));
          const base = `${name}.${pascal(one, "Def")}`;
          return { ref: `#/$defs/${one}`, key: at, base, own: false, schema: openApiSchema(schema, at, writing) };
        }),
        ...hoisted.map(({ tag, ...one }) => ({ ...one, base: `${name}.${pascal(tag, "Option")}`, own: false })),
      ];
      for (const { ref } of written) reserve(ref);
      for (const { ref, schema, ...rest } of written)
        nodes[reserve(ref)] = { ...rest, schema: mapReferences(schema, (one) => `#${reserve(one)}`) };
      return root;
    },
    addOwn: (schema, { key, name }) => nodes.push({ key, base: name, schema, own: true }) - 1,
    settle: (lock, taken) => settle(nodes, lock, taken),
  };
}

/** Punctuation tells no two names apart in the languages that clients are generated in. */
const claims = (name: string): readonly string[] => [name.replace(/[._-]/g, "")];

function settle(nodes: readonly Node[], lock: Lock, taken: Iterable<string>): Components {
  const classes = equalNodes(
    nodes.map(({ key, schema, own }) => {
      const children: number[] = [];
      // In canonical order, the references too: what a server's order of members says is nothing.
      const canonical = JSON.parse(canonicalJson(schema)) as JsonObject;
      const shape = mapReferences(canonical, (ref) => {
        if (!isNumber(ref)) return ref;
        children.push(Number(ref.slice(1)));
        return "#";
      });
      return { shape: (own ? key : "") + JSON.stringify(shape), children };
    }),
  );
  const groups = new Map<number, Node[]>();
  for (const [number, node] of nodes.entries()) {
    const own = classes[number] ?? 0;
    const group = groups.get(own);
    if (group) group.push(node);
    else groups.set(own, [node]);
  }
  const wishes = [...groups.values()].map(wishOf);
  const names = lock.names({ target: "openapi", owner: "components" }, wishes, {
    claims,
    taken: [...taken].flatMap(claims),
  });
  const nameOf = new Map([...groups.keys()].map((one, i) => [one, names[i] ?? ""]));
  const refOf = (number: number): string => SCHEMAS + (nameOf.get(classes[number] ?? 0) ?? "");
  const schemas = [...groups].map(([one, [node]]): [string, JsonObject] => [
    nameOf.get(one) ?? "",
    mapReferences(node?.schema ?? {}, (ref) => (isNumber(ref) ? refOf(Number(ref.slice(1))) : ref)),
  ]);
  return { schemas: Object.fromEntries(schemas), refOf };
}

/** The shortest name that one of the places wishes, the first of several. */
function wishOf(group: readonly Node[]): Wish {
  const [key = "", ...also] = group.map((node) => node.key).sort(byCodeUnit);
  const bases = group.map(({ base }) => base).sort((a, b) => a.length - b.length || byCodeUnit(a, b));
  return { key, also, base: bases[0] ?? "", exact: group.some(({ own }) => own) };
}

const isNumber = (ref: string): boolean => /^#\d+$/.test(ref);

function countsEvaluated(schema: JsonSchema): boolean {
  for (const { value, role } of places(schema))
    if (role === "schema" && ("unevaluatedItems" in value || "unevaluatedProperties" in value)) return true;
  return false;
}

function withoutDefs(schema: JsonSchema): JsonSchema {
  if (typeof schema === "boolean") return schema;
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== "$defs"));
}
