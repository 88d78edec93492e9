import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  skipString,
  skipValue,
} from "../wire/bytes.js";
import { broken, nameIn } from "../wire/json-slice.js";
import { sliceOf } from "../wire/json-slice.js";

/** Keywords whose values are data: a `$ref` in there is none. */
const DATA = new Set(["const", "enum", "default", "examples"]);

/** Keywords whose members are named by the author: `properties: {"$ref": …}` is a property. */
const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

type Place = "schema" | "names" | "data";

interface Frame {
  readonly isArray: boolean;
  readonly place: Place;
  /** References rewritten before this one was entered. */
  readonly before: number;
  /** It has an `$id` of its own, against which its references are resolved. */
  hasBase: boolean;
}

/**
 * An output schema of any root as one of an object with the member `result`, as text. References within the document follow it;
 * everything else keeps its bytes. Source: MCP 2025-11-25, server/tools, "Output Schema"; JSON Schema 2020-12, 8.2.
 */
export function wrappedSchema(schema: Buffer): string {
  const dialect = sliceOf([schema], ["$schema"])?.toString("utf8");
  const parts: string[] = [];
  let from = 0;
  for (const at of referencesIn(schema)) {
    // `"#` and then the rest: "#" and "#/…" alike lead through the new root.
    parts.push(schema.toString("utf8", from, at + 2), "/properties/result");
    from = at + 2;
  }
  parts.push(schema.toString("utf8", from));
  const head = dialect === undefined ? "" : `"$schema":${dialect},`;
  return `{${head}"type":"object","properties":{"result":${parts.join("")}},"required":["result"]}`;
}

/** Where the strings begin that refer to this very document. One pass, no recursion: depth costs nothing. */
function referencesIn(text: Buffer): readonly number[] {
  const found: number[] = [];
  const frames: Frame[] = [];
  let key: string | undefined;
  let at = skipSpace(text, 0);

  const enter = (isArray: boolean): void => {
    frames.push({ isArray, place: placeOf(frames.at(-1), key), before: found.length, hasBase: false });
    key = undefined;
    at = skipSpace(text, at + 1);
  };
  const leave = (): void => {
    const frame = frames.pop();
    if (frame?.hasBase) found.length = frame.before;
    at = skipSpace(text, at + 1);
  };

  do {
    const c = text[at];
    const frame = frames.at(-1);
    if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      leave();
      continue;
    }
    if (c === COMMA) {
      key = undefined;
      at = skipSpace(text, at + 1);
      continue;
    }
    if (frame && !frame.isArray && key === undefined) {
      const end = c === QUOTE ? skipString(text, at + 1) : -1;
      const colon = end < 0 ? -1 : skipSpace(text, end);
      if (colon < 0 || text[colon] !== COLON) throw broken();
      key = nameIn(text, at, end);
      at = skipSpace(text, colon + 1);
      continue;
    }
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      enter(c === OPEN_ARRAY);
      continue;
    }
    const end = skipValue(text, at);
    if (end < 0) throw broken();
    if (frame?.place === "schema" && !frame.isArray) {
      const value = text.toString("utf8", at, end);
      if (key === "$id" && !value.startsWith('"#')) frame.hasBase = true;
      if ((key === "$ref" || key === "$dynamicRef") && (value === '"#"' || value.startsWith('"#/'))) found.push(at);
    }
    at = skipSpace(text, end);
  } while (frames.length > 0);
  return found;
}

function placeOf(parent: Frame | undefined, key: string | undefined): Place {
  if (!parent) return "schema";
  if (parent.isArray) return parent.place;
  if (parent.place === "names") return "schema";
  if (parent.place === "data" || DATA.has(key ?? "")) return "data";
  return NAMED.has(key ?? "") ? "names" : "schema";
}
