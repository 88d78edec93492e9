/** Code points of JSON's grammar. Source: RFC 8259, section 2. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/** One view over all chunks: no copy for one chunk, which is the usual case. */
export function joined(chunks: readonly Uint8Array[]): Buffer {
  const [only] = chunks;
  if (only && chunks.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(chunks);
}

/** Index of the first byte from `at` that is not JSON whitespace. */
export function skipSpace(text: Uint8Array, at: number): number {
  for (;;) {
    const c = text[at];
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return at;
    at++;
  }
}

/** Index after the closing quote of the string whose content begins at `from`; -1 if it does not close. */
export function skipString(text: Buffer, from: number): number {
  const length = text.length;
  let far = from + 64;
  for (let at = from; at < length; at++) {
    const c = text[at];
    if (c === QUOTE) return at + 1;
    if (c === BACKSLASH) at++;
    if (at < far) continue;
    // A long string: let memchr find its end, and take the jump if no escape lies in between.
    const quote = text.indexOf(QUOTE, at + 1);
    if (quote < 0) return -1;
    if (text.subarray(at + 1, quote).indexOf(BACKSLASH) < 0) return quote + 1;
    far = at + 4096;
  }
  return -1;
}

/**
 * Index after the value that begins at `from`; -1 if it does not end. Looks at strings and brackets only: what lies in
 * between is not checked. Iterative: depth costs nothing.
 */
export function skipValue(text: Buffer, from: number): number {
  const first = text[from];
  if (first === QUOTE) return skipString(text, from + 1);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(text, from);
  const length = text.length;
  let depth = 0;
  for (let at = from; at < length; at++) {
    const c = text[at] ?? 0;
    if (c === QUOTE) {
      at = skipString(text, at + 1) - 1;
      if (at < 0) return -1;
      continue;
    }
    const folded = c | 0x20; // brackets and braces differ in this bit alone
    if (folded === OPEN_OBJECT) depth++;
    else if (folded === CLOSE_OBJECT && --depth === 0) return at + 1;
  }
  return -1;
}

/** Index after a number or a literal; -1 if there is none. */
function skipScalar(text: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const c = text[at];
    // Letters, digits, "+", "-" and ".": all that numbers, true, false and null are made of.
    const inside =
      c !== undefined &&
      ((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c === 0x45 || c === 0x2b || c === 0x2d || c === 0x2e);
    if (!inside) return at === from ? -1 : at;
    at++;
  }
}
