import { messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { META } from "../era/envelope.js";
import { relabeled, setTo, type JsonEdits } from "../wire/json-edit.js";
import { mayHold, metaOf } from "./look.js";

export const LISTEN = "subscriptions/listen";
export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** A subscription that has been acknowledged: when, and how often its server has been lost soon after. */
export interface Listening {
  sinceMs: number;
  tries: number;
}

/** A subscription whose server is gone is asked for again after these times, then given up. */
const AGAIN_AFTER_MS = [50, 250, 1_000, 4_000, 15_000];

/** A subscription that has lived this long is no longer suspected of killing its server. */
const STEADY_MS = 60_000;

/** How long to wait before it is asked for again; `undefined`: not any more. Counts the try. */
export function pauseBefore(state: Listening): number | undefined {
  const now = performance.now();
  if (now - state.sinceMs > STEADY_MS) state.tries = 0;
  state.sinceMs = now;
  return AGAIN_AFTER_MS[state.tries++];
}

/** The subscription that a notification belongs to: the id of the request that opened it. */
export function subscriptionOf(message: Message): RequestId | undefined {
  if (!mayHold(message, META.subscriptionId)) return undefined;
  const id = metaOf(message)[META.subscriptionId];
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

const naming = (id: RequestId): JsonEdits => ({
  _meta: { create: true, members: { [META.subscriptionId]: setTo(id) } },
});

/** A notification as the client's subscription brings it. */
export const forSubscription = (message: Message, id: RequestId): Message =>
  relabeled(message, { relatedTo: id, edits: { params: { create: true, members: naming(id) } } });

/** The answer that ends a subscription, which names it in a result as notifications do. */
export const forListener = (answer: Message, id: RequestId): Message =>
  relabeled(answer, { edits: { result: { members: naming(id) } } });

/** How a subscription ends in order. Source: MCP 2026-07-28, basic/patterns/subscriptions. */
export const gracefulEnd = (id: RequestId): Message =>
  messageFromRpc(
    { jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { [META.subscriptionId]: id } } },
    { relatedTo: id },
  );
