import type { Log } from "../core/log.js";
import { RuntimeError } from "../core/errors.js";
import type { Running } from "../serve.js";

/** An error that nobody caught: the state is unknown, so the process ends. Source: sysexits, EX_SOFTWARE. */
const CRASHED = 70;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How this process is told to end, for as long as it is watched. */
export interface Ending {
  /** Fires when it has to end at once: at the second signal, or at the first one while nothing is running. */
  readonly now: AbortSignal;
  /** The exit code, once it is told to end: 0 after SIGTERM, 130 after the other signals, 70 after an error that nobody caught. */
  readonly code: number | undefined;
  /** From now on the first signal, or an uncaught error, drains this. */
  drains(running: Running): void;
  /** Watches no more. */
  done(): void;
}

export interface EndingOptions {
  readonly log: Log;
  /** Called when what is under way will still be answered. */
  readonly onDrain: () => void;
}

export function watchEnding({ log, onDrain }: EndingOptions): Ending {
  const now = new AbortController();
  let running: Running | undefined;
  let draining = false;
  let code: number | undefined;

  const drain = (): void => {
    draining = true;
    onDrain();
    void running?.drain();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    // SIGTERM is how a proxy is meant to be ended; the others interrupt it.
    code ??= signal === "SIGTERM" ? 0 : 130;
    if (running && !draining) drain();
    else now.abort(new RuntimeError("canceled", signal));
  };
  const onCrash = (error: unknown): void => {
    log(
      "error",
      `an error that nobody caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    code = CRASHED;
    if (!running) now.abort(new RuntimeError("internal", "an error that nobody caught"));
    else if (!draining) drain();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);

  return {
    now: now.signal,
    get code() {
      return code;
    },
    drains(one) {
      running = one;
    },
    done() {
      for (const name of SIGNALS) process.off(name, onSignal);
      process.off("uncaughtException", onCrash);
      process.off("unhandledRejection", onCrash);
    },
  };
}
