import { RuntimeError } from "../core/errors.js";

/** One event. Blocks that only set an id or a retry time come as well, with no data. */
export interface SseEvent {
  /** "message" unless the stream says otherwise. */
  readonly event: string;
  /** Data lines joined by LF, in the chunks they came in. */
  readonly data: readonly Uint8Array[];
  /** Present only if this event carried one. */
  readonly id?: string;
  readonly retryMs?: number;
  /** Set instead of `data` when the event was over the limit: how long it was, and as much of its two ends as tells whose it was. */
  readonly oversizeBytes?: number;
  readonly ends?: { readonly head: Uint8Array; readonly tail: Uint8Array };
}

export interface SseOptions {
  /** Largest data of one event. */
  readonly maxBytes: number;
}

const LF = 0x0a;
const CR = 0x0d;
/** Longest line that is no data: ids, event names, comments. Longer ones are ignored. */
const MAX_FIELD_BYTES = 8192;
/** Enough to hold the longest field name and its colon. */
const FIELD_NAME_BYTES = 16;
const HEAD_BYTES = 4096;
const TAIL_BYTES = 1024;
const BREAK: Uint8Array = Buffer.from("\n");

/**
 * Reads server-sent events: LF, CR and CRLF end a line, a byte order mark at the start is skipped, an event that the end
 * of the stream cuts off is dropped. An event over the limit is skipped as it comes, never buffered.
 * Source: WHATWG HTML, "Server-sent events", sections 9.2.5 and 9.2.6.
 */
export async function* readEvents(
  source: AsyncIterable<Uint8Array>,
  { maxBytes }: SseOptions,
): AsyncGenerator<SseEvent> {
  const block = new Block(maxBytes);
  let afterReturn = false;
  let start = true;
  for await (const chunk of source) {
    let from = 0;
    let nextReturn = chunk.indexOf(CR);
    if (start && chunk.length > 0) {
      start = false;
      if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) from = 3;
    }
    while (from < chunk.length) {
      if (afterReturn && chunk[from] === LF) from++;
      afterReturn = false;
      if (from === chunk.length) break;
      const nextFeed = chunk.indexOf(LF, from);
      if (nextReturn >= 0 && nextReturn < from) nextReturn = chunk.indexOf(CR, from);
      afterReturn = nextReturn >= 0 && (nextFeed < 0 || nextReturn < nextFeed);
      const at = afterReturn ? nextReturn : nextFeed;
      block.add(chunk.subarray(from, at < 0 ? chunk.length : at));
      if (at < 0) break;
      from = at + 1;
      const event = block.endLine();
      if (event) yield event;
    }
  }
}

/** The lines since the last blank one. */
class Block {
  readonly #maxBytes: number;
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  #keptBytes = 0;
  /** End of a line that is not kept whole. */
  #dropped: Uint8Array = new Uint8Array();
  #data: Uint8Array[] = [];
  #dataBytes = 0;
  #hasData = false;
  #head: Uint8Array | undefined;
  #tail: Uint8Array = new Uint8Array();
  #any = false;
  #event = "";
  #id: string | undefined;
  #retryMs: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#lineBytes += part.length;
    // The start of a line is kept in any case: it says which field the line is, and whose a long one was.
    const room = Math.max(this.#maxBytes + MAX_FIELD_BYTES - this.#dataBytes, HEAD_BYTES) - this.#keptBytes;
    const kept = part.subarray(0, Math.max(0, room));
    this.#keptBytes += kept.length;
    if (kept.length > 0) this.#line.push(kept);
    if (kept.length === part.length) return;
    // Copied: a view would keep the whole chunk alive.
    const rest = part.subarray(Math.max(kept.length, part.length - TAIL_BYTES));
    this.#dropped = Buffer.concat([this.#dropped, rest]).subarray(-TAIL_BYTES);
  }

