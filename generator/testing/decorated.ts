import type { Backend } from "../../runtime/core/backend.js";
import { pipe, type Channel } from "../../runtime/core/channel.js";
import { messageFromRpc, type Message, type Rpc } from "../../runtime/core/message.js";

/** What a server in memory answers, if anything. It may say more by itself. */
export type Answer = (message: Message, server: Channel) => Rpc | Message | undefined;

/** Both sides of one channel of a decorated backend: a server that keeps what it got, and a client that reads one message after the other. */
export interface Decorated {
  readonly received: readonly Message[];
  readonly server: Channel;
  send(rpc: Rpc): Promise<void> | void;
  sendMessage(message: Message): Promise<void> | void;
  next(): Promise<Message>;
  /** Sends, and returns what comes next. */
  ask(rpc: Rpc): Promise<Rpc>;
  close(): Promise<void>;
}

export async function decorated(wrap: (backend: Backend) => Backend, answer: Answer): Promise<Decorated> {
  const [near, server] = pipe();
  const received: Message[] = [];
  const done = (async () => {
    for await (const message of server.incoming) {
      received.push(message);
      const reply = answer(message, server);
      if (reply) await server.send("kind" in reply ? (reply as Message) : messageFromRpc(reply));
    }
  })();
  const channel = await wrap({ kind: "stdio", open: () => Promise.resolve(near) }).open(new AbortController().signal);
  const incoming = channel.incoming[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const result = await incoming.next();
    if (result.done) throw new Error("the channel is over");
    return result.value;
  };
  return {
    received,
    server,
    send: (rpc) => channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc })),
    sendMessage: (message) => channel.send(message),
    next,
    async ask(rpc) {
      await channel.send(messageFromRpc({ jsonrpc: "2.0", ...rpc }));
      return (await next()).rpc;
    },
    async close() {
      await channel.close();
      await done;
    },
  };
}
