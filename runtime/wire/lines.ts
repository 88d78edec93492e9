/** One line without its line end; or that a longer one was there, with as much of its two ends as tells whose it was. */
export type Line =
  | { readonly bytes: readonly Uint8Array[] }
  | { readonly oversize: number; readonly head: Uint8Array; readonly tail: Uint8Array };

export interface LineOptions {
  /** Longest line, without its line end. */
  readonly maxBytes: number;
}

const LF = 0x0a;
const CR = 0x0d;
const HEAD_BYTES = 4096;
const TAIL_BYTES = 1024;

/**
 * Splits at 0x0A only (a bare CR is JSON whitespace, U+2028 is text) and takes one CR off the end of a line. Empty lines
 * are left out; a last line without LF counts. A line keeps the chunks it came in: nothing is copied or scanned twice.
 * Of a line over the limit only the ends are kept; it is skipped as it comes, never buffered.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>, { maxBytes }: LineOptions): AsyncGenerator<Line> {
  const line = new LineBuffer(maxBytes);
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length;) {
      const at = chunk.indexOf(LF, from);
      line.add(chunk.subarray(from, at < 0 ? chunk.length : at));
      if (at < 0) break;
      from = at + 1;
      const whole = line.take();
      if (whole) yield whole;
    }
  }
  const rest = line.take();
  if (rest) yield rest;
}

class LineBuffer {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #total = 0;
  #head: Uint8Array | undefined;
  #tail: Uint8Array = new Uint8Array();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#total += chunk.length;
    if (this.#head === undefined) {
      this.#chunks.push(chunk);
      if (this.#total > this.#maxBytes + 1) this.#overflow(); // one more: it may be the CR
      return;
    }
    // Copied: a view would keep the whole chunk alive.
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }

  #overflow(): void {
    const all = Buffer.concat(this.#chunks);
    this.#head = Buffer.from(all.subarray(0, HEAD_BYTES));
    this.#tail = Buffer.from(all.subarray(-TAIL_BYTES));
    this.#chunks = [];
  }

  take(): Line | undefined {
    if (this.#head === undefined) this.#stripReturn();
    if (this.#head === undefined && this.#total > this.#maxBytes) this.#overflow();
    const line = this.#head ? { oversize: this.#total, head: this.#head, tail: this.#tail } : { bytes: this.#chunks };
    const empty = this.#total === 0;
    this.#chunks = [];
    this.#total = 0;
    this.#head = undefined;
    this.#tail = new Uint8Array();
    return empty ? undefined : line;
  }

  #stripReturn(): void {
    const last = this.#chunks.at(-1);
    if (last?.at(-1) !== CR) return;
    this.#chunks.pop();
    if (last.length > 1) this.#chunks.push(last.subarray(0, -1));
    this.#total--;
  }
}

/**
 * A message as one line, line end included. Line breaks between the tokens of a message, which a client may well send
 * over HTTP, become spaces: inside of strings JSON has none.
 */
export function lineOf(bytes: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...bytes.map(unbroken), NEWLINE];
}

const NEWLINE: Uint8Array = Buffer.from("\n");

function unbroken(chunk: Uint8Array): Uint8Array {
  if (!chunk.includes(LF) && !chunk.includes(CR)) return chunk;
  return chunk.map((byte) => (byte === LF || byte === CR ? 0x20 : byte));
}
