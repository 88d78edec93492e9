import { MessageQueue } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { byteLength, bytesOf, type Message } from "../core/message.js";

/** What waits for one client, in bytes. Nobody waits for its reader: one client that does not read must not hold up the others. */
export interface ClientBuffer {
  readonly incoming: AsyncIterable<Message>;
  /** False when there is no room: the reader has been cut off, and what waited for it is gone. After the end nothing happens. */
  push(message: Message): boolean;
  /** What waits is still read; then the reader sees the end, or `error`. Idempotent. */
  end(error?: RuntimeError): void;
}

export function clientBuffer(maxBytes: number): ClientBuffer {
  const queue = new MessageQueue(Number.POSITIVE_INFINITY);
  const messages = queue[Symbol.asyncIterator]();
  let waitingBytes = 0;
  let waiting = 0;
  let cut: RuntimeError | undefined;

  const incoming: AsyncIterator<Message> = {
    async next() {
      if (cut) throw cut;
      const result = await messages.next();
      if (!result.done) {
        waiting--;
        waitingBytes -= byteLength(bytesOf(result.value));
      }
      return result;
    },
    async return() {
      await messages.return?.();
      return { value: undefined, done: true };
    },
  };
  return {
    incoming: { [Symbol.asyncIterator]: () => incoming },
    push(message) {
      if (queue.ended) return true;
      waitingBytes += byteLength(bytesOf(message));
      // One message alone always fits: its size was checked when it was read.
      if (++waiting > 1 && waitingBytes > maxBytes) {
        cut = new RuntimeError("overloaded", `the client does not read: more than ${maxBytes} bytes wait for it`);
        void messages.return?.();
        return false;
      }
      void queue.push(message);
      return true;
    },
    end: (error) => queue.end(error),
  };
}
