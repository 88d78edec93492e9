import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Message } from "../core/message.js";
import { isObject } from "../era/envelope.js";
import type { Verdict } from "./verdict.js";

export interface EitherOptions {
  /** The server spoken to in the client's own era. */
  readonly same: Backend;
  /** The other era, translated. */
  readonly translated: Backend;
  readonly verdict: Verdict;
}

/** Modern conversations: with the server itself if it is modern, else translated. */
export function modernConversations({ same, translated, verdict }: EitherOptions): Backend {
  return {
    kind: same.kind,
    async open(signal, client) {
      const backend = (await verdict.isModern(signal)) ? same : translated;
      return backend.open(signal, client);
    },
  };
}

/**
 * Legacy conversations: with the server itself until it turns out that it refuses `initialize` because it is modern only, then
 * translated, the conversation that has found it out included. No question is asked before: most servers speak this era.
 */
export function legacyConversations({ same, translated, verdict }: EitherOptions): Backend {
  return {
    kind: same.kind,
    async open(signal, client) {
      if (verdict.knows("legacy") === false) return translated.open(signal, client);
      const channel = await same.open(signal, client);
      if (verdict.knows("legacy") === true) return channel;
      return switching(channel, { verdict, translate: (within) => translated.open(within, client) });
    },
  };
}

interface SwitchOptions {
  readonly verdict: Verdict;
  readonly translate: (signal: AbortSignal) => Promise<Channel>;
}

function switching(first: Channel, { verdict, translate }: SwitchOptions): Channel {
  const incoming = new MessageQueue();
  const over = new AbortController();
  let current = first;
  let hello: Message | undefined;
  /** What the client sends while the switch is made waits for it. */
  let settled: Promise<void> | undefined;
  let settle: () => void = () => undefined;

  /** True if the conversation goes on elsewhere. */
  const refused = async (answer: Message): Promise<boolean> => {
    if (!mayBeModernOnly(answer)) return false;
    // Its code alone proves nothing: the server itself says which eras it speaks.
    if (!(await verdict.isModern(over.signal))) return false;
    verdict.learn("legacy", false);
    const before = current;
    current = await translate(over.signal);
    void before.close("the server speaks the modern era only");
    if (hello) await current.send(hello);
    return true;
  };

  const read = async (channel: Channel): Promise<void> => {
    for await (const message of channel.incoming) {
      if (hello && message.kind === "response" && (message.id ?? hello.id) === hello.id) {
        // Where the server cannot be asked for its era, the client is told what it said to `initialize`.
        const moved = channel === first && (await refused(message).catch(() => false));
        if (!moved && channel === first && succeeded(message)) verdict.learn("legacy", true);
        if (moved) {
          settle();
          return read(current);
        }
        hello = undefined;
        settle();
      }
      if (incoming.ended) return;
      await incoming.push(message);
    }
  };
  void read(first).then(
    () => incoming.end(),
    (error: unknown) => {
      settle();
      incoming.end(RuntimeError.from(error));
    },
  );

  return {
    incoming,
    async send(message) {
      await settled;
      if (message.method === "initialize" && message.kind === "request" && settled === undefined) {
        hello = message;
        settled = new Promise((resolve) => (settle = resolve));
      }
      await current.send(message);
    },
    async close(reason) {
      incoming.end();
      over.abort(new RuntimeError("closed", "the channel is closed"));
      settle();
      await current.close(reason);
    },
  };
}

/** Refusals that say nothing of the era: of who asks, of a server that is not there. */
function mayBeModernOnly(answer: Message): boolean {
  if (answer.failure) return false;
  try {
    const error: unknown = answer.rpc.error;
    return isObject(error);
  } catch {
    return false; // whoever reads it reports it
  }
}

function succeeded(answer: Message): boolean {
  try {
    return isObject(answer.rpc.result);
  } catch {
    return false;
  }
}
