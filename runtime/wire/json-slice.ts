import { RuntimeError } from "../core/errors.js";
import { CLOSE_OBJECT, COLON, COMMA, joined, OPEN_OBJECT, QUOTE, skipSpace, skipString, skipValue } from "./bytes.js";

/**
 * The text of a value inside a JSON object, found by the names of the members that lead to it: a view, nothing is parsed or copied.
 * `undefined`: there is none. Of several members of one name the last counts, as in JSON.parse.
 * Throws RuntimeError `bad_message` where the text is no valid JSON, as far as it is looked at.
 */
export function sliceOf(bytes: readonly Uint8Array[], path: readonly string[]): Buffer | undefined {
  let value: Buffer | undefined = joined(bytes);
  for (const wanted of path) {
    let found: Buffer | undefined;
    eachMember(value, (name, text) => {
      if (name === wanted) found = text;
    });
    if (!found) return undefined;
    value = found;
  }
  return value;
}

/** The members of a JSON object, none of anything else, in order, each value as a view of its text. Throws as `sliceOf`. */
export function membersIn(text: Uint8Array): ReadonlyMap<string, Buffer> {
  const members = new Map<string, Buffer>();
  eachMember(joined([text]), (name, value) => members.set(name, value));
  return members;
}

/** The value of a slice that is a string; `undefined` for anything else. */
export function stringIn(text: Uint8Array | undefined): string | undefined {
  if (text?.[0] !== QUOTE) return undefined;
  return parsed(joined([text]).toString("utf8"));
}

function eachMember(text: Buffer, visit: (name: string, value: Buffer) => void): void {
  let at = skipSpace(text, 0);
  if (text[at] !== OPEN_OBJECT) return;
  at = skipSpace(text, at + 1);
  if (text[at] === CLOSE_OBJECT) return;
  for (;;) {
    const nameEnd = text[at] === QUOTE ? skipString(text, at + 1) : -1;
    const colon = nameEnd < 0 ? -1 : skipSpace(text, nameEnd);
    if (colon < 0 || text[colon] !== COLON) throw broken();
    const valueAt = skipSpace(text, colon + 1);
    const end = skipValue(text, valueAt);
    if (end < 0) throw broken();
    visit(nameIn(text, at, nameEnd), text.subarray(valueAt, end));
    at = skipSpace(text, end);
    if (text[at] === CLOSE_OBJECT) return;
    if (text[at] !== COMMA) throw broken();
    at = skipSpace(text, at + 1);
  }
}

/** A member's name, its quotes at `start` and before `end`. Throws as `sliceOf`. */
export function nameIn(text: Buffer, start: number, end: number): string {
  const raw = text.toString("utf8", start, end);
  return raw.includes("\\") ? parsed(raw) : raw.slice(1, -1);
}

function parsed(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw broken();
  }
}

/** Says of what was looked at that it is no JSON. */
export const broken = (): RuntimeError => new RuntimeError("bad_message", "not valid JSON");
