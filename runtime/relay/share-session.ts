import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import { printable, type Log } from "../core/log.js";
import { failureResponse, idInUse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { relabeled, setTo } from "../wire/json-edit.js";
import { linkOf, type Asked } from "./link.js";
import { paramsOf, progressTokenOf, requestIdOf } from "./look.js";
import { isSuccess } from "./recover-memory.js";
import type { ClientQueue } from "./client-queue.js";
import { givenUpOf } from "./share-given-up.js";
import { GONE, handlesOf } from "./share-handle.js";
import {
  levelOf,
  nobodyTold,
  memberOf,
  readersOf,
  refusal,
  soleOf,
  subscribes,
  wantedLevel,
  wantsLog,
  type Member,
} from "./share-member.js";

/** What one client may keep in a server that others use too. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_ASKS = 1_000;

export interface SharedSessionOptions {
  readonly limits: Limits;
  readonly log: Log;
  /** Once: nobody needs it any more, or the server has ended. */
  readonly onOver: () => void;
}

/** What one client sees of the session. */
export interface Seat {
  /** Takes the next message of the client. Resolves when the server's queue has it. Never throws: failures are answers. */
  receive(message: Message): Promise<void>;
  /** Idempotent. */
  leave(): void;
}

/** One session of a server of the legacy era, used by many clients with the same capabilities. */
export interface SharedSession {
  /** The server's answer to the one `initialize`, under that message's id. Throws what ended the channel. */
  initialize(message: Message): Promise<Message>;
  /** `principal`: whose the client is. */
  join(queue: ClientQueue, principal: string): Seat;
  /** Whether somebody uses it. */
  readonly inUse: boolean;
  /** Ends the channel and all seats. Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}

export function sharedSession(channel: Channel, { limits, log, onOver }: SharedSessionOptions): SharedSession {
  const members = new Set<Member>();
  const handles = handlesOf();
  const givenUp = givenUpOf(limits.parkedMs);
  let initialized = false;
  let idle: NodeJS.Timeout | undefined;
  let toldLevel: string | undefined;

  /** To the server, for what nobody waits for. */
  const tell = async (message: Message): Promise<void> => {
    try {
      await link.send(message);
    } catch {
      // what has ended the channel is told to everybody below
    }
  };
  const ask = async (method: string, params: unknown): Promise<void> => {
    try {
      const message = messageFromRpc({ jsonrpc: "2.0", id: 0, method, params });
      const asked = await link.ask({ message, onRelated: () => undefined });
      const answer = await asked.answer;
      if (!isSuccess(answer)) log("debug", `the shared server refuses ${method}`);
    } catch {
      // as above
    }
  };

  const giveUp = (member: Member, asked: Asked | undefined, reason: RuntimeError): void => {
    if (!asked) return;
    givenUp.add(asked.id, member);
    asked.cancel(reason);
  };

  const leave = (member: Member): void => {
    if (member.gone) return;
    member.gone = true;
    members.delete(member);
    handles.left(member);
    const reason = new RuntimeError("canceled", "the client has gone");
    for (const asked of member.underWay.values()) giveUp(member, asked, reason);
    givenUp.left(member);
    for (const id of member.asks.keys()) void tell(failureResponse(id, reason));
    for (const uri of member.uris) if (!isWanted(uri)) void ask("resources/unsubscribe", { uri });
    member.underWay.clear();
    member.asks.clear();
    adjustLevel();
    if (members.size === 0) idle ??= setTimeout(() => void close("nobody uses it"), limits.sessionIdleMs);
  };

  const push = (member: Member, message: Message): void => {
    if (member.gone) return;
    member.queue.push(message);
    if (!member.queue.full) return;
    // One client that does not read must not hold up the others.
    const text = `the client does not read: more than ${limits.clientBufferBytes} bytes wait for it`;
    log("warn", `a client is cut off: ${text}`);
    member.queue.cut(new RuntimeError("overloaded", text));
    leave(member);
  };

  const isWanted = (uri: string): boolean => [...members].some(({ uris }) => uris.has(uri));

  /** Once a client has set a level, all that come and go count. */
  const adjustLevel = (): void => {
    const level = wantedLevel(members);
    if (toldLevel === undefined || level === undefined || level === toldLevel) return;
    toldLevel = level;
    void ask("logging/setLevel", { level });
  };

  const heard = (member: Member, message: Message): void => {
    if (message.kind === "request") askClient(member, message);
    else if (message.method !== "notifications/message") push(member, message);
    else if (wantsLog(member, paramsOf(message)["level"], toldLevel !== undefined)) push(member, message);
  };

  const askClient = (member: Member, message: Message): void => {
    const id = requestIdOf(message);
    if (member.asks.size >= MAX_ASKS || member.gone) {
      void tell(refusal(id, "the client cannot be asked now"));
      return;
    }
    member.asks.set(id, progressTokenOf(message));
    handles.asked(member, message);
    push(member, message);
  };

  const ownerOf = (message: Message): Member | undefined => {
    const owner = handles.ownerOf(message) ?? soleOf(members, givenUp.calls());
    return owner === GONE ? undefined : owner;
  };

