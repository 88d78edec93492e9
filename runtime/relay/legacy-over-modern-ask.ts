import { messageFromBytes, messageFromRpc, type Message, type RequestId } from "../core/message.js";
import { abortReason } from "../core/signals.js";
import type { ClientRequest } from "./legacy-over-modern-input.js";
import type { Heard } from "./link.js";

export interface AskOptions {
  /** The client's request for whose sake it is asked. */
  readonly relatedTo: RequestId;
  /** Withdraws the request at the client. */
  readonly signal: AbortSignal;
}

/** Requests of ours to one legacy client. */
export interface ClientAsks {
  /** The client's response, error responses included. Rejects with the reason of the signal. */
  ask(request: ClientRequest, options: AskOptions): Promise<Message>;
  /** Takes a response of the client; one that answers nothing is dropped. */
  answer(response: Message): void;
}

export function clientAsks(tell: Heard): ClientAsks {
  const waiting = new Map<RequestId, (response: Message) => void>();
  let next = 0;
  return {
    async ask({ method, params }, { relatedTo, signal }) {
      if (signal.aborted) throw abortReason(signal);
      const id = ++next;
      const text = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${params === undefined ? "" : `,"params":${params}`}}`;
      const request = messageFromBytes({ kind: "request", id, method }, [Buffer.from(text)], { relatedTo });
      let withdraw: (() => void) | undefined;
      try {
        return await new Promise<Message>((resolve, reject) => {
          waiting.set(id, resolve);
          withdraw = () => {
            const reason = abortReason(signal);
            const params = { requestId: id, reason: reason.text };
            void tell(messageFromRpc({ jsonrpc: "2.0", method: "notifications/cancelled", params }, { relatedTo }));
            reject(reason);
          };
          signal.addEventListener("abort", withdraw, { once: true });
          void tell(request);
        });
      } finally {
        waiting.delete(id);
        if (withdraw) signal.removeEventListener("abort", withdraw);
      }
    },
    answer(response) {
      // An error without an id can only mean the one that waits.
      const sole = waiting.size === 1 ? [...waiting.keys()][0] : undefined;
      const id = response.id ?? sole;
      if (id !== undefined) waiting.get(id)?.(response);
    },
  };
}
