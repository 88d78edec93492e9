import type { Backend, Client, StatefulBackend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";

export interface KeyedOptions {
  /** Clients with one key share what `make` makes. */
  readonly keyOf: (client: Client | undefined) => string;
  readonly make: () => StatefulBackend;
  /** Nobody has a channel: kept this long for who comes back, in milliseconds. */
  readonly idleMs: number;
  /** How many keys there may be at once. */
  readonly max: number;
}

interface Held {
  readonly backend: StatefulBackend;
  open: number;
  idle: NodeJS.Timeout | undefined;
}

/** One backend for each key, made when its first client comes and closed when its last has been gone for a while. */
export function keyed(kind: Backend["kind"], { keyOf, make, idleMs, max }: KeyedOptions): StatefulBackend {
  const held = new Map<string, Held>();
  let closing: Promise<void> | undefined;

  const heldFor = (key: string): Held => {
    const known = held.get(key);
    if (known) return known;
    if (held.size >= max)
      throw new RuntimeError("overloaded", `${max} identities are in use`, { hint: "try again later" });
    const one: Held = { backend: make(), open: 0, idle: undefined };
    held.set(key, one);
    return one;
  };
  const release = (key: string, one: Held): void => {
    one.open -= 1;
    if (one.open > 0 || closing) return;
    one.idle = setTimeout(() => {
      held.delete(key);
      void one.backend.close("nobody uses it");
    }, idleMs);
    one.idle.unref();
  };

  return {
    kind,
    async open(signal, client) {
      if (closing) throw new RuntimeError("closed", "the proxy is shutting down");
      const key = keyOf(client);
      const one = heldFor(key);
      clearTimeout(one.idle);
      one.open += 1;
      try {
        return told(await one.backend.open(signal, client), () => release(key, one));
      } catch (error) {
        release(key, one);
        throw error;
      }
    },
    close(reason) {
      closing ??= (async () => {
        for (const one of held.values()) clearTimeout(one.idle);
        await Promise.all([...held.values()].map(({ backend }) => backend.close(reason)));
        held.clear();
      })();
      return closing;
    },
  };
}

/** The channel, whose close is told once. */
function told(channel: Channel, onClose: () => void): Channel {
  let open = true;
  return {
    incoming: channel.incoming,
    send: (message) => channel.send(message),
    async close(reason) {
      if (open) onClose();
      open = false;
      await channel.close(reason);
    },
  };
}
