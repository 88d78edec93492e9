import type { Writable } from "node:stream";
import { RuntimeError } from "../core/errors.js";

/** Below this one write of a copy is cheaper than several writes. */
const JOIN_BELOW_BYTES = 16 * 1024;

/** One waiter for each stream that is full, however many writers wait. */
const draining = new WeakMap<Writable, Promise<void>>();

/** The cause of a `closed` whose message was never handed on: to send it once more cannot make it happen twice. */
export const UNWRITTEN = Symbol("unwritten");

/**
 * Writes all chunks without anything in between. Returns at once while the stream has room, else resolves when it has again:
 * the caller waits before it writes more. Rejects with RuntimeError `closed` when the stream has ended (cause UNWRITTEN), fails or closes.
 * The stream's owner listens for its `error`.
 */
export function writeAll(stream: Writable, chunks: readonly Uint8Array[]): Promise<void> | void {
  if (stream.destroyed || stream.writableEnded || stream.errored) return Promise.reject(gone(UNWRITTEN));
  const room = chunks.length > 1 ? writeMany(stream, chunks) : stream.write(chunks[0] ?? new Uint8Array());
  if (room && !stream.writableNeedDrain) return;
  return drained(stream);
}

function writeMany(stream: Writable, chunks: readonly Uint8Array[]): boolean {
  let total = 0;
  for (const chunk of chunks) total += chunk.length;
  if (total <= JOIN_BELOW_BYTES) return stream.write(Buffer.concat(chunks, total));
  stream.cork();
  let room = true;
  for (const chunk of chunks) room = stream.write(chunk);
  stream.uncork();
  return room;
}

function drained(stream: Writable): Promise<void> {
  const known = draining.get(stream);
  if (known) return known;
  const waiting = new Promise<void>((resolve, reject) => {
    const finish = (error?: RuntimeError): void => {
      draining.delete(stream);
      stream.off("drain", onDrain).off("error", onError).off("close", onClose);
      if (error) reject(error);
      else resolve();
    };
    const onDrain = (): void => finish();
    const onError = (error: Error): void => finish(gone(error));
    const onClose = (): void => finish(gone(stream.errored));
    stream.on("drain", onDrain).on("error", onError).on("close", onClose);
  });
  draining.set(stream, waiting);
  return waiting;
}

const gone = (cause: unknown): RuntimeError =>
  new RuntimeError("closed", "the other side no longer reads", cause ? { cause } : {});
