import type { Authenticator } from "./auth/authenticator.js";
import type { Backend } from "./core/backend.js";
import { bridge } from "./core/bridge.js";
import type { Channel } from "./core/channel.js";
import { RuntimeError } from "./core/errors.js";
import type { Frontend, Host, Listening } from "./core/frontend.js";
import { limitsOf, type Limits } from "./core/limits.js";
import { printable, silent, type Log } from "./core/log.js";
import { ANONYMOUS, type Era, type Principal, type Session } from "./core/session.js";
import { abortReason, deadline, orAborted, sleep } from "./core/signals.js";
import { relayOf, type Isolation, type Relay } from "./relay/relay.js";
import { splitEras } from "./relay/split.js";

/** How long a client that has ended its side (`printf … | mcpgen serve`) still gets what it asked for, in milliseconds. */
const DRAIN_MS = 5_000;
/** Sessions open at once, where one costs no process of its own. */
const MAX_CHEAP_SESSIONS = 1_000;
/** Who has asked for readiness within this, asks regularly. */
const WATCHED_MS = 60_000;
/** How long clients are still taken after `/readyz` has begun to say 503, in milliseconds. */
const GRACE_MS = 3_000;
/** A command that is no server ends within this. What ends later is restarted as any server is. */
const AT_ONCE_MS = 300;

export interface ServeOptions {
  readonly backend: Backend;
  readonly frontends: readonly Frontend[];
  /** Default: everybody is let in as the one anonymous principal. */
  readonly authenticate?: Authenticator;
  /** Which era the server is spoken to in. Default `auto`. */
  readonly backendEra?: "auto" | Era;
  /** Default `auto`. */
  readonly isolation?: Isolation;
  /** Servers that are kept started for the next session. Default 0. */
  readonly warm?: number;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/** What a proxy has in work. */
export interface Gauges {
  /** Conversations that are open; a modern HTTP request is one of its own. */
  readonly sessions: number;
  /** Requests of clients that have no answer yet. */
  readonly underWay: number;
}

/** A running proxy. */
export interface Running {
  /** Where clients find it, in the order of the frontends. */
  readonly addresses: readonly string[];
  /** Settles when no frontend has anything left to serve, or after `close`. Rejects with what a frontend ended of. */
  readonly done: Promise<void>;
  gauges(): Gauges;
  /**
   * Takes no new clients, lets what is under way be answered for at most limits.drainMs, then closes. `/readyz` says so from the
   * first moment. Idempotent, never throws.
   */
  drain(): Promise<void>;
  /** Ends every frontend and every session with its backend, at once. Idempotent, never throws. */
  close(): Promise<void>;
}

/**
 * Joins one backend and any number of frontends into a running proxy. Resolves once every frontend is bound; with `warm`,
 * once the first server has been started too, else none is before a client asks for it. `signal` closes it.
 * Throws RuntimeError `config` (options, address in use), and what opening the backend throws, after closing everything.
 */
export async function serve(options: ServeOptions, signal?: AbortSignal): Promise<Running> {
  const { backend, backendEra: era = "auto", isolation = "auto", warm = 0 } = options;
  const costly = backend.kind === "stdio" && (isolation === "auto" || isolation === "session");
  const limits = limitsOf(costly ? options.limits : { maxSessions: MAX_CHEAP_SESSIONS, ...options.limits });
  const log = options.log ?? silent;
  if (options.frontends.length === 0) throw new RuntimeError("config", "there is no frontend to serve on");
  if (signal?.aborted) throw abortReason(signal);

  const closing = new AbortController();
  const sessions = new Set<Session>();
  const relay = relayOf({ backend, era, isolation, warm, limits, log });
  const draining: Draining = { told: false, current: false, askedAtMs: undefined };
  const gauge = { underWay: 0 };
  const host = sessionHost({ ...options, relay, limits, log, sessions, draining, gauge, signal: closing.signal });
  const listening: Listening[] = [];

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
      await Promise.all(listening.map((one) => one.close()));
      await Promise.all([...sessions].map((one) => one.close("shutdown")));
      await relay.close();
      endDone();
    })();
    return closed;
  };
  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    draining.told = true;
    drained ??= (async () => {
      const enough = new AbortController();
      // A balancer that asks for readiness needs a moment to send clients elsewhere: until then nobody is turned away.
      const isWatched = draining.askedAtMs !== undefined && performance.now() - draining.askedAtMs < WATCHED_MS;
      if (isWatched) await Promise.race([ended, sleep(GRACE_MS, enough.signal)]);
      draining.current = true;
      const all = Promise.allSettled(listening.map((one) => one.drain()));
      await Promise.race([all, ended, sleep(limits.drainMs, enough.signal)]);
      enough.abort();
      await close();
    })();
    return drained;
  };
  let endDone: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (endDone = resolve));

  try {
    for (const frontend of options.frontends) listening.push(await frontend.listen(host, closing.signal));
  } catch (error) {
    await close();
    throw RuntimeError.from(error, "config");
  }
  if (warm > 0) {
    try {
      const { died } = await relay.warmUp(closing.signal);
      const enough = new AbortController();
      const dead = await Promise.race([died, sleep(AT_ONCE_MS, enough.signal)]);
      enough.abort();
      if (dead) throw dead;
    } catch (error) {
      await close();
      throw RuntimeError.from(error, "unreachable");
    }
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
  return {
    addresses: listening.flatMap((one) => one.addresses),
    done,
    gauges: () => ({ sessions: sessions.size, ...gauge }),
    drain,
    close,
  };
}

