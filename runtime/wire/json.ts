import { isUtf8 } from "node:buffer";
import { RuntimeError } from "../core/errors.js";
import {
  byteLength,
  envelopeOf,
  messageFromBytes,
  parseRpc,
  type Envelope,
  type Message,
  type MessageExtras,
  type RequestId,
} from "../core/message.js";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  joined,
  skipSpace,
  skipString,
  skipValue,
} from "./bytes.js";

export { scan, scanMessage, type ScanOptions } from "./json-scan.js";

/** What has been seen of a message's top level so far. The last of several members of one name counts, as in JSON.parse. */
interface Seen {
  id?: RequestId | null;
  method?: string;
  outcome?: true;
}

/**
 * What a message is, told from its top level; the values of `params`, `result` and `error` are stepped over, not parsed.
 * `undefined`: unsure, or no message. Never throws, and never tells anything else than JSON.parse and `envelopeOf` would
 * of valid JSON; that the parts stepped over are valid shows when someone looks at `rpc`.
 */
export function peek(bytes: readonly Uint8Array[]): Envelope | undefined {
  const text = joined(bytes);
  if (!isUtf8(text)) return undefined;
  const seen: Seen = {};
  const end = walk(text, seen);
  return end === text.length ? envelope(seen) : undefined;
}

/**
 * The id of the request that a broken message answers, told from its two ends, as far as that can be told.
 * For lines that were too long to keep, or that are no valid JSON.
 */
export function answeredId(head: Uint8Array, tail: Uint8Array): RequestId | undefined {
  const seen: Seen = {};
  walk(joined([head]), seen);
  if (!seen.outcome || seen.method !== undefined) return undefined;
  // The last bracket closes the top level, so scalar members right before it belong to that level, and come last.
  const last = TAIL_ID.exec(joined([tail]).toString("latin1"))?.[1];
  const id = last === undefined ? seen.id : scalar(last);
  return id ?? undefined;
}

const TAIL_ID =
  /,\s*"id"\s*:\s*("[\x20\x21\x23-\x5b\x5d-\x7e]{0,256}"|-?\d{1,15})\s*(?:,\s*"[a-z]{1,16}"\s*:\s*(?:"[^"\\]{0,64}"|-?\d{1,15}|true|false|null)\s*){0,4}\}\s*$/;

/** Below this, parsing everything is quicker than looking at the top level alone. */
const PARSE_BELOW_BYTES = 1024;

/**
 * One message; its bytes stay as they came (less a byte order mark). Throws RuntimeError `bad_message`.
 */
export function messageOf(bytes: readonly Uint8Array[], extras: MessageExtras = {}): Message {
  const plain = withoutMark(bytes);
  const known = byteLength(plain) > PARSE_BELOW_BYTES ? peek(plain) : undefined;
  if (known) return messageFromBytes(known, plain, extras);
  const rpc = parseRpc(plain);
  return messageFromBytes(envelopeOf(rpc), plain, { ...extras, rpc });
}

/** Whether this is a batch: its first byte opens an array. */
export function isBatch(bytes: readonly Uint8Array[]): boolean {
  for (const chunk of bytes) {
    const at = skipSpace(chunk, 0);
    if (at < chunk.length) return chunk[at] === OPEN_ARRAY;
  }
  return false;
}

/**
 * The elements of a JSON array as raw slices. Elements are not looked at. Throws RuntimeError `bad_message` if it is no array.
 * Source: MCP 2025-03-26, "Batching".
 */
export function splitBatch(bytes: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const text = joined(bytes);
  const elements: (readonly Uint8Array[])[] = [];
  let at = skipSpace(text, 0);
  if (text[at] !== OPEN_ARRAY) throw notJson("a batch must be a JSON array");
  at = skipSpace(text, at + 1);
  if (text[at] === CLOSE_ARRAY) at++;
  else
    for (;;) {
      const end = skipValue(text, at);
      if (end < 0) throw notJson("a batch with an element that does not end");
      elements.push([text.subarray(at, end)]);
      at = skipSpace(text, end);
      const c = text[at++];
      if (c === CLOSE_ARRAY) break;
      if (c !== COMMA) throw notJson("a batch whose elements are not separated by commas");
      at = skipSpace(text, at);
    }
  if (skipSpace(text, at) !== text.length) throw notJson("text after the end of a batch");
  return elements;
}

/** Walks the members of the object. Index after it and the space behind; -1 when unsure. Fills `seen` as far as it comes. */
function walk(text: Buffer, seen: Seen): number {
  let at = skipSpace(text, 0);
  if (text[at] !== OPEN_OBJECT) return -1;
  at = skipSpace(text, at + 1);
  for (;;) {
    if (text[at] !== QUOTE) return -1;
    const keyEnd = skipString(text, at + 1);
    if (keyEnd < 0) return -1;
    const key = memberName(text, at, keyEnd);
    at = skipSpace(text, keyEnd);
    if (key === undefined || text[at] !== COLON) return -1;
    at = skipSpace(text, at + 1);
    if (key === "result" || key === "error") seen.outcome = true;
    const end = skipValue(text, at);
    if (end < 0) return -1;
    if (key === "id") {
      const id = scalar(text.toString("utf8", at, end));
      if (id === undefined) return -1;
      seen.id = id;
    } else if (key === "method") {
      const method = scalar(text.toString("utf8", at, end));
      if (typeof method !== "string") return -1;
      seen.method = method;
    }
    at = skipSpace(text, end);
    const c = text[at++];
    if (c === CLOSE_OBJECT) return skipSpace(text, at);
    if (c !== COMMA) return -1;
    at = skipSpace(text, at);
  }
}

/** The four names that decide, "" for all others, `undefined` for what JSON.parse would not take. Quotes included in the range. */
function memberName(text: Buffer, start: number, end: number): string | undefined {
  const raw = text.toString("latin1", start + 1, end - 1);
  const name = raw.includes("\\") ? scalar(text.toString("utf8", start, end)) : raw;
  if (typeof name !== "string") return undefined;
  return name === "id" || name === "method" || name === "result" || name === "error" ? name : "";
}

/** A string, a plain integer or null. `undefined`: anything else, for the full parse to judge. */
function scalar(text: string): RequestId | null | undefined {
  if (text === "null") return null;
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (!text.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined; // the full parse says what is wrong
  }
}

/** `envelopeOf` for what was seen; `undefined` where that would throw. */
function envelope({ id, method, outcome }: Seen): Envelope | undefined {
  if (method !== undefined) {
    if (id === undefined) return { kind: "notification", method };
    return id === null ? undefined : { kind: "request", id, method };
  }
  // Without an id only an error is a response: rare enough for the full parse.
  return outcome && id !== undefined && id !== null ? { kind: "response", id } : undefined;
}

function withoutMark(bytes: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first, ...rest] = bytes;
  if (first?.[0] !== 0xef || first[1] !== 0xbb || first[2] !== 0xbf) return bytes;
  return [first.subarray(3), ...rest];
}

/** JSON-RPC 2.0, section 5.1: -32700 for what cannot be parsed, against -32600 for what is no request. */
function notJson(text: string): RuntimeError {
  return new RuntimeError("bad_message", text, { rpcError: { code: -32700, message: text } });
}
