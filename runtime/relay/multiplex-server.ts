import type { Backend } from "../core/backend.js";
import type { Limits } from "../core/limits.js";
import { deadline, orAborted } from "../core/signals.js";
import { linkOf, type Heard, type Link } from "./link.js";

export interface ServerOptions {
  readonly limits: Limits;
  /** Fires when nothing is to be opened any more. */
  readonly signal: AbortSignal;
  readonly onUnrelated: Heard;
}

/** One channel of a server for all who need one, opened by the first and opened again after it has ended. */
export interface ServerOnDemand {
  /** Many who wait are one opening. Throws what opening a backend throws, `timeout`, and the reason of the signal. */
  link(): Promise<Link>;
  /** Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}

export function serverOnDemand(backend: Backend, { limits, signal, onUnrelated }: ServerOptions): ServerOnDemand {
  let current: Link | undefined;
  let opening: Promise<Link> | undefined;

  const dial = async (): Promise<Link> => {
    const limit = deadline(`the ${backend.kind} server`, limits.connectTimeoutMs, signal);
    const late = backend.open(limit.signal);
    try {
      current = linkOf(await orAborted(late, limit.signal), { onUnrelated });
      return current;
    } catch (error) {
      late.then(
        (channel) => channel.close(error),
        () => undefined,
      );
      throw error;
    } finally {
      limit.done();
    }
  };

  return {
    link() {
      if (!opening && current && !current.over) return Promise.resolve(current);
      opening ??= dial().finally(() => (opening = undefined));
      return opening;
    },
    async close(reason) {
      // The signal has fired: an opening under way fails at once.
      await opening?.catch(() => undefined);
      await current?.close(reason);
    },
  };
}