  /** What belongs to no request that is under way. */
  const unrelated = (message: Message): void => {
    const { kind, method = "", id } = message;
    if (kind === "request" && id !== undefined) {
      const owner = ownerOf(message);
      if (method === "ping") void tell(messageFromRpc({ jsonrpc: "2.0", id, result: {} }));
      else if (owner) askClient(owner, message);
      else void tell(refusal(id, nobodyTold(members.size)));
      return;
    }
    const params = paramsOf(message);
    if (method === "notifications/cancelled") {
      for (const one of members) if (one.asks.delete(params["requestId"] as RequestId)) push(one, message);
    } else if (method === "notifications/resources/updated") {
      for (const one of members) if (subscribes(one, params["uri"])) push(one, message);
    } else if (method.endsWith("/list_changed")) {
      for (const one of members) push(one, message);
    } else if (method === "notifications/message") {
      const readers = readersOf(members, givenUp.calls());
      if (readers.length === 0) dropped(method);
      for (const one of readers) heard(one, message);
    } else {
      // What is under way for a client does not make a stranger's task its own.
      const owner = members.size > 1 && handles.isStrange(message) ? undefined : ownerOf(message);
      if (owner) push(owner, message);
      else dropped(method);
    }
  };
  const dropped = (method: string): void =>
    log("debug", `nothing tells which client ${printable(method, 100)} is for; dropped`);

  const link = linkOf(channel, { onUnrelated: unrelated, onLate: (id) => givenUp.answered(id) });

  /** What goes to the server in place of a client's request; a message of ours where it needs none. */
  const prepared = (member: Member, message: Message): { readonly ask: Message } | { readonly answer: Message } => {
    const id = requestIdOf(message);
    const { method = "" } = message;
    const answer = (failure: RuntimeError) => ({ answer: failureResponse(id, failure) });
    if (method === "initialize") return answer(new RuntimeError("bad_message", "the session has begun already"));
    if (method === "logging/setLevel") {
      const level = levelOf(paramsOf(message)["level"]);
      if (level === undefined) return { ask: message };
      member.level = level;
      toldLevel = wantedLevel(members);
      return { ask: relabeled(message, { edits: { params: { members: { level: setTo(toldLevel) } } } }) };
    }
    if (method === "resources/subscribe" || method === "resources/unsubscribe") {
      const { uri } = paramsOf(message);
      if (typeof uri !== "string") return { ask: message };
      if (method === "resources/subscribe") {
        if (member.uris.size >= MAX_SUBSCRIPTIONS)
          return answer(new RuntimeError("overloaded", `a client may subscribe to ${MAX_SUBSCRIPTIONS} resources`));
        member.uris.add(uri);
      } else member.uris.delete(uri);
      if (method === "resources/unsubscribe" && isWanted(uri))
        return { answer: messageFromRpc({ jsonrpc: "2.0", id, result: {} }, { relatedTo: id }) };
    }
    if (method === "tasks/list")
      return answer(new RuntimeError("unknown_route", "tasks of other clients are not shown"));
    if (method.startsWith("tasks/")) {
      const owner = handles.ownerOf(message);
      if (owner && owner !== GONE && owner !== member) {
        const error = { code: -32602, message: "there is no such task" };
        return { answer: messageFromRpc({ jsonrpc: "2.0", id, error }, { relatedTo: id }) };
      }
    }
    return { ask: message };
  };

  const request = async (member: Member, message: Message): Promise<void> => {
    const id = requestIdOf(message);
    const next = member.underWay.has(id) ? { answer: failureResponse(id, idInUse(id)) } : prepared(member, message);
    if ("answer" in next) {
      push(member, next.answer);
      return;
    }
    const wantsTask = message.method === "tools/call" && "task" in paramsOf(message);
    member.underWay.set(id, undefined);
    let mine: Asked | undefined;
    const settle = (answer: Message): void => {
      // Given up; the client may have used the id again since.
      if (member.underWay.get(id) !== mine || !member.underWay.delete(id)) return;
      if (wantsTask) handles.answered(member, answer);
      if (message.method === "resources/subscribe" && !isSuccess(answer))
        member.uris.delete(paramsOf(message)["uri"] as string);
      push(member, answer);
    };
    try {
      const onStart = (one: Asked): void => void member.underWay.set(id, (mine = one));
      const asked = await link.ask({ message: next.ask, onStart, onRelated: (one) => heard(member, one) });
      void asked.answer.then(settle, (error: unknown) => settle(failureResponse(id, RuntimeError.from(error))));
    } catch (error) {
      settle(failureResponse(id, RuntimeError.from(error)));
    }
  };

  const receive = async (member: Member, message: Message): Promise<void> => {
    const { kind, id, method } = message;
    if (member.gone) return;
    if (kind === "request") return request(member, message);
    if (kind === "response") {
      // An answer to what was not asked of this client, or is settled, is nobody's.
      if (id !== undefined && member.asks.delete(id)) await tell(message);
      return;
    }
    const params = paramsOf(message);
    if (method === "notifications/cancelled") {
      const canceled = params["requestId"] as RequestId;
      const asked = member.underWay.get(canceled);
      if (!asked) return;
      member.underWay.delete(canceled);
      const { reason } = params;
      giveUp(member, asked, new RuntimeError("canceled", typeof reason === "string" ? reason : "canceled"));
    } else if (method === "notifications/progress") {
      const token = progressTokenOf(message);
      if (token !== undefined && [...member.asks.values()].includes(token)) await tell(message);
    } else if (method !== "notifications/initialized") await tell(message);
    else if (!initialized) {
      initialized = true;
      await tell(message);
    }
  };

  let closing: Promise<void> | undefined;
  const close = (reason?: unknown): Promise<void> => (closing ??= link.close(reason));

  void link.ended.then((reason) => {
    clearTimeout(idle);
    onOver();
    for (const member of members) {
      member.gone = true;
      member.queue.end(reason);
    }
    members.clear();
    return close(reason);
  });

  return {
    close,
    get inUse() {
      return members.size > 0;
    },
    async initialize(message) {
      const asked = await link.ask({ message, onRelated: () => undefined });
      return asked.answer;
    },
    join(queue, principal) {
      const member = memberOf(queue, principal);
      members.add(member);
      adjustLevel();
      clearTimeout(idle);
      idle = undefined;
      return { receive: (message) => receive(member, message), leave: () => leave(member) };
    },
  };
}
