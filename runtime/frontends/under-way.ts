import { RuntimeError } from "../core/errors.js";
import { idInUse, type Message, type RequestId } from "../core/message.js";
import { paramsMembers } from "../wire/json-pick.js";

/** Requests of one client that may wait for their answers at once. */
const MAX_UNDER_WAY = 1_000;

export interface UnderWay {
  /** The id is that of a request without an answer. */
  readonly busy: boolean;
  /** Requests without an answer. */
  readonly count: number;
  readonly draining: boolean;
}

/** Why a request is not taken; `undefined` if it is. */
export function cannotBegin(id: RequestId, { busy, count, draining }: UnderWay): RuntimeError | undefined {
  if (busy) return idInUse(id);
  if (draining) return new RuntimeError("overloaded", "the proxy is shutting down");
  if (count >= MAX_UNDER_WAY)
    return new RuntimeError("overloaded", `${MAX_UNDER_WAY} requests of this client wait for their answers already`);
  return undefined;
}

/** The request that a message takes back, if it does so: no answer need come for it. */
export function canceledId(message: Message): RequestId | undefined {
  if (message.method !== "notifications/cancelled") return undefined;
  try {
    const { requestId } = paramsMembers(message, ["requestId"]);
    return typeof requestId === "string" || typeof requestId === "number" ? requestId : undefined;
  } catch {
    return undefined; // whoever reads the message for its own sake reports it
  }
}
