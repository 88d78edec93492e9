import type { Authenticator } from "./auth/authenticator.js";
import type { Backend } from "./core/backend.js";
import { bridge } from "./core/bridge.js";
import type { Channel } from "./core/channel.js";
import { RuntimeError } from "./core/errors.js";
import type { Frontend, Host, Listening } from "./core/frontend.js";
import { limitsOf, type Limits } from "./core/limits.js";
import { printable, silent, type Log } from "./core/log.js";
import { ANONYMOUS, type Session } from "./core/session.js";
import { abortReason, deadline, orAborted } from "./core/signals.js";

/** How long a client that has ended its side (`printf … | mcpgen serve`) still gets what it asked for, in milliseconds. */
const DRAIN_MS = 5_000;

export interface ServeOptions {
  readonly backend: Backend;
  readonly frontends: readonly Frontend[];
  /** Default: everybody is let in as the one anonymous principal. */
  readonly authenticate?: Authenticator;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/** A running proxy. */
export interface Running {
  /** Where clients find it, one for each frontend, in their order. */
  readonly addresses: readonly string[];
  /** Settles when no frontend has anything left to serve, or after `close`. Rejects with what a frontend ended of. */
  readonly done: Promise<void>;
  /** Ends every frontend and every session with its backend. Idempotent, never throws. */
  close(): Promise<void>;
}

/**
 * Joins one backend and any number of frontends into a running proxy. Resolves once every frontend is bound; no backend
 * is opened before a client asks for it. `signal` closes it.
 * Throws RuntimeError `config` (options, address in use), after closing what was already bound.
 */
export async function serve(options: ServeOptions, signal?: AbortSignal): Promise<Running> {
  const limits = limitsOf(options.limits);
  const log = options.log ?? silent;
  if (options.frontends.length === 0) throw new RuntimeError("config", "there is no frontend to serve on");
  if (signal?.aborted) throw abortReason(signal);

  const closing = new AbortController();
  const sessions = new Set<Session>();
  const host = sessionHost({ ...options, limits, log, sessions, signal: closing.signal });
  const listening: Listening[] = [];

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
      await Promise.all(listening.map((one) => one.close()));
      await Promise.all([...sessions].map((one) => one.close("shutdown")));
      endDone();
    })();
    return closed;
  };
  let endDone: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (endDone = resolve));

  try {
    for (const frontend of options.frontends) listening.push(await frontend.listen(host, closing.signal));
  } catch (error) {
    await close();
    throw RuntimeError.from(error, "config");
  }
  const onAbort = (): void => void close();
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });

  const done = Promise.race([Promise.all(listening.map((one) => one.done)), ended]).then(
    () => close(),
    async (error: unknown) => {
      await close();
      throw RuntimeError.from(error);
    },
  );
  done.catch(() => undefined); // a caller who only closes need not handle it
  void ended.then(() => signal?.removeEventListener("abort", onAbort));
  return { addresses: listening.map((one) => one.address), done, close };
}

interface SessionHostOptions extends ServeOptions {
  readonly limits: Limits;
  readonly log: Log;
  readonly sessions: Set<Session>;
  readonly signal: AbortSignal;
}

function sessionHost({ backend, authenticate, limits, log, sessions, signal: closing }: SessionHostOptions): Host {
  let opening = 0;
  let counter = 0;

  /** Opens the backend within the time limit. One that comes too late is closed, not lost. */
  const connect = async (signal: AbortSignal): Promise<Channel> => {
    const limit = deadline(`the ${backend.kind} server`, limits.connectTimeoutMs, signal, closing);
    const late = backend.open(limit.signal);
    try {
      return await orAborted(late, limit.signal);
    } catch (error) {
      late.then(
        (channel) => channel.close(error),
        () => undefined,
      );
      throw RuntimeError.from(error, "unreachable");
    } finally {
      limit.done();
    }
  };

  return {
    authenticate: (credentials, signal) =>
      authenticate ? authenticate(credentials, signal) : Promise.resolve(ANONYMOUS),

    async open(front, principal, signal) {
      if (sessions.size + opening >= limits.maxSessions)
        throw new RuntimeError("overloaded", `all ${limits.maxSessions} sessions are in use`, {
          hint: "try again later, or raise the limit with --max-sessions",
        });
      opening += 1;
      let back: Channel;
      try {
        back = await connect(signal);
      } finally {
        opening -= 1;
      }
      const number = ++counter;
      log("info", `session ${number} of ${principal.id} opened`);
      let told: unknown;
      const closed = bridge(front, back, { drainMs: DRAIN_MS }).then((reason) => {
        sessions.delete(session);
        const why = told ?? reason;
        const ended = `session ${number} of ${principal.id} ended`;
        if (why === undefined) log("info", `${ended}: orderly`);
        else {
          // What the server wrote last is for the operator; clients are told the text alone.
          const failure = RuntimeError.from(why);
          const its = told === undefined && failure.why !== undefined ? `\n${failure.why}` : "";
          log(its === "" ? "info" : "warn", `${ended}: ${printable(failure.text)}${its}`);
        }
        return reason;
      });
      const session: Session = {
        closed,
        async close(reason) {
          told ??= reason;
          // The server's side first: the bridge then waits for no answers.
          await Promise.all([back.close(reason), front.close(reason)]);
          await closed;
        },
      };
      sessions.add(session);
      return session;
    },
  };
}
