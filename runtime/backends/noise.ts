/** This many lines that are no messages, within this time, are more than a stray print. */
export const NOISE_LINES = 100;
export const NOISE_WINDOW_MS = 10_000;

/** Counts lines that are no messages. Returns true once in each window of time that has too many. */
export function noiseMeter(): () => boolean {
  let sinceMs = performance.now();
  let lines = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - sinceMs >= NOISE_WINDOW_MS) {
      sinceMs = nowMs;
      lines = 0;
    }
    return ++lines === NOISE_LINES;
  };
}
