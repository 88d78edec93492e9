import type { IncomingMessage } from "node:http";
import { RuntimeError } from "../core/errors.js";

/** Bytes of request bodies held at once, over all connections of one server. */
export interface BodyBudget {
  readonly maxBytes: number;
  usedBytes: number;
}

export interface Body {
  readonly chunks: readonly Uint8Array[];
  /** Gives the bytes back to the budget. To be called once the body is passed on or dropped. */
  release(): void;
}

export interface BodyOptions {
  readonly maxBytes: number;
  readonly budget: BodyBudget;
  /** How long a body that is too large is still read away, in milliseconds, so that its sender gets to see the refusal. */
  readonly discardMs?: number;
}

/**
 * Reads a request body, counting as it comes. Throws RuntimeError `too_large` past `maxBytes`, `overloaded` past the
 * budget (both after a short while of discarding), `closed` if the client goes away.
 */
export function readBody(stream: IncomingMessage, options: BodyOptions): Promise<Body> {
  const { maxBytes, budget } = options;
  return new Promise((resolve, reject) => {
    let chunks: Uint8Array[] = [];
    let size = 0;
    let held = 0;
    let refusal: RuntimeError | undefined;
    let timer: NodeJS.Timeout | undefined;

    const release = (): void => {
      budget.usedBytes -= held;
      held = 0;
      chunks = [];
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      stream.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      settle();
    };
    const fail = (error: RuntimeError): void => {
      release();
      finish(() => reject(error));
    };
    const refuse = (error: RuntimeError): void => {
      release();
      refusal = error;
      timer = setTimeout(() => fail(error), options.discardMs ?? 2_000);
    };
    const tooLarge = (): RuntimeError => new RuntimeError("too_large", `the message is larger than ${maxBytes} bytes`);

    const onData = (chunk: Uint8Array): void => {
      size += chunk.byteLength;
      if (refusal) {
        if (size > 2 * maxBytes) fail(refusal);
        return;
      }
      if (size > maxBytes) {
        refuse(tooLarge());
        return;
      }
      if (budget.usedBytes + chunk.byteLength > budget.maxBytes) {
        refuse(new RuntimeError("overloaded", "too many bytes of requests are in work"));
        return;
      }
      budget.usedBytes += chunk.byteLength;
      held += chunk.byteLength;
      chunks.push(chunk);
    };
    const onEnd = (): void => {
      if (refusal) {
        fail(refusal);
        return;
      }
      finish(() => resolve({ chunks, release }));
    };
    const onGone = (): void => fail(new RuntimeError("closed", "the client went away while it sent its request"));

    if (Number(stream.headers["content-length"]) > maxBytes) refuse(tooLarge());
    stream.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
  });
}
