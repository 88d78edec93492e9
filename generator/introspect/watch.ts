import type { Backend } from "../../runtime/core/backend.js";
import { RuntimeError } from "../../runtime/core/errors.js";
import type { Message } from "../../runtime/core/message.js";
import { canonicalJson } from "../ir/order.js";
import type { Json, ServerSpec } from "../ir/spec.js";
import { changedList, openSession, type IntrospectOptions } from "./introspect.js";
import { bell, untilQuiet } from "./watch-bell.js";
import { subscribe } from "./watch-subscribe.js";

export interface WatchOptions extends IntrospectOptions {
  readonly signal: AbortSignal;
  /** How often a server is asked that does not say when its lists change. */
  readonly pollMs: number;
  /** All that the server offers: at first, and whenever it has become something else. */
  readonly onSpec: (spec: ServerSpec) => void;
  /** The server cannot be asked. It is tried again after `pauseMs`. */
  readonly onFailure: (error: RuntimeError, pauseMs: number) => void;
  /** It can be asked again, and may offer what it did. */
  readonly onRecovery: () => void;
}

/** Over HTTP, `onStream` learns whether the server's own event stream is open; the others have no use for it. */
export type MakeBackend = (hooks: { readonly onStream: (open: boolean) => void }) => Backend | Promise<Backend>;

export interface ServerWatch {
  /** Connects anew, at once: the program behind it has changed. */
  restart(): void;
  /** Resolves when the signal has fired and nothing is open any more. Never rejects. */
  readonly done: Promise<void>;
}

/** A burst of changes is read once. */
const BURST = { quietMs: 200, longestMs: 2_000 } as const;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that lived this long was a good one: the next failure is the first again. */
const STEADY_MS = 10_000;

/**
 * Keeps a connection to a server and tells what it offers whenever that has changed: when it says so, else by asking. A connection that
 * breaks is made again, with longer and longer pauses.
 */
export function watchServer(makeBackend: MakeBackend, options: WatchOptions): ServerWatch {
  const { signal } = options;
  const bells = bell<"changed" | "restart" | "streamless" | "lost">(signal);
  let last: string | undefined;
  let failing = false;

  const tell = (spec: ServerSpec): void => {
    // What was read well before is not replaced by half of it.
    const failed = last === undefined ? undefined : spec.diagnostics.find(({ code }) => code === "list-failed");
    if (failed) throw new RuntimeError("remote", failed.message);
    if (failing) options.onRecovery();
    failing = false;
    const text = canonicalJson(spec as unknown as Json);
    if (text === last) return;
    last = text;
    options.onSpec(spec);
  };

  /** One connection, until it is to be made anew. Throws what broke it. */
  const follow = async (): Promise<void> => {
    let broken: RuntimeError | undefined;
    let closed = false;
    const backend = await makeBackend({ onStream: (open) => bells.ring(open ? "changed" : "streamless") });
    const hearers: ((message: Message) => void)[] = [];
    const session = await openSession(backend, {
      ...options,
      onNotification: (message) => {
        if (changedList(message) !== undefined) bells.ring("changed");
        for (const hear of hearers) hear(message);
      },
    });
    try {
      const subscription = await subscribe(session.connection, {
        listen: (hear) => hearers.push(hear),
        timeoutMs: options.requestTimeoutMs ?? 30_000,
        signal,
      });
      subscription.lost.catch((error: unknown) => {
        broken = RuntimeError.from(error);
        if (!closed) bells.ring("lost");
      });
      let { complete } = subscription;
      while (!signal.aborted) {
        tell(await session.read());
        const rung = await bells.heard(complete ? undefined : options.pollMs);
        if (rung.size === 0) {
          // A process is asked anew by starting it anew: its lists are those of its program.
          if (backend.kind === "stdio") return;
          continue;
        }
        const all = await untilQuiet(bells, rung, BURST);
        if (all.has("restart")) return;
        if (all.has("lost") && broken) throw broken;
        // No stream, or no longer: whether the session still is, the next read will tell.
        if (all.has("streamless")) complete = false;
      }
    } finally {
      closed = true;
      await session.connection.caller.close("watched");
    }
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      const since = Date.now();
      try {
        await follow();
        failures = 0;
      } catch (error) {
        // Aborted meanwhile: that is why it failed.
        if (isOver(signal)) return;
        if (Date.now() - since > STEADY_MS) failures = 0;
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS);
        failing = true;
        options.onFailure(RuntimeError.from(error), pauseMs);
        if ((await bells.heard(pauseMs)).has("restart")) failures = 0;
      }
    }
  };
  return { restart: () => bells.ring("restart"), done: run() };
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;
