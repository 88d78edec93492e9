import type { Backend } from "../core/backend.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import type { Message } from "../core/message.js";
import { abortReason } from "../core/signals.js";
import type { Declared } from "./modern-over-legacy-capability.js";
import { openSession, type LegacySession } from "./modern-over-legacy-session.js";

export interface Wanted {
  readonly declared: Declared;
  readonly principal: string;
  /** For a call during which the server may ask: no other such call is on that session. */
  readonly interactive: boolean;
  readonly signal: AbortSignal;
}

/** A session in use. */
export interface Lease {
  readonly session: LegacySession;
  /** `unsure`: what was done on it was given up, and the server may still be at it. Idempotent. */
  readonly release: (unsure?: boolean) => void;
}

/** Sessions with legacy servers, kept for the next request of a client with the same capabilities. */
export interface SessionPool {
  /** At once where there is a session to be had. Throws `overloaded`, the reason of `signal`, and what opening a session throws. */
  take(wanted: Wanted): Lease | Promise<Lease>;
  /** Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}

export interface PoolOptions {
  readonly legacy: Backend;
  readonly limits: Limits;
  readonly log: Log;
  /** What a server of sessions for these capabilities says has changed. */
  readonly onChange: (key: string, message: Message) => void;
}

/** Sessions of one set of capabilities that are opened at once: short calls are better off waiting than with a process each. */
const MAX_OPENING = 4;
const MAX_WAITING = 1_000;
/** Where all sessions are in use. Shorter than limits.keepAliveMs, so that over HTTP it ends in a status (503), not in a stream. */
const QUEUE_WAIT_MS = 5_000;

interface Held {
  readonly session: LegacySession;
  users: number;
  /** An interactive call is on it. */
  taken: boolean;
  /** Whose given-up call its server may still be at: what it asks is for nobody else. */
  unsureOf: string | undefined;
  idle: NodeJS.Timeout | undefined;
}

interface Waiter {
  readonly wanted: Wanted;
  resolve(lease: Lease): void;
  reject(error: unknown): void;
}

interface Group {
  readonly declared: Declared;
  /** Oldest first: where nothing speaks against it all goes to the first, so that what a server remembers stays together. */
  readonly sessions: Held[];
  readonly waiters: Waiter[];
  opening: number;
  /** Why the last session could not be opened. */
  failure: RuntimeError | undefined;
  /** Whether each interactive call needs a session of its own. */
  exclusive: boolean;
}

