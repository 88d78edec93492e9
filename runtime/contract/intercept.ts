import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import type { Message } from "../core/message.js";

/** Both ends of an intercepted channel, for messages of the interceptor's own. Each rejects with `closed` after the end. */
export interface Ends {
  toServer(message: Message): Promise<void>;
  toClient(message: Message): Promise<void>;
}

/** What stands between the client and the server of one channel. A message returned as it came keeps its bytes. */
export interface Interceptor {
  /** Returns what goes on to the server, or `undefined` where it has been dealt with. Later messages wait for it. */
  fromClient?(message: Message): Message | undefined | Promise<Message | undefined>;
  /** Returns what goes on to the client, or `undefined` where it has been dealt with. Later messages wait for it. */
  fromServer?(message: Message): Message | undefined | Promise<Message | undefined>;
  /** The server's side is over; nothing more will come. Must not throw. */
  ended?(reason: RuntimeError): void;
}

/** The backend, each of whose channels has an interceptor of its own. */
export function intercepted(backend: Backend, start: (ends: Ends) => Interceptor): Backend {
  return {
    kind: backend.kind,
    async open(signal, client) {
      return interceptedChannel(await backend.open(signal, client), start);
    },
  };
}

export function interceptedChannel(channel: Channel, start: (ends: Ends) => Interceptor): Channel {
  const toClient = new MessageQueue();
  const interceptor = start({
    toServer: async (message) => channel.send(message),
    toClient: async (message) => toClient.push(message),
  });

  const pump = async (): Promise<void> => {
    let failure: RuntimeError | undefined;
    try {
      for await (const message of channel.incoming) {
        const passed = interceptor.fromServer ? await interceptor.fromServer(message) : message;
        if (passed) await toClient.push(passed);
      }
    } catch (error) {
      failure = RuntimeError.from(error);
    }
    interceptor.ended?.(failure ?? new RuntimeError("closed", "the server closed the connection"));
    toClient.end(failure);
  };
  void pump();

  return {
    incoming: toClient,
    async send(message) {
      const passed = interceptor.fromClient ? await interceptor.fromClient(message) : message;
      if (passed) await channel.send(passed);
    },
    async close(reason) {
      toClient.end();
      await channel.close(reason);
    },
  };
}
