import type { Backend } from "../../runtime/core/backend.js";
import { bridge } from "../../runtime/core/bridge.js";
import { RuntimeError } from "../../runtime/core/errors.js";
import type { Frontend, Host } from "../../runtime/core/frontend.js";
import { ANONYMOUS } from "../../runtime/core/session.js";

export interface PlainOptions {
  /** Conversations at once. */
  readonly max?: number;
}

export interface Plain {
  readonly url: string;
  /** As a proxy that shuts down: nothing new is opened any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** A frontend whose every conversation is a channel of the backend, with nothing in between: what the frontend says is what is heard. */
export async function servePlain(
  backend: Backend,
  frontend: Frontend,
  { max = 100 }: PlainOptions = {},
): Promise<Plain> {
  let open = 0;
  let draining = false;
  const host: Host = {
    authenticate: () => Promise.resolve(ANONYMOUS),
    ready: () => ({ ready: true }),
    async open(front, principal, signal) {
      if (draining || open >= max) throw new RuntimeError("overloaded", "there is no room");
      open++;
      try {
        const back = await backend.open(signal, { principal });
        const closed = bridge(front, back).finally(() => open--);
        return { closed, close: (reason) => Promise.all([back.close(reason), closed]).then(() => undefined) };
      } catch (error) {
        open--;
        throw error;
      }
    },
  };
  const listening = await frontend.listen(host, new AbortController().signal);
  return {
    url: listening.addresses[0] ?? "",
    drain() {
      draining = true;
      return listening.drain();
    },
    close: () => listening.close(),
  };
}