  /** The event, if this line was the blank one that ends it. */
  endLine(): SseEvent | undefined {
    const line = this.#line;
    const bytes = this.#lineBytes;
    const dropped = this.#dropped;
    this.#line = [];
    this.#lineBytes = 0;
    this.#keptBytes = 0;
    this.#dropped = new Uint8Array();
    if (bytes === 0) return this.#take();
    const start = Buffer.concat(line.map((part) => part.subarray(0, FIELD_NAME_BYTES))).toString(
      "latin1",
      0,
      FIELD_NAME_BYTES,
    );
    const field = /^[^:]*/.exec(start)?.[0] ?? "";
    const prefix = field.length + (start[field.length + 1] === " " ? 2 : 1);
    if (field === "data") this.#addData([...line, dropped], bytes, Math.min(prefix, bytes));
    else if (bytes <= MAX_FIELD_BYTES)
      this.#setField(field, Buffer.concat(line).toString("utf8", Math.min(prefix, bytes)));
    return undefined;
  }

  #addData(line: readonly Uint8Array[], bytes: number, prefix: number): void {
    if (this.#hasData) {
      this.#data.push(BREAK);
      this.#dataBytes++;
    }
    this.#hasData = true;
    this.#any = true;
    this.#dataBytes += bytes - prefix;
    const data = withoutFirst(line, prefix);
    if (this.#head === undefined && this.#dataBytes <= this.#maxBytes) {
      this.#data.push(...data);
      return;
    }
    this.#head ??= Buffer.from(Buffer.concat([...this.#data, ...data]).subarray(0, HEAD_BYTES));
    this.#tail = Buffer.from(Buffer.concat([this.#tail, ...data]).subarray(-TAIL_BYTES));
    this.#data = [];
  }

  #setField(field: string, value: string): void {
    if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
    else return; // a comment, or a field nobody knows
    this.#any = true;
  }

  #take(): SseEvent | undefined {
    const event: SseEvent | undefined = this.#any
      ? {
          event: this.#event || "message",
          data: this.#data,
          ...(this.#id === undefined ? {} : { id: this.#id }),
          ...(this.#retryMs === undefined ? {} : { retryMs: this.#retryMs }),
          ...(this.#head ? { oversizeBytes: this.#dataBytes, ends: { head: this.#head, tail: this.#tail } } : {}),
        }
      : undefined;
    this.#data = [];
    this.#dataBytes = 0;
    this.#hasData = false;
    this.#head = undefined;
    this.#tail = new Uint8Array();
    this.#any = false;
    this.#event = "";
    this.#id = undefined;
    this.#retryMs = undefined;
    return event;
  }
}

function withoutFirst(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (count < chunk.length) rest.push(count > 0 ? chunk.subarray(count) : chunk);
    count = Math.max(0, count - chunk.length);
  }
  return rest;
}

export interface EventFields {
  readonly id?: string;
  readonly event?: string;
  readonly retryMs?: number;
}

/**
 * One event as bytes. Line breaks in the data begin a new `data:` line; between the tokens of a message LF, CR and CRLF
 * are all the same. Throws RuntimeError `internal` if `id` or `event` hold a line break or NUL.
 */
export function eventChunks(data: readonly Uint8Array[], fields: EventFields = {}): readonly Uint8Array[] {
  const { id, event, retryMs } = fields;
  let head = "";
  if (event !== undefined) head += `event: ${fieldText(event)}\n`;
  if (id !== undefined) head += `id: ${fieldText(id)}\n`;
  if (retryMs !== undefined) head += `retry: ${retryMs}\n`;
  const chunks: Uint8Array[] = [Buffer.from(`${head}data: `)];
  for (const chunk of data) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const c = chunk[at];
      if (c !== LF && c !== CR) continue;
      chunks.push(chunk.subarray(from, at), NEXT_DATA);
      from = at + 1;
    }
    chunks.push(from === 0 ? chunk : chunk.subarray(from));
  }
  chunks.push(END);
  return chunks;
}

/** Keeps a silent stream open through proxies. */
export const COMMENT: Uint8Array = Buffer.from(":\n\n");
const NEXT_DATA: Uint8Array = Buffer.from("\ndata: ");
const END: Uint8Array = Buffer.from("\n\n");

function fieldText(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RuntimeError("internal", "an SSE field must not hold line breaks or NUL");
  return text;
}
