import { RuntimeError } from "../core/errors.js";
import { printable, type Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { orAborted, sleep } from "../core/signals.js";
import { META, type Members } from "../era/envelope.js";
import { relabeled, setTo } from "../wire/json-edit.js";
import { membersOf, paramsOf, requestIdOf } from "./look.js";
import type { Declared } from "./modern-over-legacy-capability.js";
import type { Lease, SessionPool } from "./modern-over-legacy-pool.js";
import type { LegacySession } from "./modern-over-legacy-session.js";

/** A `subscriptions/listen` of a client. */
export interface Listening {
  readonly message: Message;
  readonly declared: Declared;
  readonly principal: string;
  readonly signal: AbortSignal;
  readonly deliver: (message: Message) => void;
}

/** What modern clients listen to, over legacy sessions. Source: MCP 2026-07-28, basic/patterns/subscriptions. */
export interface Listeners {
  /** Acknowledges, then delivers what was asked for. Resolves with the graceful end. Throws the reason of `signal`, `overloaded`, and what a session throws. */
  listen(listening: Listening): Promise<Message>;
  /** A server of sessions for these capabilities says that something has changed. */
  onChange(key: string, message: Message): void;
  /** Ends every listen in order. */
  close(): void;
}

export interface ListenersOptions {
  readonly pool: SessionPool;
  readonly log: Log;
}

const MAX_LISTENS = 1_000;
const MAX_URIS = 100;

/** From one attempt to have a server again to the next, in milliseconds. */
const BACK_OFF_MS = [250, 1_000, 4_000, 15_000, 30_000];

/** By the name in the filter: what is told, and the capability that promises it. */
const LIST_CHANGES = [
  { name: "toolsListChanged", method: "notifications/tools/list_changed", capability: "tools" },
  { name: "promptsListChanged", method: "notifications/prompts/list_changed", capability: "prompts" },
  { name: "resourcesListChanged", method: "notifications/resources/list_changed", capability: "resources" },
] as const;
const UPDATED = "notifications/resources/updated";

interface Listen {
  readonly methods: ReadonlySet<string | undefined>;
  readonly uris: ReadonlySet<unknown>;
  deliver(message: Message): void;
  end(): void;
}

/** The listens of clients with one set of capabilities, and the session on which their resources are subscribed to. */
interface Hub {
  readonly listens: Set<Listen>;
  /** How many listens want it. */
  readonly wanted: Map<string, number>;
  /** Subscribed to on the session that is held: whether the server agreed. */
  readonly subscribed: Map<string, boolean>;
  users: number;
  home: Promise<Lease> | undefined;
  /** Changes of subscriptions, one after the other. */
  syncing: Promise<void>;
}

export function listeners({ pool, log }: ListenersOptions): Listeners {
  const hubs = new Map<string, Hub>();
  const closing = new AbortController();
  let count = 0;

  const hubOf = ({ key }: Declared): Hub => {
    const known = hubs.get(key);
    if (known) return known;
    const hub: Hub = {
      listens: new Set(),
      wanted: new Map(),
      subscribed: new Map(),
      users: 0,
      home: undefined,
      syncing: Promise.resolve(),
    };
    hubs.set(key, hub);
    return hub;
  };

  const homeOf = (hub: Hub, declared: Declared): Promise<Lease> => {
    if (hub.home) return hub.home;
    const { signal } = closing;
    const home = Promise.resolve()
      .then(() => pool.take({ declared, principal: "", interactive: false, signal }))
      .then((lease) => {
        void lease.session.ended.then(() => {
          lease.release();
          if (hub.home === home) void moveOn(hub, declared);
        });
        return lease;
      });
    hub.home = home;
    home.catch(() => hub.home === home && (hub.home = undefined));
    return home;
  };

  /** The server is lost: subscribes on another session, for as long as anybody listens. */
  const moveOn = async (hub: Hub, declared: Declared): Promise<void> => {
    hub.home = undefined;
    hub.subscribed.clear();
    for (let attempt = 0; hub.users > 0 && !closing.signal.aborted; attempt++) {
      try {
        await sync(hub, declared);
        return;
      } catch (error) {
        const why = printable(RuntimeError.from(error).text);
        log("warn", `no server to subscribe on for ${hub.users} listening clients: ${why}`);
        await sleep(BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 0, closing.signal);
      }
    }
  };

  /** Subscribes to what is wanted and from what is not. Throws what a session throws. */
  const sync = (hub: Hub, declared: Declared): Promise<void> => {
    const done = hub.syncing.then(async () => {
      const { session } = await homeOf(hub, declared);
      const gone = [...hub.subscribed.keys()].filter((uri) => !hub.wanted.has(uri));
      const come = [...hub.wanted.keys()].filter((uri) => !hub.subscribed.has(uri));
      await Promise.all([
        ...gone.map(async (uri) => {
          const agreed = hub.subscribed.get(uri) ?? false;
          hub.subscribed.delete(uri);
          if (agreed) await tell(session, "resources/unsubscribe", uri);
        }),
        ...come.map(async (uri) => {
          const agreed = await tell(session, "resources/subscribe", uri);
          if (!session.over) hub.subscribed.set(uri, agreed);
        }),
      ]);
      if (session.over) throw session.over;
    });
    hub.syncing = done.catch(() => undefined);
    return done;
  };

  /** Whether the server agreed. */
  const tell = async (session: LegacySession, method: string, uri: string): Promise<boolean> => {
    try {
      const { error } = (await session.call(method, { uri })).rpc;
      return error === undefined;
    } catch (error) {
      log("debug", `${method} failed: ${printable(RuntimeError.from(error).text)}`);
      return false;
    }
  };

  /** The last one leaves the session behind as it was found. */
  const leave = async (hub: Hub, declared: Declared, uris: readonly string[]): Promise<void> => {
    count -= 1;
    hub.users -= 1;
    for (const uri of uris) {
      const left = (hub.wanted.get(uri) ?? 0) - 1;
      if (left > 0) hub.wanted.set(uri, left);
      else hub.wanted.delete(uri);
    }
    if (closing.signal.aborted) return;
    try {
      if (hub.home && uris.length > 0) await sync(hub, declared);
      if (hub.users > 0 || hubs.get(declared.key) !== hub) return;
      hubs.delete(declared.key);
      const { home } = hub;
      hub.home = undefined;
      (await home)?.release();
    } catch {
      // There is no session, or it has ended: nothing is left of what was subscribed to.
    }
  };

  return {
    async listen({ message, declared, signal, deliver }) {
      if (count >= MAX_LISTENS) throw new RuntimeError("overloaded", `${MAX_LISTENS} clients listen already`);
      const asked = membersOf(paramsOf(message)["notifications"]);
      const uris = urisIn(asked["resourceSubscriptions"]);
      const id = requestIdOf(message);
      const hub = hubOf(declared);
      count += 1;
      hub.users += 1;
      let wanted: readonly string[] = [];
      let listen: Listen | undefined;
      try {
        const { session } = await orAborted(homeOf(hub, declared), signal);
        const kinds = LIST_CHANGES.filter(
          ({ name, capability }) => asked[name] === true && offers(session.capabilities, capability, "listChanged"),
        );
        if (offers(session.capabilities, "resources", "subscribe")) wanted = uris;
        for (const uri of wanted) hub.wanted.set(uri, (hub.wanted.get(uri) ?? 0) + 1);
        if (wanted.length > 0) await orAborted(sync(hub, declared), signal);
        const subscribed = wanted.filter((uri) => hub.subscribed.get(uri));
        const ended = new Promise<void>((resolve) => {
          listen = {
            methods: new Set(kinds.map(({ method }) => method)),
            uris: new Set(subscribed),
            deliver: (change) => deliver(marked(change, id)),
            end: resolve,
          };
        });
        deliver(acknowledged(id, { kinds: kinds.map(({ name }) => name), uris: subscribed }));
        if (listen) hub.listens.add(listen);
        if (closing.signal.aborted) listen?.end();
        await orAborted(ended, signal);
        return gracefulEnd(id, session.serverInfo);
      } finally {
        if (listen) hub.listens.delete(listen);
        void leave(hub, declared, wanted);
      }
    },
    onChange(key, message) {
      for (const listen of hubs.get(key)?.listens ?? []) {
        const told =
          message.method === UPDATED ? listen.uris.has(paramsOf(message)["uri"]) : listen.methods.has(message.method);
        if (told) listen.deliver(message);
      }
    },
    close() {
      closing.abort(new RuntimeError("closed", "the proxy is shutting down"));
      for (const { listens } of hubs.values()) for (const listen of listens) listen.end();
    },
  };
}

function urisIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const uris = new Set(value.filter((uri): uri is string => typeof uri === "string"));
  if (uris.size <= MAX_URIS) return [...uris];
  throw new RuntimeError("bad_message", `a listen may name at most ${MAX_URIS} resources, this one names ${uris.size}`);
}

const offers = (capabilities: Members, name: string, what: string): boolean =>
  membersOf(capabilities[name])[what] === true;

const marked = (change: Message, id: RequestId): Message => {
  const meta = { members: { [META.subscriptionId]: setTo(id) }, create: true as const };
  return relabeled(change, { relatedTo: id, edits: { params: { members: { _meta: meta }, create: true } } });
};

const acknowledged = (
  id: RequestId,
  { kinds, uris }: { readonly kinds: readonly string[]; readonly uris: readonly string[] },
): Message => {
  const notifications = {
    ...Object.fromEntries(kinds.map((name) => [name, true])),
    ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
  };
  const params = { notifications, _meta: { [META.subscriptionId]: id } };
  return messageFromRpc(
    { jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params },
    { relatedTo: id },
  );
};

const gracefulEnd = (id: RequestId, serverInfo: unknown): Message => {
  const meta = { [META.subscriptionId]: id, ...(serverInfo === undefined ? {} : { [META.serverInfo]: serverInfo }) };
  return messageFromRpc({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta: meta } }, { relatedTo: id });
};
