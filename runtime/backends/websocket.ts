import https from "node:https";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { Backend } from "../core/backend.js";
import { MessageQueue, type Channel } from "../core/channel.js";
import { RuntimeError } from "../core/errors.js";
import { limitsOf, type Limits } from "../core/limits.js";
import { silent, type Log } from "../core/log.js";
import { bytesOf } from "../core/message.js";
import { deadline, orAborted } from "../core/signals.js";
import { checkedHeaders, hostOf, serverUrl, shownUrl } from "../wire/http-client.js";
import { clientTls, type TlsClient } from "../wire/tls.js";
import { CLOSE, frameSocket, SUBPROTOCOL, type FrameSocket } from "../wire/websocket.js";
import { lineReader } from "./line-reader.js";
import { endOf, failedHandshake, refusedUpgrade } from "./websocket-failure.js";

export interface WebSocketBackendOptions {
  /** ws or wss, without credentials. */
  readonly url: string;
  /** Sent with the opening request. Those of the protocol itself win over them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Counts for wss only. */
  readonly tls?: TlsClient | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly log?: Log | undefined;
}

/**
 * An MCP server over WebSocket, sub-protocol `mcp`, one JSON-RPC message in each text frame. Each open() makes its own connection.
 * No redirect is followed. Throws RuntimeError `config` on a URL, a header or TLS material that cannot be used.
 */
export function websocketBackend(options: WebSocketBackendOptions): Backend {
  const { log = silent } = options;
  const limits = limitsOf(options.limits);
  const url = serverUrl(options.url, ["ws", "wss"]);
  url.hash = "";
  const headers = checkedHeaders(options.headers ?? {});
  const tls = options.tls && url.protocol === "wss:" ? clientTls(options.tls, hostOf(url)) : undefined;
  return {
    kind: "websocket",
    async open(signal) {
      const limit = deadline(shownUrl(url), limits.connectTimeoutMs, signal);
      const ws = new WebSocket(url, SUBPROTOCOL, {
        headers,
        perMessageDeflate: false,
        maxPayload: limits.maxMessageBytes,
        ...(tls && { agent: new https.Agent(tls) }),
      });
      try {
        return channelOf(await orAborted(opened(ws, url, limits), limit.signal), { url, limits, log });
      } catch (error) {
        ws.terminate();
        throw error;
      } finally {
        limit.done();
      }
    },
  };
}

function opened(ws: WebSocket, url: URL, { keepAliveMs, killAfterMs }: Limits): Promise<FrameSocket> {
  return new Promise((resolve, reject) => {
    let socket: Socket | undefined;
    ws.on("error", (error) => reject(failedHandshake(url, error)));
    ws.once("unexpected-response", (request, response) => {
      reject(refusedUpgrade(url, response));
      request.destroy();
    });
    ws.once("upgrade", (response) => (socket = response.socket));
    // At once: a message may come with the answer to the handshake.
    ws.once("open", () => {
      if (socket) resolve(frameSocket(ws, { socket, keepAliveMs, closeMs: killAfterMs }));
    });
  });
}

interface ChannelOptions {
  readonly url: URL;
  readonly limits: Limits;
  readonly log: Log;
}

function channelOf(socket: FrameSocket, { url, limits, log }: ChannelOptions): Channel {
  const name = shownUrl(url);
  const queue = new MessageQueue();
  let closing: Promise<void> | undefined;

  const failure = async (): Promise<RuntimeError> =>
    closing
      ? new RuntimeError("closed", `the channel to ${name} is closed`)
      : endOf(url, await socket.ended, limits.maxMessageBytes);

  const receive = async (): Promise<void> => {
    const read = lineReader(name, log, "a server must send nothing but messages, one in each text frame");
    // What a binary frame holds is looked at all the same: some servers mean text.
    for await (const { bytes } of socket.frames)
      for (const message of read({ bytes: [bytes] })) if (!queue.ended) await queue.push(message);
    queue.end(closing ? undefined : await failure());
  };
  void receive();

  const close = async (reason: unknown): Promise<void> => {
    if (reason !== undefined) log("debug", `closing ${name}`, { reason });
    queue.end();
    await socket.close(CLOSE.normal);
  };

  return {
    incoming: queue,
    async send(message) {
      if (closing) throw await failure();
      try {
        await socket.send(bytesOf(message));
      } catch {
        throw await failure(); // which says how the connection ended
      }
    },
    close: (reason) => (closing ??= close(reason)),
  };
}
