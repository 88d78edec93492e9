import { RuntimeError } from "../core/errors.js";
import type { Host, OpenOptions } from "../core/frontend.js";
import { failureResponse } from "../core/message.js";
import type { Principal, Session } from "../core/session.js";
import { abortReason, sleep } from "../core/signals.js";
import type { LineChannel } from "./line-channel.js";

export interface ConverseOptions {
  readonly principal: () => Promise<Principal>;
  readonly open?: OpenOptions;
  /** A client that is not served is told so in answer to its first request, if that comes within this time. */
  readonly refuseMs: number;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
}

/** One client's conversation from beginning to end. Resolves with why it ended, or `undefined` if in order. Never rejects. */
export async function converse(host: Host, front: LineChannel, options: ConverseOptions): Promise<unknown> {
  const { signal, refuseMs } = options;
  let session: Session;
  try {
    const principal = await options.principal();
    session = await host.open(front, principal, signal, options.open);
  } catch (error) {
    const failure = RuntimeError.from(error);
    if (!signal.aborted) await refuseFirst(front, failure, refuseMs);
    await front.close();
    return failure;
  }
  const end = (): void => void session.close(abortReason(signal));
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  const reason = await session.closed;
  signal.removeEventListener("abort", end);
  return reason;
}

/** Clients show an error response, not our log. Ends early when the client does, or the channel is closed. */
async function refuseFirst(front: LineChannel, failure: RuntimeError, waitMs: number): Promise<void> {
  const over = new AbortController();
  const refusing = (async () => {
    for await (const message of front.incoming)
      if (message.kind === "request" && message.id !== undefined) {
        await front.send(failureResponse(message.id, failure));
        return;
      }
  })().catch(() => undefined); // it went away instead
  await Promise.race([refusing, sleep(waitMs, over.signal)]);
  over.abort();
}
