import type { Socket } from "node:net";
import { RuntimeError } from "../core/errors.js";
import { abortReason } from "../core/signals.js";

export interface DialOptions {
  /** The server, as errors name it. */
  readonly name: string;
  /** What the socket says when it is of use: `connect` or `secureConnect`. */
  readonly event: "connect" | "secureConnect";
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Why there is no connection, for people. */
  readonly explain: (error: Error) => { readonly why: string; readonly hint: string };
}

/** A connected socket; its owner handles its errors from here on. Throws RuntimeError `unreachable`, `timeout`, and the signal's reason. */
export function dial(start: () => Socket, options: DialOptions): Promise<Socket> {
  const { name, event, timeoutMs, signal, explain } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const socket = start();
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off(event, onConnected).off("error", onError);
      settle();
    };
    const give = (error: RuntimeError): void =>
      finish(() => {
        socket.on("error", () => undefined); // a second one, as of a second address, changes nothing
        socket.destroy();
        reject(error);
      });
    const onConnected = (): void => finish(() => resolve(socket));
    const onAbort = (): void => give(abortReason(signal));
    const onError = (error: Error): void =>
      give(new RuntimeError("unreachable", `cannot reach ${name}`, { cause: error, ...explain(error) }));
    const timer = setTimeout(
      () =>
        give(
          new RuntimeError("timeout", `connecting to ${name} took longer than ${timeoutMs} ms`, {
            hint: "check the address, and that the server runs",
          }),
        ),
      timeoutMs,
    );
    socket.on(event, onConnected).on("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
