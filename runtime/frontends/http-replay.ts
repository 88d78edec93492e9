/** One event as a stream may replay it. `seq` is unique in its session and grows. */
export interface Replayable {
  readonly stream: number;
  readonly seq: number;
  readonly data: readonly Uint8Array[];
}

export interface ReplayRingOptions {
  readonly maxBytes: number;
  /** Told of each event that is no longer kept: the oldest make room for newer ones. */
  readonly onDrop: (event: Replayable) => void;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
}

/** The last events of all streams of one session, bounded in bytes, number and age. */
export interface ReplayRing {
  /** Numbers an event and keeps it. One larger than the whole ring is numbered and dropped. */
  record(stream: number, data: readonly Uint8Array[]): number;
  /** The kept events of one stream that came after `seq`, oldest first. */
  after(stream: number, seq: number): readonly Replayable[];
  holds(stream: number): boolean;
  /** A number of its own for an event that carries no data. */
  next(): number;
}

const MAX_EVENTS = 1_000;
const MAX_AGE_MS = 5 * 60_000;

export function replayRing({ maxBytes, onDrop, now = () => performance.now() }: ReplayRingOptions): ReplayRing {
  const kept: (Replayable & { readonly bytes: number; readonly at: number })[] = [];
  let total = 0;
  let last = 0;
  const tooMuch = ([oldest]: typeof kept): boolean =>
    total > maxBytes || kept.length > MAX_EVENTS || (oldest !== undefined && now() - oldest.at > MAX_AGE_MS);
  const trim = (): void => {
    while (tooMuch(kept)) {
      const oldest = kept.shift();
      if (!oldest) break;
      total -= oldest.bytes;
      onDrop(oldest);
    }
  };
  return {
    record(stream, data) {
      let bytes = 0;
      for (const chunk of data) bytes += chunk.byteLength;
      const event = { stream, seq: ++last, data, bytes, at: now() };
      if (bytes > maxBytes) {
        onDrop(event);
        return event.seq;
      }
      kept.push(event);
      total += bytes;
      trim();
      return event.seq;
    },
    after(stream, seq) {
      trim();
      return kept.filter((event) => event.stream === stream && event.seq > seq);
    },
    holds: (stream) => kept.some((event) => event.stream === stream),
    next: () => ++last,
  };
}

/** `stream-seq`: tells from the id alone which stream is to be resumed. Source: MCP Streamable HTTP, "Resumability". */
export const eventId = (stream: number, seq: number): string => `${stream}-${seq}`;

export function parseEventId(text: string): { readonly stream: number; readonly seq: number } | undefined {
  const match = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  return match ? { stream: Number(match[1]), seq: Number(match[2]) } : undefined;
}