export function sessionPool({ legacy, limits, log, onChange }: PoolOptions): SessionPool {
  const groups = new Map<string, Group>();
  const closing = new AbortController();
  const openings = new Set<Promise<void>>();
  let count = 0;
  let waiting = 0;

  const groupOf = (declared: Declared): Group => {
    const known = groups.get(declared.key);
    if (known) return known;
    // Over HTTP what a server asks comes on the stream of the call that it is for.
    const exclusive = legacy.kind !== "http";
    const group: Group = { declared, sessions: [], waiters: [], opening: 0, failure: undefined, exclusive };
    groups.set(declared.key, group);
    return group;
  };

  const drop = (group: Group, held: Held): void => {
    const at = group.sessions.indexOf(held);
    if (at < 0) return;
    group.sessions.splice(at, 1);
    clearTimeout(held.idle);
    count -= 1;
  };

  const lease = (group: Group, held: Held, { interactive, principal }: Wanted): Lease => {
    held.users += 1;
    clearTimeout(held.idle);
    const takes = interactive && group.exclusive;
    if (takes) {
      held.taken = true;
      held.unsureOf = undefined;
    }
    let released = false;
    return {
      session: held.session,
      release(unsure = false) {
        if (released) return;
        released = true;
        held.users -= 1;
        if (takes) held.taken = false;
        if (takes && unsure) held.unsureOf = principal;
        if (held.users === 0 && group.sessions.includes(held)) rest(group, held);
        if (waiting > 0) for (const one of groups.values()) serve(one);
      },
    };
  };

  const rest = (group: Group, held: Held): void => {
    held.idle = setTimeout(() => {
      drop(group, held);
      void held.session.close("nobody uses it");
      forget(group);
    }, limits.sessionIdleMs);
    held.idle.unref();
  };

  const forget = (group: Group): void => {
    if (group.sessions.length + group.waiters.length + group.opening === 0) groups.delete(group.declared.key);
  };

  const fitting = (group: Group, { interactive, principal }: Wanted): Held | undefined =>
    group.sessions.find((held) => {
      if (held.session.over) return false;
      if (!interactive || !group.exclusive) return true;
      return !held.taken && (held.unsureOf === undefined || held.unsureOf === principal);
    });

  /** Gives sessions to those who wait, oldest first, and opens more where that is not enough. */
  const serve = (group: Group): void => {
    for (const waiter of [...group.waiters]) {
      const held = fitting(group, waiter.wanted);
      if (held) waiter.resolve(lease(group, held, waiter.wanted));
    }
    if (group.waiters.length === 0) return;
    const alone = group.exclusive ? group.waiters.filter(({ wanted }) => wanted.interactive).length : 0;
    // One that has never been opened may not open at all.
    const most = group.sessions.length === 0 ? 1 : Math.min(Math.max(alone, 1), MAX_OPENING);
    while (group.opening < most && !group.failure && hasRoom()) open(group);
  };

  /** An idle session of somebody makes room where all are in use. */
  const hasRoom = (): boolean => {
    if (count < limits.maxSessions) return true;
    for (const group of groups.values()) {
      const idle = group.sessions.find((held) => held.users === 0);
      if (!idle) continue;
      drop(group, idle);
      void idle.session.close("its place is needed");
      return true;
    }
    return false;
  };

  const open = (group: Group): void => {
    count += 1;
    group.opening += 1;
    const opening = openSession({
      legacy,
      limits,
      log,
      declared: group.declared,
      signal: closing.signal,
      onChange: (message) => onChange(group.declared.key, message),
      onUnattributed: () => (group.exclusive = true),
    }).then(
      (session) => {
        group.opening -= 1;
        const held: Held = { session, users: 0, taken: false, unsureOf: undefined, idle: undefined };
        group.sessions.push(held);
        rest(group, held);
        void session.ended.then((reason) => {
          log("debug", `a session of the server ended: ${printable(reason.text)}`);
          drop(group, held);
          forget(group);
          serve(group);
        });
        serve(group);
      },
      (error: unknown) => {
        group.opening -= 1;
        count -= 1;
        group.failure = RuntimeError.from(error);
        log("debug", `no session could be opened: ${printable(group.failure.text)}`);
        // Where a session is left, it is waited for; a new request tries to open another again.
        if (group.sessions.length + group.opening === 0)
          for (const waiter of [...group.waiters]) waiter.reject(group.failure);
        forget(group);
      },
    );
    openings.add(opening);
    void opening.finally(() => openings.delete(opening));
  };

  const wait = (group: Group, wanted: Wanted): Promise<Lease> => {
    if (waiting >= MAX_WAITING) throw tooMany(`${MAX_WAITING} requests wait for a session of the server already`);
    const { signal } = wanted;
    waiting += 1;
    group.failure = undefined;
    return new Promise<Lease>((resolve, reject) => {
      const settle = (): void => {
        waiting -= 1;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        group.waiters.splice(group.waiters.indexOf(waiter), 1);
      };
      const waiter: Waiter = {
        wanted,
        resolve(one) {
          settle();
          resolve(one);
        },
        reject(error) {
          settle();
          reject(RuntimeError.from(error));
          forget(group);
        },
      };
      const onAbort = (): void => waiter.reject(abortReason(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      const stepMs = Math.min(QUEUE_WAIT_MS, limits.connectTimeoutMs);
      let waitedMs = 0;
      const giveUp = (): void => {
        waitedMs += stepMs;
        // The first session has a time limit of its own, and says more when it fails.
        const mayWait = group.sessions.length === 0 || waitedMs < limits.connectTimeoutMs;
        if (group.opening > 0 && mayWait) timer = setTimeout(giveUp, stepMs);
        else waiter.reject(group.failure ?? tooMany(`all sessions were in use for ${waitedMs} ms`));
      };
      let timer = setTimeout(giveUp, stepMs);
      group.waiters.push(waiter);
      serve(group);
    });
  };

  let closed: Promise<void> | undefined;
  return {
    take(wanted) {
      if (closed) throw new RuntimeError("closed", "the proxy is shutting down");
      if (wanted.signal.aborted) throw abortReason(wanted.signal);
      const group = groupOf(wanted.declared);
      const held = fitting(group, wanted);
      return held ? lease(group, held, wanted) : wait(group, wanted);
    },
    close(reason) {
      closed ??= (async () => {
        const over = new RuntimeError("closed", "the proxy is shutting down");
        closing.abort(over);
        const all = [...groups.values()];
        for (const { waiters } of all) for (const waiter of [...waiters]) waiter.reject(over);
        await Promise.all(openings);
        await Promise.all(
          all.flatMap(({ sessions }) =>
            [...sessions].map((held) => {
              clearTimeout(held.idle);
              return held.session.close(reason);
            }),
          ),
        );
      })();
      return closed;
    },
  };
}

const tooMany = (text: string): RuntimeError =>
  new RuntimeError("overloaded", text, { hint: "try again later, or raise the limit with --max-sessions" });
