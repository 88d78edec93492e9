import type { Backend, Client } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { deadline, orAborted } from "../core/signals.js";

export interface OpenWithinOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly client?: Client | undefined;
}

/**
 * Opens a channel within limits.connectTimeoutMs, for nobody in particular or long after its client was let in. One that comes
 * too late is closed, not lost. Throws what opening a backend throws.
 */
export async function openWithin(backend: Backend, { limits, signal, client }: OpenWithinOptions): Promise<Channel> {
  const limit = deadline(`the ${backend.kind} server`, limits.connectTimeoutMs, signal);
  const opening = backend.open(limit.signal, client);
  try {
    return await orAborted(opening, limit.signal);
  } catch (error) {
    opening.then(
      (channel) => channel.close(error),
      () => undefined, // it is this very error
    );
    throw RuntimeError.from(error, "unreachable");
  } finally {
    limit.done();
  }
}
