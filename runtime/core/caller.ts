import type { Channel } from "./channel.js";
import { RuntimeError, rpcErrorOf } from "./errors.js";
import { messageFromRpc, type Message, type RequestId, type Rpc } from "./message.js";
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

  /** For what nobody waits for. A channel that is gone is reported by the reading loop. */
  const sendAnyway = async (rpc: Rpc): Promise<void> => {
    try {
      await channel.send(messageFromRpc(rpc));
    } catch {
      // as above
    }
  };

  const answer = async (message: Message): Promise<void> => {
    const { id } = message;
    if (id === undefined) return;
    let reply: Rpc;
    try {
      if (!options.onRequest) throw new RuntimeError("unknown_route", "this client answers no requests");
      reply = { jsonrpc: "2.0", id, result: await options.onRequest(message) };
    } catch (error) {
      reply = { jsonrpc: "2.0", id, error: rpcErrorOf(RuntimeError.from(error)) };
    }
    await sendAnyway(reply);
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
    if (message.failure) {
      one.reject(message.failure);
      return;
    }
    let rpc;
    try {
      rpc = message.rpc;
    } catch (error) {
      one.reject(RuntimeError.from(error));
      return;
    }
    if (rpc.error === undefined) {
      one.resolve(rpc.result);
      return;
    }
    const said = (rpc.error as { readonly message?: unknown } | null)?.message;
    const text = typeof said === "string" ? said : "error without a message";
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
          // Not awaited: a server that has stopped reading must not keep its caller.
          void sendAnyway({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
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
