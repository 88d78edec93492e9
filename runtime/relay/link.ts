import type { Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { relabeled, setTo, type JsonEdits } from "../wire/json-edit.js";
import { progressTokenOf, requestIdOf, type ProgressToken } from "./look.js";

/** What comes from the server and answers nothing. `request` may be answered with `Link.send`, under the id that it has. */
export type Heard = (message: Message) => Promise<void> | void;

export interface LinkOptions {
  /** What belongs to no request on its way, as far as can be told. The reading loop waits for it. */
  readonly onUnrelated: Heard;
  /** The server has answered what nobody waits for, by its id towards the server: late after `Asked.cancel`, doubled, or never asked. */
  readonly onLate?: (id: RequestId) => void;
}

export interface Ask {
  /** As the client sent it, with the client's id and progress token. */
  readonly message: Message;
  /** What the server says while it works on this request: its progress, under the client's token, and over HTTP all that comes on its stream. The reading loop waits for it. */
  readonly onRelated: Heard;
  /** Before the request is handed on: what the server says of it may come before ask() has resolved. */
  readonly onStart?: (asked: Asked) => void;
  /** The answer, right before `Asked.answer` resolves with it. The reading loop waits for it. */
  readonly onAnswer?: Heard;
}

/** A request on its way. */
export interface Asked {
  /** Its id towards the server. Unique for the life of the link. */
  readonly id: RequestId;
  /** The method that was asked. */
  readonly method: string;
  /** The server's answer under the client's id. Rejects with what ended the channel, or with the reason of `cancel`. Never unhandled. */
  readonly answer: Promise<Message>;
  /** What is heard from now on, and under which token: a call may outlive the client's request. */
  onRelated: Heard;
  token: ProgressToken | undefined;
  /** Tells the server (`notifications/cancelled`) and forgets the request: whatever still comes for it is dropped. */
  cancel(reason: RuntimeError): void;
}

/**
 * Many requests over one channel of a server, each under an id and a progress token that no other has, as messages whose bytes stay.
 * It is the channel's only reader and knows no method. Every wire mapping of shared and translated sessions stands on it.
 */
export interface Link {
  /** Hands a request on. Resolves when the server's buffer has it. Throws what ended the channel. */
  ask(ask: Ask): Promise<Asked>;
  /** A notification, or the answer to a request of the server. Throws what ended the channel. */
  send(message: Message): Promise<void>;
  /** Requests that have no answer yet, oldest first. */
  readonly underWay: readonly Asked[];
  /** Set once the channel has ended: nothing will come or go. */
  readonly over: RuntimeError | undefined;
  /** Resolves with the reason when the channel has ended. */
  readonly ended: Promise<RuntimeError>;
  /** Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}

interface Waiting extends Asked {
  readonly clientId: RequestId;
  readonly onAnswer: Heard | undefined;
  resolve(answer: Message): void;
  reject(error: RuntimeError): void;
}

export function linkOf(channel: Channel, { onUnrelated, onLate }: LinkOptions): Link {
  const waiting = new Map<RequestId, Waiting>();
  let next = 0;
  let over: RuntimeError | undefined;

  const cancelAtServer = async (id: RequestId, reason: RuntimeError): Promise<void> => {
    const params = { requestId: id, reason: reason.text };
    try {
      await channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
    } catch {
      // a channel that is gone is reported by the reading loop
    }
  };

  /** The request that a message belongs to: by its HTTP stream, else by its progress token. */
  const ownerOf = (message: Message): Waiting | undefined => {
    if (message.relatedTo !== undefined) return waiting.get(message.relatedTo);
    if (message.method !== "notifications/progress") return undefined;
    const token = progressTokenOf(message);
    return token === undefined ? undefined : waiting.get(token);
  };

  const receive = async (message: Message): Promise<void> => {
    if (message.kind === "response") {
      // `{"id":null,"error":…}` names no request: with one waiting it can only be meant for that one.
      const sole = waiting.size === 1 ? [...waiting.keys()][0] : undefined;
      const id = message.id ?? sole;
      const one = id === undefined ? undefined : waiting.get(id);
      if (id === undefined) return;
      if (!one) {
        onLate?.(id);
        return;
      }
      waiting.delete(id);
      try {
        const answer = relabeled(message, { id: one.clientId, relatedTo: one.clientId });
        await one.onAnswer?.(answer);
        one.resolve(answer);
      } catch (error) {
        one.reject(unreadable(RuntimeError.from(error)));
      }
      return;
    }
    const owner = ownerOf(message);
    if (!owner) {
      // Progress of what is over, and what came on the stream of a request that was given up.
      if (message.method === "notifications/progress" || message.relatedTo !== undefined) {
        if (message.kind === "request" && message.id !== undefined) await channel.send(withdrawn(message.id));
        return;
      }
      await onUnrelated(message);
      return;
    }
    if (message.method === "notifications/progress") {
      if (owner.token === undefined) return; // nobody asked for it
      const edits: JsonEdits = { params: { members: { progressToken: setTo(owner.token) } } };
      await owner.onRelated(relabeled(message, { edits, relatedTo: owner.clientId }));
      return;
    }
    await owner.onRelated(relabeled(message, { relatedTo: owner.clientId }));
  };

  const ended = (async (): Promise<RuntimeError> => {
    let reason: RuntimeError;
    try {
      for await (const message of channel.incoming) await receive(message);
      reason = new RuntimeError("closed", "the server closed the connection");
    } catch (error) {
      reason = RuntimeError.from(error);
    }
    over = reason;
    for (const one of waiting.values()) one.reject(reason);
    waiting.clear();
    return reason;
  })();

  return {
    ended,
    get over() {
      return over;
    },
    get underWay() {
      return [...waiting.values()];
    },
    async ask({ message, onRelated, onStart, onAnswer }) {
      if (over) throw over;
      const clientId = requestIdOf(message);
      const id = ++next;
      const token = progressTokenOf(message);
      let settle: Pick<Waiting, "resolve" | "reject"> | undefined;
      const answer = new Promise<Message>((resolve, reject) => (settle = { resolve, reject }));
      answer.catch(() => undefined); // whoever waits for it sees it
      const { resolve, reject } = settle as unknown as Pick<Waiting, "resolve" | "reject">;
      const one: Waiting = {
        id,
        clientId,
        method: message.method ?? "",
        answer,
        onRelated,
        onAnswer,
        token,
        resolve,
        reject,
        cancel(reason) {
          if (!waiting.delete(id)) return;
          reject(reason);
          void cancelAtServer(id, reason);
        },
      };
      // Always a token of ours: one that the client used for another request as well would tell the two apart no more.
      const edits: JsonEdits | undefined =
        token === undefined ? undefined : { params: { members: { _meta: { members: { progressToken: setTo(id) } } } } };
      const ours = relabeled(message, { id, relatedTo: null, ...(edits && { edits }) });
      waiting.set(id, one);
      onStart?.(one);
      try {
        await channel.send(ours);
      } catch (error) {
        waiting.delete(id);
        throw RuntimeError.from(error);
      }
      return one;
    },
    async send(message) {
      if (over) throw over;
      await channel.send(message);
    },
    close: (reason) => channel.close(reason),
  };
}

/** What is wrong with an answer is no fault of the request. */
const unreadable = (error: RuntimeError): RuntimeError =>
  error.code === "bad_message"
    ? new RuntimeError("remote", "the server's answer is not valid JSON", { cause: error })
    : error;

const withdrawn = (id: RequestId): Message =>
  messageFromRpc({
    jsonrpc: "2.0",
    id,
    error: { code: -32603, message: "the request that this belongs to was given up" },
  });
