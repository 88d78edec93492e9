import type { Channel } from "./channel.js";
import { RuntimeError } from "./errors.js";
import { messageFromRpc, type Message, type RequestId } from "./message.js";
import { deadline, orAborted } from "./signals.js";

export interface CallOptions {
  /** Names the step in a time-out's text. Default: the method. */
  readonly step?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CallerOptions {
  /** Notifications of the server. */
  readonly onNotification?: (message: Message) => void;
  /** Requests of the server: returns the result. Absent, or throwing: answered with an error, never left open. */
  readonly onRequest?: (message: Message) => Promise<unknown>;
  /** First part of the ids this caller uses, so that they are told apart in traces. */
  readonly idPrefix?: string;
}

/** Request and response over a Channel: the one client of the house. It is the channel's only reader. */
export interface Caller {
  /**
   * Throws RuntimeError `remote` with the server's error object, `timeout`, `canceled`, or what ended the channel.
   * A request given up is canceled at the server (`notifications/cancelled`), except `initialize`, which must not be.
   */
  request(method: string, params: unknown, options: CallOptions): Promise<unknown>;
  notify(method: string, params?: unknown): Promise<void>;
  /** Settles when the channel has ended. Rejects with what ended it, never unhandled. */
  readonly ended: Promise<void>;
  close(reason?: unknown): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: RuntimeError): void;
}

export function caller(channel: Channel, options: CallerOptions = {}): Caller {
  const waiting = new Map<RequestId, Waiting>();
  const prefix = options.idPrefix ?? "";
  let next = 0;
  let over: RuntimeError | undefined;

  const answer = async (message: Message): Promise<void> => {
    const { id } = message;
    if (id === undefined) return;
    try {
      if (!options.onRequest) throw new RuntimeError("unknown_route", "this client answers no requests");
      const result = await options.onRequest(message);
      await channel.send(messageFromRpc({ jsonrpc: "2.0", id, result }));
    } catch (error) {
      const { text } = RuntimeError.from(error);
      const reply = { jsonrpc: "2.0", id, error: { code: -32601, message: text } };
      // The channel may be gone by now; the reading loop reports that.
      await Promise.resolve(channel.send(messageFromRpc(reply))).catch(() => undefined);
    }
  };

  const receive = (message: Message): void => {
    if (message.kind === "notification") return options.onNotification?.(message);
    if (message.kind === "request") return void answer(message);
    // `{"id":null,"error":…}` names no request: with one waiting it can only be meant for that one.
    const sole = waiting.size === 1 ? [...waiting.keys()][0] : undefined;
    const id = message.id ?? sole;
    const one = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || !one) return; // late, doubled or foreign
    waiting.delete(id);
    if (message.failure) return one.reject(message.failure);
    let rpc;
    try {
      rpc = message.rpc;
    } catch (error) {
      return one.reject(RuntimeError.from(error));
    }
    if (rpc.error === undefined) return one.resolve(rpc.result);
    const text = typeof rpc.error?.message === "string" ? rpc.error.message : "error without a message";
    one.reject(new RuntimeError("remote", text, { rpcError: rpc.error }));
  };

  const ended = (async () => {
    try {
      for await (const message of channel.incoming) receive(message);
      over = new RuntimeError("closed", "the server closed the connection");
    } catch (error) {
      over = RuntimeError.from(error);
      throw over;
    } finally {
      for (const one of waiting.values()) one.reject(over ?? new RuntimeError("closed", "the connection is closed"));
      waiting.clear();
    }
  })();
  ended.catch(() => undefined);

  return {
    ended,
    async request(method, params, { step = method, timeoutMs, signal }) {
      if (over) throw over;
      const id = prefix + String(++next);
      const limit = deadline(step, timeoutMs, signal);
      const reply = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      reply.catch(() => undefined); // a send that throws leaves it without a reader
      try {
        const message = messageFromRpc({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
        await orAborted(Promise.resolve(channel.send(message)), limit.signal);
        return await orAborted(reply, limit.signal);
      } catch (error) {
        if (limit.signal.aborted && waiting.has(id) && method !== "initialize") {
          const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } };
          await Promise.resolve(channel.send(messageFromRpc(cancel))).catch(() => undefined);
        }
        throw RuntimeError.from(error);
      } finally {
        waiting.delete(id);
        limit.done();
      }
    },
    async notify(method, params) {
      await channel.send(messageFromRpc({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) }));
    },
    close: (reason) => channel.close(reason),
  };
}
