import { RuntimeError } from "./errors.js";
import type { Message } from "./message.js";

/** A two-way, ordered pipe of messages with one reader. Obtained from a Backend, or made by a Frontend. */
export interface Channel {
  /** From the far side. Ends on orderly close; throws RuntimeError `closed`, `bad_message`, `too_large`. */
  readonly incoming: AsyncIterable<Message>;
  /** Resolves when the far side's buffer accepts it (back-pressure), not when handled. Throws `closed`. */
  send(message: Message): Promise<void> | void;
  /** Idempotent, never throws. `reason` reaches the log, never the wire. */
  close(reason?: unknown): Promise<void>;
}

/**
 * An ordered queue of messages between one writer and one reader: the half of every channel.
 * `push` resolves once fewer than `highWater` messages wait, which is what makes a fast writer wait for a slow reader.
 */
export class MessageQueue implements AsyncIterable<Message> {
  readonly #highWater: number;
  readonly #waiting: Message[] = [];
  #reader: { resolve: (result: IteratorResult<Message>) => void; reject: (error: unknown) => void } | undefined;
  #writers: (() => void)[] = [];
  #ended = false;
  #error: RuntimeError | undefined;

  constructor(highWater = 16) {
    this.#highWater = highWater;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the message at once; the promise is there for the writer to wait on. Throws `closed` after the end. */
  push(message: Message): Promise<void> | void {
    if (this.#ended) throw new RuntimeError("closed", "the channel is closed");
    if (this.#reader) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.resolve({ value: message, done: false });
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length < this.#highWater) return;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  /** No more messages. What waits is still read; then the reader sees the end, or `error`. Idempotent: the first call counts. */
  end(error?: RuntimeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#releaseWriters();
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
          if (this.#waiting.length < this.#highWater) this.#releaseWriters();
          return Promise.resolve({ value: message, done: false });
        }
        if (this.#ended)
          return this.#error ? Promise.reject(this.#error) : Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
      },
      return: () => {
        // The reader walks away: what still waits is nobody's, and writers must not hang on it.
        this.#waiting.length = 0;
        this.end();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  #releaseWriters(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const release of writers) release();
  }
}

/** Two channels joined in memory, with back-pressure: what one sends the other reads. Closing either ends both. */
export function pipe(highWater?: number): [Channel, Channel] {
  const left = new MessageQueue(highWater);
  const right = new MessageQueue(highWater);
  const close = (): Promise<void> => {
    left.end();
    right.end();
    return Promise.resolve();
  };
  return [
    { incoming: left, send: (message) => right.push(message), close },
    { incoming: right, send: (message) => left.push(message), close },
  ];
}
