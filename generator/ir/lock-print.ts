import { ORDERED_MEMBERS, type LockFile } from "./lock-contract.js";
import { sealed } from "./lock-seal.js";
import { byCodeUnit } from "./order.js";
import type { Json } from "./spec.js";

/** What a reviewer would not see. The emoji selector stays. */
const INVISIBLE =
  /[\u007f-\u009f\u2028\u2029]|(?!\u{FE0F})[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/**
 * The one text of a lock: two spaces of indent, line feeds, members by code unit except inside the schemas of tools. Foreign text can hide
 * nothing in it: invisible characters are escaped, which JSON allows everywhere.
 */
export function printLock(lock: LockFile): string {
  const text = print(lock as unknown as Json, { indent: "\n", path: [], isOrdered: false });
  return `${text}\n`.replace(INVISIBLE, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}

interface Place {
  readonly indent: string;
  readonly path: readonly string[];
  /** The order of members is the server's. */
  readonly isOrdered: boolean;
}

function print(value: Json, { indent, path, isOrdered }: Place): string {
  if (typeof value === "string" && path.length > SCHEMA_DEPTH && path[0] === "servers" && path[2] === "numbers") {
    const [, , , target = "", owner = "", part = "", key = ""] = path;
    return JSON.stringify(sealed(value, [target, owner, part, key]));
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const below = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((one: Json) => print(one, { indent: below, path, isOrdered }));
    return items.length === 0 ? "[]" : `[${below}${items.join(`,${below}`)}${indent}]`;
  }
  const members = Object.entries(value).filter(([, one]) => (one as unknown) !== undefined);
  if (members.length === 0) return "{}";
  if (!isOrdered) members.sort(([a], [b]) => byCodeUnit(a, b));
  const lines = members.map(([name, one]) => {
    const at = path.length > SCHEMA_DEPTH ? path : [...path, name];
    return `${JSON.stringify(name)}: ${print(one, { indent: below, path: at, isOrdered: isOrdered || isSchema(at) })}`;
  });
  return `{${below}${lines.join(`,${below}`)}${indent}}`;
}

/** `servers/NAME/tools/NAME/item/inputSchema` */
const SCHEMA_DEPTH = 6;
const isSchema = (path: readonly string[]): boolean =>
  path.length === SCHEMA_DEPTH &&
  path[0] === "servers" &&
  path[2] === "tools" &&
  path[4] === "item" &&
  ORDERED_MEMBERS.includes(path[5] ?? "");
