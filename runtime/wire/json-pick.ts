import { byteLength, type Message } from "../core/message.js";
import { CLOSE_OBJECT, COLON, COMMA, joined, OPEN_OBJECT, QUOTE, skipSpace, skipString, skipValue } from "./bytes.js";

/** Below this, parsing everything is quicker than looking for some members. */
const PARSE_BELOW_BYTES = 4096;

type Members = Readonly<Record<string, unknown>>;

/**
 * Members of `params`, at least the named ones. Of a large message nothing else is parsed, so that a few small members of it cost
 * no second copy of the rest. Without `params`, or with any that are no object, there are none. Throws RuntimeError `bad_message`
 * where the message is no valid JSON, as far as it is looked at.
 */
export function paramsMembers(message: Message, names: readonly string[]): Members {
  const { bytes } = message;
  if (bytes && byteLength(bytes) >= PARSE_BELOW_BYTES) {
    const picked = pick(joined(bytes), names);
    if (picked) return picked;
  }
  const { params } = message.rpc;
  return typeof params === "object" && params !== null && !Array.isArray(params) ? (params as Members) : {};
}

/** `undefined`: unsure, for the full parse to judge. */
function pick(text: Buffer, names: readonly string[]): Members | undefined {
  let paramsAt = -1;
  const whole = eachMember(text, skipSpace(text, 0), (name, at) => {
    if (name === "params") paramsAt = at;
  });
  if (!whole) return undefined;
  if (paramsAt < 0 || text[paramsAt] !== OPEN_OBJECT) return {};
  const picked: Record<string, unknown> = {};
  try {
    const known = eachMember(text, paramsAt, (name, at, end) => {
      if (names.includes(name)) picked[name] = JSON.parse(text.toString("utf8", at, end));
    });
    return known ? picked : undefined;
  } catch {
    return undefined; // the full parse says what is wrong
  }
}

/** Calls `visit` for each member of the object that begins at `start`. False where its text is not understood. */
function eachMember(text: Buffer, start: number, visit: (name: string, at: number, end: number) => void): boolean {
  if (text[start] !== OPEN_OBJECT) return false;
  let at = skipSpace(text, start + 1);
  if (text[at] === CLOSE_OBJECT) return true;
  for (;;) {
    if (text[at] !== QUOTE) return false;
    const nameEnd = skipString(text, at + 1);
    if (nameEnd < 0) return false;
    const name = text.toString("utf8", at + 1, nameEnd - 1);
    if (name.includes("\\")) return false;
    at = skipSpace(text, nameEnd);
    if (text[at] !== COLON) return false;
    at = skipSpace(text, at + 1);
    const end = skipValue(text, at);
    if (end < 0) return false;
    visit(name, at, end);
    at = skipSpace(text, end);
    const c = text[at++];
    if (c === CLOSE_OBJECT) return true;
    if (c !== COMMA) return false;
    at = skipSpace(text, at);
  }
}
