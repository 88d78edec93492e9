import type { Channel } from "../core/channel.js";
import type { Log } from "../core/log.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import type { Exchange } from "./http-exchange.js";

/** The client's side of one modern request: the request goes in, and if the client leaves, that it did. */
export interface Conversation {
  readonly front: Channel;
  /** Cancels the request. */
  leave(why: string): void;
  /** Resolves once the far side has been told, or has not taken it for too long. Never, where there was nothing to tell. */
  readonly left: Promise<void>;
}

export interface ConversationOptions {
  readonly reply: Exchange;
  readonly log: Log;
}

/** A server that has stopped reading does not keep the conversation of a client that is gone. */
const LEAVING_MS = 1_000;

/**
 * A channel that says one request. What comes back for it goes to `reply`; its answer ends the channel.
 * Source: MCP 2026-07-28, Streamable HTTP, "Receiving Messages" and "Cancellation".
 */
export function conversation(request: Message, id: RequestId, { reply, log }: ConversationOptions): Conversation {
  let over = false;
  let reason: string | undefined;
  let onLeft: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (onLeft = resolve));
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let leaving: NodeJS.Timeout | undefined;

  async function* incoming(): AsyncGenerator<Message> {
    yield request;
    await ended;
    if (over) return;
    const params = { requestId: id, reason };
    yield messageFromRpc({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    onLeft();
  }

  const front: Channel = {
    incoming: incoming(),
    async send(message) {
      if (message.kind === "request") {
        log("debug", "a request of the server was dropped: there are none in the modern era");
      } else if (message.kind === "notification") {
        if (reason === undefined && (message.relatedTo ?? id) === id) await reply.stream(message);
      } else if ((message.id ?? id) === id) {
        over = true;
        // `{"id":null,"error":…}` can only be meant for the one request.
        await reply.answer(message.id === undefined ? messageFromRpc({ ...message.rpc, id }) : message, id);
        end();
      }
    },
    close() {
      over = true;
      clearTimeout(leaving);
      end();
      return Promise.resolve();
    },
  };
  return {
    front,
    left,
    leave(why) {
      if (over) return;
      reason = why;
      leaving = setTimeout(onLeft, LEAVING_MS);
      end();
    },
  };
}
