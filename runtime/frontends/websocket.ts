import type { Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { RuntimeError } from "../core/errors.js";
import { printable } from "../core/log.js";
import type { HttpRequest } from "../wire/http-server.js";
import { CLOSE, frameSocket, SUBPROTOCOL } from "../wire/websocket.js";
import { refusal } from "./http-refusal.js";
import { comparable, type Mount, type Mounted, type Site } from "./web.js";
import { webSocketChannel, type WebSocketChannel } from "./websocket-channel.js";

export interface WebSocketOptions {
  /** Default `/mcp`. */
  readonly path?: string;
}

/** How long a client has to answer our goodbye, in milliseconds. */
const CLOSE_MS = 5_000;
/** The longest time that Node's timers know, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * MCP over WebSocket: each connection is one conversation of either era, each text frame one JSON-RPC message, under the sub-protocol
 * `mcp`. Who a client is, it shows in the headers of its request. A connection on which nothing is said for limits.sessionIdleMs from
 * its start ends, and any after limits.sessionMaxMs.
 */
export function webSocket({ path = "/mcp" }: WebSocketOptions = {}): Mount {
  return { kind: "websocket", path: comparable(path), start: (site) => started(site, comparable(path)) };
}

function started({ host, limits, log }: Site, path: string): Mounted {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  const channels = new Set<WebSocketChannel>();
  let draining = false;

  const converse = async (ws: WebSocket, { request, socket, principal }: Client): Promise<void> => {
    const frames = frameSocket(ws, { socket, keepAliveMs: limits.keepAliveMs, closeMs: CLOSE_MS });
    const idle = setTimeout(() => end("nothing was said on it"), Math.min(limits.sessionIdleMs, MAX_TIMER_MS));
    const channel = webSocketChannel(frames, { limits, log, onFirst: () => clearTimeout(idle) });
    const end = (why: string): void => {
      log("info", `a WebSocket of ${principal.id} is ended: ${why}`);
      void channel.leave(CLOSE.goingAway);
    };
    const old = setTimeout(() => end("it has been open for too long"), Math.min(limits.sessionMaxMs, MAX_TIMER_MS));
    channels.add(channel);
    void frames.ended.then(({ code, error }) => {
      channels.delete(channel);
      clearTimeout(idle);
      clearTimeout(old);
      if (error) log("debug", `a WebSocket broke (${code}): ${printable(error.message)}`);
    });
    if (draining) void channel.drain();
    try {
      await host.open(channel, principal, request.gone);
    } catch (error) {
      log("info", `a WebSocket of ${principal.id} is ended: ${printable(RuntimeError.from(error).text)}`);
      await channel.leave(CLOSE.tryAgainLater);
    }
  };

  return {
    paths: [path],
    methods: [],
    async upgrade(request, socket, head) {
      if (draining) throw new RuntimeError("overloaded", "the proxy is shutting down");
      const { headers } = request;
      const principal = await host.authenticate({ transport: "websocket", headers }, request.gone);
      checkProtocol(request);
      let ws: WebSocket | undefined;
      // Calls back at once, or has answered that this is no handshake.
      server.handleUpgrade(request.stream, socket, head, (one) => (ws = one));
      if (ws) await converse(ws, { request, socket, principal });
    },
    async drain() {
      draining = true;
      await Promise.all([...channels].map((one) => one.drain()));
    },
    async close() {
      draining = true;
      await Promise.all([...channels].map((one) => one.leave(CLOSE.goingAway)));
    },
  };
}

interface Client {
  readonly request: HttpRequest;
  readonly socket: Socket;
  readonly principal: { readonly id: string };
}

/** A client that offers sub-protocols offers ours. Source: RFC 6455, section 4.2.2. */
function checkProtocol(request: HttpRequest): void {
  const offered = request.headers["sec-websocket-protocol"];
  if (offered === undefined) return;
  const names = [offered].flat().flatMap((value) => value.split(",").map((name) => name.trim()));
  if (!names.includes(SUBPROTOCOL)) throw refusal(400, `the WebSocket sub-protocol here is ${SUBPROTOCOL}`);
}
