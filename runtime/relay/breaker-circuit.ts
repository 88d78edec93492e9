import { RuntimeError } from "../core/errors.js";
import { printable, type Log } from "../core/log.js";
import { abortReason, orAborted, sleep } from "../core/signals.js";

/** This many failures within WINDOW_MS open the circuit. */
const MAX_FAILURES = 5;
/** Also the age at which a server counts as healthy. */
export const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** An attempt that has neither failed nor been answered by then holds up the next one no longer. */
const ATTEMPT_MS = 5_000;

/** One attempt to use the server. Exactly one of the three, once, ends what it holds up; later calls change nothing. */
export interface Attempt {
  readonly startedMs: number;
  /** Failures that were known when it started. */
  readonly era: number;
  /** The server has answered. */
  proved(): void;
  failed(reason: RuntimeError): void;
  /** Given up without a verdict. */
  over(): void;
}

/**
 * Counts failures of one server and makes the next attempts wait: not at all after the first, then 250 ms · 2ⁿ ± 50 %, at most
 * 30 s, one attempt at a time until one is answered. After five within a minute they are refused instead of waiting.
 * All times are monotonic.
 */
export interface Circuit {
  /** Throws `overloaded` while the circuit is open, and the signal's reason. */
  admit(signal: AbortSignal): Promise<Attempt>;
  /** A failure of what had been proved, and started when `era` failures were known. */
  crashed(era: number, reason: RuntimeError): void;
  /** Why attempts are refused now; `undefined` while they are not. */
  refusal(): RuntimeError | undefined;
  /** No failure counts any more. */
  readonly calm: boolean;
}

export function circuit(name: string, log: Log): Circuit {
  let failedMs: number[] = [];
  /** Failures since the server was healthy. */
  let streak = 0;
  /** Failures ever. */
  let known = 0;
  let proved = true;
  let open = false;
  let notBeforeMs = 0;
  let last: RuntimeError | undefined;
  let trial: { readonly startedMs: number; readonly settled: Promise<void> } | undefined;

  const isCalm = (): boolean => {
    const lastMs = failedMs.at(-1);
    if (lastMs !== undefined && proved && performance.now() - lastMs >= WINDOW_MS) {
      failedMs = [];
      streak = 0;
      open = false;
    }
    return streak === 0;
  };

  const trialMs = (): number => (trial ? trial.startedMs + ATTEMPT_MS - performance.now() : 0);

  const crashed = (era: number, reason: RuntimeError): void => {
    const nowMs = performance.now();
    // What began before the last failure fails of the same cause, as when many servers are killed at once.
    if (era < known) return;
    known++;
    failedMs = [...failedMs.filter((one) => nowMs - one < WINDOW_MS), nowMs].slice(-MAX_FAILURES);
    streak++;
    last = reason;
    proved = false;
    const pauseMs = streak === 1 ? 0 : FIRST_PAUSE_MS * 2 ** Math.min(streak - 2, 20) * (0.5 + Math.random());
    notBeforeMs = nowMs + Math.min(pauseMs, LONGEST_PAUSE_MS);
    if (open || failedMs.length < MAX_FAILURES) return;
    open = true;
    log(
      "error",
      `${name} failed ${MAX_FAILURES} times in ${WINDOW_MS / 1000} s, the last time: ${printable(reason.text)}`,
    );
  };

  const refusal = (): RuntimeError | undefined => {
    const waitMs = Math.max(notBeforeMs - performance.now(), trialMs());
    if (!open || proved || waitMs <= 0) return undefined;
    const seconds = Math.ceil(waitMs / 1000);
    const text = `${name} was restarted ${MAX_FAILURES} times in ${WINDOW_MS / 1000} s; next try in ${seconds} s`;
    return new RuntimeError("overloaded", text, {
      cause: last,
      ...(last && { why: `the last time: ${last.text}${last.why === undefined ? "" : `\n${last.why}`}` }),
      hint: "run its command by itself to see what it needs",
    });
  };

  const attempt = (): Attempt => {
    const startedMs = performance.now();
    const era = known;
    let settle: () => void = () => undefined;
    let mine: typeof trial;
    if (!proved) {
      const settled = new Promise<void>((resolve) => (settle = resolve));
      trial = mine = { startedMs, settled };
    }
    const over = (): void => {
      if (trial === mine) trial = undefined;
      settle();
    };
    return {
      startedMs,
      era,
      over,
      proved() {
        // An answer to what began before the last failure says nothing of the time after it.
        if (!proved && era === known) {
          proved = true;
        }
        over();
      },
      failed(reason) {
        crashed(era, reason);
        over();
      },
    };
  };

  return {
    crashed,
    refusal,
    get calm() {
      return isCalm();
    },
    async admit(signal) {
      for (;;) {
        if (signal.aborted) throw abortReason(signal);
        if (isCalm() || proved) return attempt();
        const refused = refusal();
        if (refused) throw refused;
        const waitMs = notBeforeMs - performance.now();
        if (waitMs > 0) await sleep(waitMs, signal);
        else if (trial && trialMs() > 0) {
          const enough = new AbortController();
          const either = Promise.race([trial.settled, sleep(trialMs(), enough.signal)]);
          await orAborted(either, signal).finally(() => enough.abort());
        } else return attempt();
      }
    },
  };
}