interface Spoken {
  readonly era: Era;
  /** One request, and no more, will come on this channel. */
  readonly sole: boolean;
}

interface Caller {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

interface Draining {
  /** `/readyz` says so. */
  told: boolean;
  /** No new conversations. */
  current: boolean;
  /** When readiness was last asked for. */
  askedAtMs: number | undefined;
}

interface SessionHostOptions extends ServeOptions {
  readonly relay: Relay;
  readonly limits: Limits;
  readonly log: Log;
  readonly sessions: Set<Session>;
  readonly draining: Draining;
  readonly gauge: { underWay: number };
  readonly signal: AbortSignal;
}

function sessionHost(options: SessionHostOptions): Host {
  const { backend, relay, authenticate, limits, log, sessions, draining, gauge, signal: closing } = options;
  const used = { sessions: 0, requests: 0 };
  let counter = 0;

  /** Opens a channel within the time limit. One that comes too late is closed, not lost. */
  const connect = async (era: Era, principal: Principal, signal: AbortSignal): Promise<Channel> => {
    const limit = deadline(`the ${backend.kind} server`, limits.connectTimeoutMs, signal, closing);
    const late = relay.open({ era, principal }, limit.signal);
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

  /** One conversation in one era. */
  const converse = async ({ era, sole }: Spoken, front: Channel, { principal, signal }: Caller): Promise<Session> => {
    const kind = sole ? "requests" : "sessions";
    const max = sole ? limits.maxRequests : limits.maxSessions;
    if (used[kind] >= max)
      throw new RuntimeError("overloaded", `all ${max} ${kind} that are served at once are in use`, {
        hint: sole ? "try again later" : "try again later, or raise the limit with --max-sessions",
      });
    used[kind] += 1;
    let back: Channel;
    try {
      back = await connect(era, principal, signal);
    } catch (error) {
      used[kind] -= 1;
      throw error;
    }
    const number = ++counter;
    log(sole ? "debug" : "info", `session ${number} of ${principal.id} opened`);
    let told: unknown;
    const closed = bridge(front, back, { drainMs: DRAIN_MS, gauge }).then((reason) => {
      sessions.delete(session);
      used[kind] -= 1;
      const why = told ?? reason;
      const ended = `session ${number} of ${principal.id} ended`;
      if (why === undefined) log(sole ? "debug" : "info", `${ended}: orderly`);
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
  };

  return {
    authenticate: (credentials, signal) =>
      authenticate ? authenticate(credentials, signal) : Promise.resolve(ANONYMOUS),

    async open(front, principal, signal, { era, eager = false } = {}) {
      if (draining.current)
        throw new RuntimeError("overloaded", "the proxy is shutting down", { hint: "try again in a moment" });
      const caller = { principal, signal };
      if (era) return converse({ era, sole: era === "modern" }, front, caller);
      const warmed = eager ? await relay.warmUp(signal) : undefined;
      const session = splitEras(front, (one, half) => converse({ era: one, sole: false }, half, caller));
      void warmed?.died.then((reason) => session.close(reason));
      return session;
    },

    ready() {
      draining.askedAtMs = performance.now();
      return draining.told ? { ready: false, why: "draining" } : relay.ready();
    },
  };
}
