import { printable } from "../../runtime/core/log.js";
import { referencesOf, type Resource } from "./reference.js";
import { dialectOf, isAlias, modernised, referenceIn } from "./schema-dialect.js";
import {
  ANNOTATIONS,
  IN_PLACE_KEYWORDS,
  isObject,
  LIST_KEYWORDS,
  MAP_KEYWORDS,
  SCHEMA_KEYWORDS,
  usablePattern,
  VALUE_KEYWORDS,
  wellFormed,
} from "./schema-keyword.js";
import { UNRESOLVED, type Scope } from "./schema-loss.js";
import type { Unit } from "./schema-unit.js";
import type { Json, JsonSchema } from "./spec.js";
import { pointerStep } from "./walk.js";

/** Takes a diagnostic: its code, where, and a sentence. */
export type Note = (code: string, path: string, message: string) => void;

/** Subschemas within subschemas; a reference starts anew. */
const MAX_DEPTH = 200;

type Node = Record<string, Json>;

/** Where a value stands. */
interface At {
  readonly unit: Unit;
  readonly path: string;
  readonly resource: Resource;
  readonly depth: number;
  /** Applied to the unit's own instance. */
  readonly inPlace: boolean;
  readonly scope: Scope | undefined;
}

/** The document and all that its references lead to, each written as 2020-12, the texts of their `$ref`s still open. */
export function writeUnits(raw: JsonSchema, note: Note): [Unit, ...Unit[]] {
  const references = referencesOf(raw);
  const dialect = dialectOf(raw);
  if (dialect === "unknown") note("schema-dialect", "/$schema", "a dialect that is not known, read as 2020-12");
  const document = newUnit("", raw, references.document);
  const units: [Unit, ...Unit[]] = [document];
  const unitAt = new Map<string, Unit>([["", document]]);

  const lose = (at: { unit: Unit; scope: Scope | undefined; path: string }, code: string, message: string): void => {
    note(code, at.path, message);
    if (at.scope) at.unit.losses.push(at.scope);
  };

  /** The unit that a reference means, through definitions that are nothing but another reference. */
  const follow = (ref: string, at: At): Unit | string => {
    const passed = new Set<string>();
    for (let next = ref, from = at.resource; ;) {
      const target = references.resolve(next, from);
      if (target.kind !== "found")
        return target.kind === "foreign" ? "names another document, which is never read" : "leads to no schema";
      if (!isObject(target.schema) || !isAlias(target.schema, dialect)) {
        const known = unitAt.get(target.path);
        if (known) return known;
        const unit = newUnit(target.path, target.schema, target.resource);
        unitAt.set(target.path, unit);
        units.push(unit);
        return unit;
      }
      if (passed.has(target.path)) return "leads back to itself";
      passed.add(target.path);
      next = referenceIn(target.schema) ?? "";
      from = target.resource;
    }
  };

  const write = (value: Json, at: At): JsonSchema => {
    if (typeof value === "boolean") return value;
    if (!isObject(value) || at.depth > MAX_DEPTH) {
      if (isObject(value)) lose(at, "schema-too-deep", `nested deeper than ${MAX_DEPTH} levels, left out`);
      else lose(at, "schema-invalid", "no schema: neither an object nor a boolean, left out");
      return true;
    }
    const resource = typeof value["$id"] === "string" ? references.resourceAt(at.path) : at.resource;
    const node: Node = {};
    const ref = referenceIn(value);
    if (ref !== undefined) {
      const scope: Scope = { node, key: "$ref", up: at.scope };
      const target = follow(ref, { ...at, resource });
      if (typeof target === "string") {
        lose({ ...at, scope }, "unresolved-ref", `$ref ${JSON.stringify(printable(ref, 80))} ${target}`);
        node[UNRESOLVED] = printable(ref, 200);
      } else {
        node["$ref"] = "";
        at.unit.edges.push({ target, inPlace: at.inPlace, scope, path: at.path });
      }
    }
    for (const [key, member] of modernised(value, dialect)) {
      const inPlace = at.inPlace && IN_PLACE_KEYWORDS.has(key);
      const path = at.path + pointerStep(key);
      const below: Below = { ...at, path, resource, depth: at.depth + 1, inPlace, scope: { node, key, up: at.scope } };
      const written = writeMember(key, member, below);
      if (written !== undefined) node[key] = written;
    }
    return value["nullable"] === true ? orNull(node) : node;
  };

  const writeMember = (key: string, value: Json, at: Below): Json | undefined => {
    const refuse = (): Json | undefined => {
      const message = `"${key}" with a value that JSON Schema does not allow, left out`;
      if (ANNOTATIONS.has(key)) note("schema-invalid", at.path, message);
      else lose(at, "schema-invalid", message);
      return undefined;
    };
    if (SCHEMA_KEYWORDS.has(key)) return isObject(value) || typeof value === "boolean" ? write(value, at) : refuse();
    if (LIST_KEYWORDS.has(key)) {
      if (!Array.isArray(value) || value.length === 0) return refuse();
      return value.map((one: Json, i) => write(one, { ...at, path: `${at.path}/${i}` }));
    }
    if (MAP_KEYWORDS.has(key)) {
      if (!isObject(value)) return refuse();
      const entries: [string, JsonSchema][] = [];
      for (const [name, one] of Object.entries(value)) {
        const kept = key === "patternProperties" ? usablePattern(name) : wellFormed(name);
        if (kept === undefined) refuse();
        else entries.push([kept, write(one, { ...at, path: at.path + pointerStep(name) })]);
      }
      return Object.fromEntries(entries);
    }
    const judged = VALUE_KEYWORDS.get(key)?.(value);
    if (judged === undefined)
      return !VALUE_KEYWORDS.has(key) || (key === "required" && isEmpty(value)) ? undefined : refuse();
    if (Array.isArray(value) && Array.isArray(judged) && judged.length < value.length)
      note("schema-invalid", at.path, `"${key}" lists something twice, or what it cannot list; kept without`);
    return judged;
  };

  // The list grows while it is walked: writing a unit finds the next ones.
  for (const unit of units)
    unit.written = write(unit.raw, {
      ...{ unit, path: unit.path, resource: unit.resource },
      ...{ depth: 0, inPlace: true, scope: undefined },
    });
  return units;
}

type Below = At & { readonly scope: Scope };

const newUnit = (path: string, raw: JsonSchema, resource: Resource): Unit => ({
  ...{ path, raw, resource },
  ...{ edges: [], losses: [], written: true },
});

const isEmpty = (value: Json): boolean => Array.isArray(value) && value.length === 0;

/** What decides over null besides `type` and the listed values. */
const OTHERS = ["$ref", "allOf", "anyOf", "oneOf", "not", "if"] as const;

/** OpenAPI 3.0's `nullable: true`: null as well as what `node` accepts. */
function orNull(node: Node): JsonSchema {
  if (!OTHERS.some((key) => key in node)) {
    const { type, enum: values } = node;
    if (typeof type === "string" || Array.isArray(type)) node["type"] = [...new Set([type, "null"].flat())] as Json[];
    if (Array.isArray(values) && !values.includes(null)) node["enum"] = [...(values as Json[]), null];
    if (node["const"] !== undefined && node["const"] !== null) {
      node["enum"] = [node["const"], null];
      delete node["const"];
    }
    return node;
  }
  const outer: Node = {};
  for (const key of ANNOTATIONS)
    if (node[key] !== undefined) {
      outer[key] = node[key];
      Reflect.deleteProperty(node, key);
    }
  return { ...outer, anyOf: [node, { type: "null" }] };
}
