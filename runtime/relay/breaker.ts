import type { Backend } from "../core/backend.js";
import type { Channel } from "../core/channel.js";
import { RuntimeError, type RuntimeErrorCode } from "../core/errors.js";
import type { Readiness } from "../core/frontend.js";
import type { Log } from "../core/log.js";
import type { Message } from "../core/message.js";
import { ANONYMOUS } from "../core/session.js";
import { circuit, WINDOW_MS, type Circuit } from "./breaker-circuit.js";

export interface BreakingOptions {
  readonly log: Log;
}

/** What says that the server cannot be used now. All else says something of the client or of us. */
const COUNTED: ReadonlySet<RuntimeErrorCode> = new Set(["unreachable", "closed", "timeout"]);

/** Principals whose servers have crashed, that are remembered. */
const MAX_PRINCIPALS = 1_000;

/**
 * Keeps a server that cannot stay up from being started over and over. Failures are an open() that fails, a server that ends
 * before it has answered anything, and one that ends by itself within a minute. The latter, which a client may have
 * brought about, is charged to its principal where there are several, so that nobody can shut out the others.
 */
export function breaking(backend: Backend, { log }: BreakingOptions): Backend & { ready(): Readiness } {
  const general = circuit("the server", log);
  const ofPrincipals = new Map<string, Circuit>();

  const chargedTo = (principal: string | undefined): Circuit => {
    if (principal === undefined) return general;
    const known = ofPrincipals.get(principal);
    if (known) return known;
    for (const [id, { calm }] of ofPrincipals) if (calm || ofPrincipals.size >= MAX_PRINCIPALS) ofPrincipals.delete(id);
    const made = circuit(`the server of ${principal}`, log);
    ofPrincipals.set(principal, made);
    return made;
  };

  return {
    kind: backend.kind,
    async open(signal, client) {
      const principal = client && client.principal.id !== ANONYMOUS.id ? client.principal.id : undefined;
      const own = principal === undefined ? undefined : await ofPrincipals.get(principal)?.admit(signal);
      let attempt;
      try {
        attempt = await general.admit(signal);
      } catch (error) {
        own?.over();
        throw error;
      }
      let channel;
      try {
        channel = await backend.open(signal, client);
      } catch (error) {
        const failure = RuntimeError.from(error, "unreachable");
        if (COUNTED.has(failure.code)) attempt.failed(failure);
        else attempt.over();
        own?.over();
        throw failure;
      }
      const { startedMs, era } = attempt;
      let answered = false;
      return watched(channel, {
        onAnswer({ failure }) {
          if (answered) return;
          answered = true;
          if (failure && COUNTED.has(failure.code)) {
            attempt.failed(failure);
            own?.over();
          } else {
            attempt.proved();
            own?.proved();
          }
        },
        onClosed() {
          attempt.over();
          own?.over();
        },
        onEnded(reason) {
          if (!answered) attempt.failed(reason);
          else if (performance.now() - startedMs < WINDOW_MS)
            chargedTo(principal).crashed(principal === undefined ? era : (own?.era ?? 0), reason);
          own?.over();
        },
      });
    },
    ready() {
      const refused = general.refusal();
      return refused ? { ready: false, why: refused.text } : { ready: true };
    },
  };
}

interface Watch {
  onAnswer(message: Message): void;
  /** Closed by us. Once, and then not the next. */
  onClosed(): void;
  /** Ended by the server. Once. */
  onEnded(reason: RuntimeError): void;
}

function watched(channel: Channel, watch: Watch): Channel {
  let over = false;
  const once = (tell: () => void): void => {
    if (!over) tell();
    over = true;
  };
  const see = (result: IteratorResult<Message>): void => {
    if (result.done) once(() => watch.onEnded(new RuntimeError("closed", "the server closed the connection")));
    else if (result.value.kind === "response") watch.onAnswer(result.value);
  };
  const fail = (error: unknown): void => once(() => watch.onEnded(RuntimeError.from(error)));
  return {
    incoming: {
      [Symbol.asyncIterator]() {
        const messages = channel.incoming[Symbol.asyncIterator]();
        return {
          next() {
            const next = messages.next();
            next.then(see, fail);
            return next;
          },
          async return() {
            await messages.return?.();
            return { value: undefined, done: true };
          },
        };
      },
    },
    send: (message) => channel.send(message),
    close(reason) {
      once(() => watch.onClosed());
      return channel.close(reason);
    },
  };
}
