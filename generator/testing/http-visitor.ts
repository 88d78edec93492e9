import type { Rpc } from "../../runtime/core/message.js";
import { ask, type Answer, type PeerEvent } from "./http-peer.js";
import { scripted, type Peer, type Script, type ScriptedBackend } from "./scripted.js";

/** A server that does what the requests say, and whose side the test can speak for. */
export interface Stage extends ScriptedBackend {
  /** The server's side of the newest channel. */
  peer(): Peer;
}

export function stage(more: Script = {}): Stage {
  let peer: Peer | undefined;
  const backend = scripted({
    initialize: (rpc, its) => {
      peer = its;
      const { protocolVersion } = rpc.params as { protocolVersion: string };
      return { result: { protocolVersion, capabilities: {}, serverInfo: { name: "stage", version: "1" } } };
    },
    echo: (rpc) => ({ result: { params: rpc.params } }),
    wait: "silence",
    log: (rpc, its) => {
      its.send(LOGGED);
      return { result: { after: rpc.id } };
    },
    ...more,
  });
  return {
    ...backend,
    peer() {
      if (!peer) throw new Error("no session has been initialized");
      return peer;
    },
  };
}

export const LOGGED = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } };
export const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
export const request = (id: string | number, method: string, params: unknown = {}): Rpc => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

export interface Visitor {
  readonly id: string;
  post(body: unknown): Promise<Answer>;
  get(lastEventId?: string): Promise<Answer>;
  remove(): Promise<Answer>;
}

export async function visit(url: string, version = "2025-11-25", more: Record<string, string> = {}): Promise<Visitor> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const answer = await ask(url, { body: request("hello", "initialize", params), headers: more });
  const hello = await answer.text();
  const id = String(answer.headers["mcp-session-id"]);
  const headers = { "mcp-session-id": id, "mcp-protocol-version": version, ...more };
  const post = (body: unknown): Promise<Answer> => ask(url, { body, headers });
  const { status } = await post(INITIALIZED);
  if (answer.status !== 200 || status !== 202) throw new Error(`no session: ${answer.status} ${hello}, then ${status}`);
  return {
    id,
    post,
    get: (lastEventId) =>
      ask(url, {
        method: "GET",
        headers: {
          ...headers,
          accept: "text/event-stream",
          ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
        },
      }),
    remove: () => ask(url, { method: "DELETE", headers }),
  };
}

/** The next events that carry data, skipping those that only carry an id. */
export async function take(answer: Answer, count: number): Promise<PeerEvent[]> {
  const events: PeerEvent[] = [];
  while (events.length < count) {
    const event = await answer.event();
    if (!event) throw new Error(`the stream ended after ${events.length} of ${count} events`);
    if (event.rpc !== undefined) events.push(event);
  }
  return events;
}

export const rpcs = (events: readonly PeerEvent[]): unknown[] => events.map((event) => event.rpc);
