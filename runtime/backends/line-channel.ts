import type { Socket } from "node:net";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Log } from "../core/log.js";
import { bytesOf } from "../core/message.js";
import { hangUp } from "../wire/hang-up.js";
import { lineOf, readLines } from "../wire/lines.js";
import { writeAll } from "../wire/streams.js";
import { lineReader } from "./line-reader.js";

export interface LineChannelOptions {
  /** The server, as errors and logs name it. */
  readonly name: string;
  /** Why the connection failed, for people. */
  readonly explain: (error: Error) => { readonly why: string; readonly hint: string };
  readonly limits: Limits;
  readonly log: Log;
}

/**
 * A server behind a connected socket, one message a line. The end of its side ends the channel in order, after all that it
 * has said; a broken connection ends it as `closed`. close() ends our side and cuts what is left after `killAfterMs`.
 */
export function lineChannel(socket: Socket, { name, explain, limits, log }: LineChannelOptions): Channel {
  const queue = new MessageQueue();
  let closing: Promise<void> | undefined;

  const failure = (cause?: unknown): RuntimeError => {
    if (closing) return new RuntimeError("closed", `the channel to ${name} is closed`);
    // A failed write tells in its cause whether anything was handed on.
    const root = cause instanceof RuntimeError ? cause.cause : cause;
    const error = socket.errored ?? root;
    return new RuntimeError("closed", `${name} cut the connection`, {
      cause: root ?? error,
      ...(error instanceof Error ? explain(error) : {}),
    });
  };

  const receive = async (): Promise<void> => {
    const read = lineReader(name, log, "a server must write nothing but messages, one on each line");
    // Not destroyed at its end: answers to what the server has asked may still be on their way to it.
    const source = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    for await (const line of readLines(source, { maxBytes: limits.maxMessageBytes }))
      for (const message of read(line)) {
        if (queue.ended) break; // the rest is read away, so that the server gets to see our end
        await queue.push(message);
      }
  };
  socket.on("error", (error) => log("debug", `the connection to ${name} broke`, { error }));
  void receive().then(
    () => queue.end(),
    (error: unknown) => queue.end(closing ? undefined : failure(error)),
  );

  const close = async (reason: unknown): Promise<void> => {
    if (reason !== undefined) log("debug", `closing ${name}`, { reason });
    queue.end();
    const cut = setTimeout(() => socket.destroy(), limits.killAfterMs);
    await hangUp(socket, limits.killAfterMs);
    clearTimeout(cut);
  };

  return {
    incoming: queue,
    send(message) {
      if (closing) throw failure();
      return writeAll(socket, lineOf(bytesOf(message)))?.catch((error: unknown) => {
        throw failure(error);
      });
    },
    close: (reason) => (closing ??= close(reason)),
  };
}
