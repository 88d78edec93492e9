import { sleep } from "../../runtime/core/signals.js";

/** What has happened since it was last asked: rung from anywhere, heard by one. Nothing rung is lost. */
export interface Bell<What> {
  ring(what: What): void;
  /** All that was rung, as soon as there is something. Nothing after `withinMs`, and once the signal has fired. */
  heard(withinMs?: number): Promise<ReadonlySet<What>>;
}

/** The longest wait that a timer of Node can hold. */
const WITHOUT_END_MS = 2 ** 31 - 1;

export function bell<What>(signal: AbortSignal): Bell<What> {
  let rung = new Set<What>();
  let waiting = new AbortController();
  signal.addEventListener("abort", () => waiting.abort(), { once: true });
  return {
    ring(what) {
      rung.add(what);
      waiting.abort();
    },
    async heard(withinMs = WITHOUT_END_MS) {
      if (rung.size === 0 && !signal.aborted) {
        waiting = new AbortController();
        await sleep(withinMs, waiting.signal);
      }
      const all = rung;
      rung = new Set();
      return all;
    },
  };
}

/** Bursts are heard as one: waits until nothing has been rung for `quietMs`, at most `longestMs`. Adds what was rung to `heard`. */
export async function untilQuiet<What>(
  ringing: Bell<What>,
  heard: ReadonlySet<What>,
  { quietMs, longestMs }: { readonly quietMs: number; readonly longestMs: number },
): Promise<ReadonlySet<What>> {
  const all = new Set(heard);
  for (const end = Date.now() + longestMs; Date.now() < end;) {
    const more = await ringing.heard(quietMs);
    if (more.size === 0) break;
    for (const what of more) all.add(what);
  }
  return all;
}
