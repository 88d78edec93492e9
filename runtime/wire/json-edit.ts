import { bytesOf, messageFromBytes, type Message, type RequestId } from "../core/message.js";
import { CLOSE_OBJECT, COLON, COMMA, joined, OPEN_OBJECT, QUOTE, skipSpace, skipString, skipValue } from "./bytes.js";
import { broken, nameIn } from "./json-slice.js";

/** What is to become of one member of an object. Texts are JSON. */
export type JsonEdit =
  /** Replaced where it stands, else added at the end. */
  | { readonly set: string }
  /** Added at the end unless it is there. */
  | { readonly setIfAbsent: string }
  | { readonly remove: true }
  /** Its own members are edited. No object is left as it is; with `create` it becomes one. With `prune` it goes when nothing is left in it. */
  | { readonly members: JsonEdits; readonly create?: true; readonly prune?: true };

/** By the name of the member. */
export type JsonEdits = Readonly<Record<string, JsonEdit>>;

export const setTo = (value: unknown): JsonEdit => ({ set: JSON.stringify(value) });
export const REMOVE: JsonEdit = { remove: true };

/**
 * The text of a JSON object with some members changed. Every other byte stays: order, spelling of numbers, unknown members,
 * white space. A member that occurs twice is changed in both places. Throws RuntimeError `bad_message` where the text is no
 * object as far as it is looked at.
 */
export function editJson(bytes: readonly Uint8Array[], edits: JsonEdits): readonly Uint8Array[] {
  const text = joined(bytes);
  const out: Uint8Array[] = [];
  const start = skipSpace(text, 0);
  const end = objectInto(text, start, edits, out);
  if (start > 0) out.unshift(text.subarray(0, start));
  if (end < text.length) out.push(text.subarray(end));
  return out;
}

export interface Relabel {
  readonly edits?: JsonEdits;
  /** The message's own id from now on. */
  readonly id?: RequestId;
  /** Kept where it is not given; `null` takes it away. */
  readonly relatedTo?: RequestId | undefined | null;
}

/** The message under another id, for another request, with members changed. What is not named stays byte for byte. */
export function relabeled(message: Message, { edits, id, relatedTo = message.relatedTo }: Relabel): Message {
  const all = id === undefined ? edits : { ...edits, id: setTo(id) };
  const envelope = { kind: message.kind, method: message.method, id: id ?? message.id };
  const extras = { relatedTo: relatedTo ?? undefined, failure: message.failure };
  const bytes = all ? editJson(bytesOf(message), all) : bytesOf(message);
  return messageFromBytes(definedOf(envelope), bytes, extras);
}

function definedOf({
  kind,
  id,
  method,
}: {
  kind: Message["kind"];
  id: RequestId | undefined;
  method: string | undefined;
}) {
  return { kind, ...(id !== undefined && { id }), ...(method !== undefined && { method }) };
}

/** Writes the object that begins at `start` with its edits; returns the index after it. */
function objectInto(text: Buffer, start: number, edits: JsonEdits, out: Uint8Array[]): number {
  if (text[start] !== OPEN_OBJECT) throw broken();
  const present = new Set<string>();
  const end = skipValue(text, start);
  if (end < 0) throw broken();
  let kept = 0;
  /** Index from which on the text has not been written yet. */
  let from = start;
  let at = skipSpace(text, start + 1);
  while (text[at] !== CLOSE_OBJECT) {
    const nameAt = at;
    if (text[at] !== QUOTE) throw broken();
    const nameEnd = skipString(text, at + 1);
    if (nameEnd < 0) throw broken();
    const colon = skipSpace(text, nameEnd);
    if (text[colon] !== COLON) throw broken();
    const valueAt = skipSpace(text, colon + 1);
    const valueEnd = skipValue(text, valueAt);
    if (valueEnd < 0) throw broken();
    const comma = skipSpace(text, valueEnd);
    const last = text[comma] !== COMMA;
    if (last && text[comma] !== CLOSE_OBJECT) throw broken();

    const name = nameIn(text, nameAt, nameEnd);
    const edit = Object.hasOwn(edits, name) ? edits[name] : undefined;
    const value = edit && replacement(text, valueAt, edit);
    if (edit) present.add(name);
    if (value === null) {
      // Gone, together with one comma: the one before it if something was kept, else the one after it.
      const before = kept > 0 ? trimmedEnd(text, nameAt) : nameAt;
      out.push(text.subarray(from, before));
      from = kept > 0 ? valueEnd : last ? valueEnd : skipSpace(text, comma + 1);
    } else {
      kept++;
      if (value !== undefined) {
        out.push(text.subarray(from, valueAt), ...value);
        from = valueEnd;
      }
    }
    at = last ? comma : skipSpace(text, comma + 1);
  }
  const added = Object.entries(edits).flatMap(([name, edit]) => {
    const value = present.has(name) ? undefined : additionOf(edit);
    return value === undefined ? [] : [`${JSON.stringify(name)}:${value}`];
  });
  if (added.length > 0) {
    const contentEnd = Math.max(from, trimmedSpace(text, at));
    out.push(text.subarray(from, contentEnd), Buffer.from(`${kept > 0 ? "," : ""}${added.join(",")}`));
    from = contentEnd;
  }
  out.push(text.subarray(from, end));
  return end;
}

/** New text of a value; `null`: it goes; `undefined`: it stays. */
function replacement(text: Buffer, at: number, edit: JsonEdit): readonly Uint8Array[] | null | undefined {
  if ("remove" in edit) return null;
  if ("set" in edit) return [Buffer.from(edit.set)];
  if ("setIfAbsent" in edit) return undefined;
  if (text[at] !== OPEN_OBJECT) return edit.create ? [Buffer.from(additionOf(edit) ?? "{}")] : undefined;
  const parts: Uint8Array[] = [];
  objectInto(text, at, edit.members, parts);
  return edit.prune && isEmptyObject(parts) ? null : parts;
}

/** What is added for an edit of a member that is not there. */
function additionOf(edit: JsonEdit): string | undefined {
  if ("remove" in edit) return undefined;
  if ("set" in edit) return edit.set;
  if ("setIfAbsent" in edit) return edit.setIfAbsent;
  if (!edit.create) return undefined;
  const members = Object.entries(edit.members).flatMap(([name, inner]) => {
    const value = additionOf(inner);
    return value === undefined ? [] : [`${JSON.stringify(name)}:${value}`];
  });
  return members.length === 0 && edit.prune ? undefined : `{${members.join(",")}}`;
}

function isEmptyObject(parts: readonly Uint8Array[]): boolean {
  let total = 0;
  for (const part of parts) total += part.length;
  return total <= 64 && /^\{\s*\}$/.test(joined(parts).toString("latin1"));
}

/** Index after the last byte before `at` that is neither white space nor the comma that ended the member before. */
function trimmedEnd(text: Buffer, at: number): number {
  let end = trimmedSpace(text, at);
  if (text[end - 1] === COMMA) end--;
  return end;
}

function trimmedSpace(text: Buffer, at: number): number {
  let end = at;
  while (end > 0 && skipSpace(text, end - 1) > end - 1) end--;
  return end;
}
