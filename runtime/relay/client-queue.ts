import type { RuntimeError } from "../core/errors.js";
import { byteLength, bytesOf, type Message } from "../core/message.js";

/** What a message that waits costs beside its bytes, about. */
const OVERHEAD_BYTES = 256;

interface Reader {
  resolve(result: IteratorResult<Message>): void;
  reject(error: unknown): void;
}

/**
 * What waits for one client of many that share a server. Never makes the writer wait by itself: it tells when more waits than
 * may, and the writer decides who has to suffer. A message that waits alone is never too much.
 */
export class ClientQueue implements AsyncIterable<Message> {
  readonly #maxBytes: number;
  readonly #waiting: Message[] = [];
  #waitingBytes = 0;
  #reader: Reader | undefined;
  #roomFor: (() => void)[] = [];
  #ended = false;
  #error: RuntimeError | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get full(): boolean {
    return this.#waiting.length > 1 && this.#waitingBytes > this.#maxBytes;
  }

  /** Dropped after the end: nobody reads it. */
  push(message: Message): void {
    if (this.#ended) return;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) {
      reader.resolve({ value: message, done: false });
      return;
    }
    this.#waiting.push(message);
    this.#waitingBytes += costOf(message);
  }

  /** Resolves when there is room again, at the end, or when `release` is called. */
  room(): Promise<void> {
    if (!this.full) return Promise.resolve();
    return new Promise((resolve) => this.#roomFor.push(resolve));
  }

  /** Lets those go on who wait for room. */
  release(): void {
    for (const resolve of this.#roomFor.splice(0)) resolve();
  }

  /** What waits is still read, then the end is seen, or `reason`. Idempotent: the first end counts. */
  end(reason?: RuntimeError): void {
    this.#end(reason);
  }

  /** What waits is lost; the reader sees `reason`. */
  cut(reason: RuntimeError): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#end(reason);
  }

  #end(error?: RuntimeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.release();
    const reader = this.#reader;
    this.#reader = undefined;
    if (error) reader?.reject(error);
    else reader?.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return {
      next: () => {
        const message = this.#waiting.shift();
        if (message) {
          this.#waitingBytes -= costOf(message);
          if (!this.full) this.release();
          return Promise.resolve({ value: message, done: false });
        }
        if (this.#ended)
          return this.#error ? Promise.reject(this.#error) : Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
      },
      return: () => {
        this.#waiting.length = 0;
        this.#end();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}

const costOf = (message: Message): number => byteLength(bytesOf(message)) + OVERHEAD_BYTES;
