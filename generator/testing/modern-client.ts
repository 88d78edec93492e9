import { EventEmitter, once } from "node:events";
import type { Backend } from "../../runtime/core/backend.js";
import type { Channel } from "../../runtime/core/channel.js";
import { messageFromRpc, type Message, type RequestId, type Rpc } from "../../runtime/core/message.js";

export interface ModernClientOptions {
  /** Default: anonymous. */
  readonly principal?: string;
  /** `clientCapabilities` of every request. Default: none. */
  readonly capabilities?: object;
}

/** A client of the modern dialect in memory, which sees all that comes. */
export interface ModernClient {
  readonly channel: Channel;
  /** Everything that came, in order. */
  readonly heard: readonly Message[];
  /** Sends a request with the envelope, under the next id from 1. `meta` is added to it. Resolves with its response. */
  ask(method: string, params?: object, meta?: object): Promise<Rpc>;
  /** Sends a request and waits for nothing. */
  start(method: string, params?: object, meta?: object): RequestId;
  cancel(id: RequestId): void;
  /** The response to a request. */
  answer(id: RequestId): Promise<Rpc>;
  /** Resolves when as many notifications of that method have come, with their params. */
  notified(method: string, times?: number): Promise<readonly unknown[]>;
}

const P = "io.modelcontextprotocol/";

export async function modernClient(backend: Backend, options: ModernClientOptions = {}): Promise<ModernClient> {
  const { principal = "anonymous", capabilities = {} } = options;
  const channel = await backend.open(new AbortController().signal, { principal: { id: principal } });
  const heard: Message[] = [];
  const hearing = new EventEmitter();
  hearing.setMaxListeners(0);
  let next = 0;
  void (async () => {
    for await (const message of channel.incoming) {
      heard.push(message);
      hearing.emit("heard");
    }
  })().catch(() => undefined); // a client that is cut off

  const envelope = {
    [`${P}protocolVersion`]: "2026-07-28",
    [`${P}clientInfo`]: { name: "modern", version: "1" },
    [`${P}clientCapabilities`]: capabilities,
  };
  const client: ModernClient = {
    channel,
    heard,
    start(method, params = {}, meta = {}) {
      const id = ++next;
      const rpc = { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...meta, ...envelope } } };
      void channel.send(messageFromRpc(rpc));
      return id;
    },
    cancel: (requestId) =>
      void channel.send(messageFromRpc({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } })),
    async answer(id) {
      for (;;) {
        const found = heard.find((message) => message.kind === "response" && message.id === id);
        if (found) return found.rpc;
        await once(hearing, "heard");
      }
    },
    ask: (method, params, meta) => client.answer(client.start(method, params, meta)),
    async notified(method, times = 1) {
      for (;;) {
        const found = heard.filter((message) => message.method === method);
        if (found.length >= times) return found.map(({ rpc }) => rpc.params);
        await once(hearing, "heard");
      }
    },
  };
  return client;
}
