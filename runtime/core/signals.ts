import { setMaxListeners } from "node:events";
import { RuntimeError } from "./errors.js";

/** A signal that fires when any parent fires, or after `timeoutMs`. `done()` frees the timer and the listeners. */
export interface Deadline {
  readonly signal: AbortSignal;
  done(): void;
}

/** `what` names the step in the error: "initialize did not answer within 30000 ms". */
export function deadline(what: string, timeoutMs: number, ...parents: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new RuntimeError("timeout", `${what} did not answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const unlink = parents.map((parent) => link(parent, controller));
  return {
    signal: controller.signal,
    done() {
      clearTimeout(timer);
      for (const undo of unlink) undo();
    },
  };
}

function link(parent: AbortSignal | undefined, child: AbortController): () => void {
  if (!parent) return () => undefined;
  // Any number may wait on one signal, that of the whole proxy for one: each takes its listener back.
  setMaxListeners(0, parent);
  const abort = (): void => child.abort(parent.reason);
  if (parent.aborted) abort();
  else parent.addEventListener("abort", abort, { once: true });
  return () => parent.removeEventListener("abort", abort);
}

/** Rejects when the signal fires, with its reason as RuntimeError. The listener goes when `promise` settles. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined); // its outcome no longer matters to anybody
    throw abortReason(signal);
  }
  setMaxListeners(0, signal); // as above
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortReason(signal));
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener("abort", abort);
  }
}

/** The reason of an aborted signal, as a RuntimeError. */
export function abortReason(signal: AbortSignal): RuntimeError {
  const reason: unknown = signal.reason;
  if (reason instanceof RuntimeError) return reason;
  return new RuntimeError("canceled", "canceled", { cause: reason });
}

/** Waits. Ends early, without an error, when the signal fires. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
