import { EventEmitter, once } from "node:events";
import type { Backend, TransportKind } from "../../runtime/core/backend.js";
import { pipe, type Channel } from "../../runtime/core/channel.js";
import type { RuntimeError } from "../../runtime/core/errors.js";
import { failureResponse, messageFromRpc, type Rpc } from "../../runtime/core/message.js";

/** What a scripted server does when it is asked: answers, fails, says nothing, or hangs up. */
export type Reply =
  | { readonly result: unknown }
  | { readonly error: unknown; readonly id?: null }
  | { readonly failure: RuntimeError }
  | "silence"
  | "hang up";

/** By method. Requests without an entry are answered -32601; notifications without one are ignored. */
export type Script = Readonly<Record<string, Reply | ((rpc: Rpc, peer: Peer) => Reply | undefined)>>;

/** The server's side, for what it says of its own accord. */
export interface Peer {
  send(rpc: Rpc): void;
}

export interface ScriptedBackend extends Backend {
  /** Every message of the client, in order, over all channels: `1 initialize`, the number being that of the channel. */
  readonly heard: readonly string[];
  /** The same messages, whole. */
  readonly messages: readonly Rpc[];
  /** Resolves when a message has been heard as many times, in the words of `heard`. */
  untilHeard(message: string, times?: number): Promise<void>;
  /** Channels that the client has not closed. */
  stillOpen(): number;
}

/** A server in memory that misbehaves by script: one script for each time it is opened, the last one for all later. */
export function scripted(scripts: Script | readonly Script[], kind: TransportKind = "stdio"): ScriptedBackend {
  const all: readonly Script[] = Array.isArray(scripts) ? (scripts as readonly Script[]) : [scripts as Script];
  const heard: string[] = [];
  const messages: Rpc[] = [];
  const hearing = new EventEmitter();
  let opened = 0;
  let closed = 0;
  return {
    kind,
    heard,
    messages,
    async untilHeard(message, times = 1) {
      while (heard.filter((one) => one === message).length < times) await once(hearing, "heard");
    },
    stillOpen: () => opened - closed,
    open() {
      const script = all[Math.min(opened, all.length - 1)] ?? {};
      const number = ++opened;
      const [near, far] = pipe();
      void serve(script, far, (rpc) => {
        heard.push(`${number} ${rpc.method ?? (rpc.error ? "(error)" : "(result)")}`);
        messages.push(rpc);
        hearing.emit("heard");
      });
      let isClosed = false;
      const close = async (): Promise<void> => {
        if (!isClosed) closed++;
        isClosed = true;
        await near.close();
      };
      return Promise.resolve({ ...near, close });
    },
  };
}

async function serve(script: Script, channel: Channel, hear: (rpc: Rpc) => void): Promise<void> {
  const peer: Peer = { send: (rpc) => void channel.send(messageFromRpc(rpc)) };
  for await (const { rpc, id, method, kind } of channel.incoming) {
    hear(rpc);
    if (method === undefined) continue;
    const entry = script[method];
    const reply = typeof entry === "function" ? entry(rpc, peer) : entry;
    if (reply === "hang up") return channel.close();
    if (reply === "silence" || kind !== "request" || id === undefined) continue;
    if (reply === undefined) peer.send({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
    else if ("failure" in reply) void channel.send(failureResponse(id, reply.failure));
    else peer.send({ jsonrpc: "2.0", id, ...reply } as Rpc);
  }
}

export const INITIALIZED: Reply = {
  result: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "scripted", version: "1" },
  },
};

export const DISCOVERED: Reply = {
  result: {
    resultType: "complete",
    supportedVersions: ["2026-07-28", "2025-11-25"],
    capabilities: { tools: {} },
    instructions: "hello",
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "scripted", version: "2" } },
  },
};
