import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { failureResponse, idInUse, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import type { Era, Session } from "../core/session.js";
import { META } from "../era/envelope.js";
import { refusalOfRequest } from "../era/modern-request.js";
import { mayHold, metaOf, paramsOf } from "./look.js";

/** Opens the conversation of one era on its half of the client's channel. Throws what opening a backend throws. */
export type Start = (era: Era, half: Channel) => Promise<Session>;

interface Half {
  readonly queue: MessageQueue;
  readonly pending: Set<RequestId>;
  readonly session: Promise<Session | undefined>;
}

/**
 * A client's channel on which both eras may be spoken, told for each message: what carries the modern envelope is modern, all
 * else legacy. Each half opens with its first message. The end of the legacy half, which has a session to lose, ends the channel;
 * a modern half opens again with the next request.
 * What is no modern request though it is meant to be one is refused here.
 * Source: MCP 2026-07-28, basic/versioning, "Servers supporting both".
 */
export function splitEras(front: Channel, start: Start): Session {
  const halves = new Map<Era, Half>();
  const sessions = new Set<Promise<unknown>>();
  let reason: unknown;
  let closing: Promise<void> | undefined;

  const close = (why?: unknown): Promise<void> => {
    closing ??= (async () => {
      reason ??= why;
      for (const { queue } of halves.values()) queue.end();
      await Promise.all([...halves.values()].map(async ({ session }) => (await session)?.close(why)));
      await front.close(why);
    })();
    return closing;
  };

  const open = (era: Era): Half => {
    const queue = new MessageQueue(1);
    const pending = new Set<RequestId>();
    const channel: Channel = {
      incoming: queue,
      send(message) {
        if (message.kind === "response" && message.id !== undefined) pending.delete(message.id);
        return front.send(message);
      },
      close(why) {
        queue.end();
        if (halves.get(era)?.queue === queue) halves.delete(era);
        // Not awaited: it waits for this very session.
        if (era === "legacy") void close(why);
        return Promise.resolve();
      },
    };
    const session = start(era, channel).catch(async (error: unknown) => {
      const failure = RuntimeError.from(error);
      halves.delete(era);
      queue.end();
      for (const id of pending) await quietly(() => front.send(failureResponse(id, failure)));
      if (era === "legacy") void close(failure);
      return undefined;
    });
    const half = { queue, pending, session };
    halves.set(era, half);
    const over = session.then(async (one) => {
      const why = await one?.closed;
      if (era === "legacy") reason ??= why;
    });
    sessions.add(over);
    void over.finally(() => sessions.delete(over));
    return half;
  };

  /** `undefined`: it is about nothing that is known here, and must not start anything. */
  const eraOf = (message: Message): Era | undefined => {
    const { kind, method } = message;
    if (kind === "response") return halves.has("legacy") ? "legacy" : undefined; // modern servers ask nothing
    if (method === "notifications/cancelled") {
      const id = paramsOf(message)["requestId"] as RequestId;
      // Given up, it is answered no more: its id is free from here on.
      for (const [era, { pending }] of halves) if (pending.delete(id)) return era;
      return undefined;
    }
    const isModern =
      method === "server/discover" ||
      (mayHold(message, META.protocolVersion) && META.protocolVersion in metaOf(message));
    const era = isModern ? "modern" : "legacy";
    return kind === "request" || halves.has(era) ? era : undefined;
  };

  const pass = async (message: Message): Promise<void> => {
    const { kind, id } = message;
    const era = eraOf(message);
    if (era === undefined) return;
    if (kind === "request" && id !== undefined) {
      const refused = [...halves.values()].some(({ pending }) => pending.has(id))
        ? failureResponse(id, idInUse(id))
        : era === "modern"
          ? refusalOf(message, id)
          : undefined;
      if (refused) return front.send(refused);
    }
    const half = halves.get(era) ?? open(era);
    if (kind === "request" && id !== undefined) half.pending.add(id);
    if (!half.queue.ended) await half.queue.push(message);
    else if (kind === "request" && id !== undefined)
      await front.send(failureResponse(id, new RuntimeError("closed", "the session has ended")));
  };

  const read = async (): Promise<void> => {
    for await (const message of front.incoming) await pass(message);
    // The client's side is over: what is under way is still answered, by the bridges.
    for (const { queue } of halves.values()) queue.end();
  };

  const closed = (async (): Promise<unknown> => {
    try {
      await read();
    } catch (error) {
      void close(error);
    }
    while (sessions.size > 0) await Promise.allSettled(sessions);
    await close(reason);
    return reason;
  })();
  return {
    closed,
    async close(why) {
      await close(why);
      await closed;
    },
  };
}

function refusalOf(message: Message, id: RequestId): Message | undefined {
  try {
    const error = refusalOfRequest(message);
    return error && messageFromRpc({ jsonrpc: "2.0", id, error }, { relatedTo: id });
  } catch (error) {
    return failureResponse(id, RuntimeError.from(error));
  }
}

async function quietly(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch {
    // the client is gone too: nobody is left to be told
  }
}
