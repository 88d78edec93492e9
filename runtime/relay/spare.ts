import type { Backend, StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import type { Message } from "../core/message.js";
import { abortReason, orAborted } from "../core/signals.js";
import { openWithin } from "./open-within.js";
import type { WarmedUp } from "./relay.js";

export interface WarmedOptions {
  /** Servers that are kept started. 0: none, but for one that warmUp asks for. */
  readonly count: number;
  readonly limits: Limits;
  readonly log: Log;
}

export type Warmed = StatefulBackend & {
  /** Starts what is missing, and resolves as soon as one server waits for the next open(). Throws what opening a backend throws. */
  warmUp(signal: AbortSignal): Promise<WarmedUp>;
};

/** After a spare that could not be opened, or died before it was needed. Doubled each time, up to the longest. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

/** Messages of a spare that are read before it is taken; what else it says waits in its own buffer. */
const READ_AHEAD = 16;

/** Channels that were opened before somebody needed them. None is opened before the first open() or warmUp(). */
export function warmed(backend: Backend, { count, limits, log }: WarmedOptions): Warmed {
  const spares: Spare[] = [];
  const given = new Set<Channel>();
  const fillings = new Set<Promise<Spare>>();
  const closing = new AbortController();
  let pauseMs = FIRST_PAUSE_MS;
  let pausedUntilMs = 0;

  const isClosed = (): boolean => closing.signal.aborted;

  const paused = (): void => {
    pausedUntilMs = performance.now() + pauseMs;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  };

  const fill = (): Promise<Spare> => {
    const filling = (async () => {
      const spare = spareOf(await openWithin(backend, { limits, signal: closing.signal }));
      spares.push(spare);
      void spare.died.then((reason) => {
        spares.splice(spares.indexOf(spare), 1);
        paused();
        log("warn", `a spare ${backend.kind} server ended before it was needed: ${printable(reason.text)}`);
        return spare.channel.close();
      });
      return spare;
    })();
    fillings.add(filling);
    filling.catch(paused).finally(() => fillings.delete(filling));
    return filling;
  };

  const refill = (): void => {
    if (isClosed() || performance.now() < pausedUntilMs) return;
    while (spares.length + fillings.size < count)
      fill().catch((error: unknown) => {
        if (isClosed()) return;
        log("warn", `a spare ${backend.kind} server could not be started: ${printable(RuntimeError.from(error).text)}`);
      });
  };

  const giveOut = (channel: Channel): Channel => {
    const out: Channel = {
      incoming: channel.incoming,
      send: (message) => channel.send(message),
      close(reason) {
        given.delete(out);
        return channel.close(reason);
      },
    };
    given.add(out);
    return out;
  };

  return {
    kind: backend.kind,
    async open(signal, client) {
      if (signal.aborted) throw abortReason(signal);
      if (isClosed()) throw abortReason(closing.signal);
      const spare = spares.shift();
      if (spare) pauseMs = FIRST_PAUSE_MS;
      const channel = spare ? spare.take() : await backend.open(signal, client);
      if (isClosed()) {
        await channel.close();
        throw abortReason(closing.signal);
      }
      refill();
      return giveOut(channel);
    },
    async warmUp(signal) {
      if (isClosed()) throw abortReason(closing.signal);
      const [first = fill()] = [...spares, ...fillings];
      const spare = await orAborted(Promise.resolve(first), signal);
      refill();
      return { died: spare.died };
    },
    async close(reason) {
      closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
      await Promise.allSettled(fillings);
      const all = [...spares.splice(0).map((spare) => spare.take()), ...given];
      given.clear();
      await Promise.all(all.map((channel) => channel.close(reason)));
    },
  };
}

interface Spare {
  readonly channel: Channel;
  /** Resolves if it ends before it is taken. */
  readonly died: Promise<RuntimeError>;
  /** The channel, with what was read of it already. */
  take(): Channel;
}

function spareOf(channel: Channel): Spare {
  const messages = channel.incoming[Symbol.asyncIterator]();
  const ahead: Promise<IteratorResult<Message>>[] = [];
  let taken = false;

  /** Reading is the only way to see that it ends. */
  const lookOut = async (): Promise<RuntimeError | undefined> => {
    while (!taken && ahead.length < READ_AHEAD) {
      const next = messages.next();
      ahead.push(next);
      try {
        if ((await next).done) return new RuntimeError("closed", "the server closed the connection");
      } catch (error) {
        return RuntimeError.from(error);
      }
    }
    return undefined;
  };
  const died = new Promise<RuntimeError>((resolve) => {
    void lookOut().then((reason) => {
      if (reason && !taken) resolve(reason);
    });
  });

  const incoming: AsyncIterator<Message> = {
    next: () => ahead.shift() ?? messages.next(),
    return: async () => {
      ahead.length = 0;
      await messages.return?.();
      return { value: undefined, done: true };
    },
  };
  return {
    channel,
    died,
    take() {
      taken = true;
      return {
        incoming: { [Symbol.asyncIterator]: () => incoming },
        send: (message) => channel.send(message),
        close: (reason) => channel.close(reason),
      };
    },
  };
}
