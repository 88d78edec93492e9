import type { Channel } from "./channel.js";
import { RuntimeError } from "./errors.js";
import { failureResponse, idInUse, type Message, type RequestId } from "./message.js";
import { sleep } from "./signals.js";

export interface BridgeOptions {
  /** How long answers are still awaited after the client's side has ended in order, in milliseconds. */
  readonly drainMs?: number;
  /** Counted up while a request waits for its answer. */
  readonly gauge?: { underWay: number };
}

/**
 * Joins a client's channel and a server's: one loop in each direction, each waiting for the other side's buffer.
 * Moves messages; knows no method but that of giving up. Resolves when both are closed, with the reason, or `undefined` after an orderly end.
 *
 * The only state is the set of requests that the client waits for, so that none is left without an answer when the
 * server goes away, and so that a client that ends its side (`printf … | proxy`) still gets what it asked for.
 */
export async function bridge(front: Channel, back: Channel, options: BridgeOptions = {}): Promise<unknown> {
  const pending = new Set<RequestId>();
  const gauge = options.gauge ?? { underWay: 0 };
  const isSettled = (id: RequestId): boolean => {
    if (!pending.delete(id)) return false;
    gauge.underWay -= 1;
    return true;
  };
  let allAnswered: (() => void) | undefined;
  /** That the server is gone may show when it is written to, before its side ends. */
  let lost: RuntimeError | undefined;

  const toBack = async (message: Message): Promise<void> => {
    const { id } = message;
    if (message.kind !== "request" || id === undefined) {
      if (message.method === "notifications/cancelled") forget(message);
      return back.send(message);
    }
    if (pending.has(id)) {
      return front.send(failureResponse(id, idInUse(id)));
    }
    pending.add(id);
    gauge.underWay += 1;
    try {
      await back.send(message);
    } catch (error) {
      const failure = RuntimeError.from(error);
      if (failure.code === "closed" || failure.code === "unreachable") lost = failure;
      if (isSettled(id)) await front.send(failureResponse(id, failure));
    }
  };

  /** A request that its client has given up is waited for no more, whether the server answers or not. */
  const forget = (cancellation: Message): void => {
    let params: unknown;
    try {
      params = cancellation.rpc.params;
    } catch {
      return; // whoever reads it for its own sake reports it
    }
    if (typeof params !== "object" || params === null || !("requestId" in params)) return;
    isSettled(params.requestId as RequestId);
    if (pending.size === 0) allAnswered?.();
  };

  const toFront = async (message: Message): Promise<void> => {
    const answers = message.kind === "response" && message.id !== undefined && isSettled(message.id);
    await front.send(message);
    if (answers && pending.size === 0) allAnswered?.();
  };

  /** In the server's place. */
  const answerPending = async (failure: RuntimeError): Promise<void> => {
    for (const id of pending) {
      isSettled(id);
      try {
        await front.send(failureResponse(id, failure));
      } catch {
        break; // the client is gone too: nobody is left to answer
      }
    }
  };

  const upstream = async (): Promise<void> => {
    for await (const message of front.incoming) await toBack(message);
    if (lost) throw lost;
    if (pending.size === 0) return;
    const enough = new AbortController();
    const answered = new Promise<void>((resolve) => (allAnswered = resolve));
    await Promise.race([answered, drained, sleep(options.drainMs ?? 0, enough.signal)]);
    enough.abort();
  };
  const downstream = async (): Promise<void> => {
    for await (const message of back.incoming) await toFront(message);
    throw new RuntimeError("closed", "the server closed the connection");
  };

  let endDrain: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => (endDrain = resolve));
  const up = upstream();
  const down = downstream().catch(async (error: unknown) => {
    const failure = RuntimeError.from(error);
    await answerPending(failure);
    endDrain();
    throw failure;
  });

  let reason: unknown;
  try {
    await Promise.race([up, down]);
  } catch (error) {
    reason = error;
    await answerPending(RuntimeError.from(error));
  }
  await Promise.all([front.close(reason), back.close(reason)]);
  await Promise.allSettled([up, down]);
  for (const id of pending) isSettled(id);
  return reason;
}
