import { once } from "node:events";
import { WebSocket, type ClientOptions } from "ws";
import type { Rpc } from "../../runtime/core/message.js";

/** A client's side of a WebSocket, its messages parsed. */
export interface WebSocketPeer {
  readonly ws: WebSocket;
  send(rpc: unknown): void;
  /** The next message. Throws how the connection ended, if it does so first: `closed 1001`. */
  next(): Promise<Rpc>;
  /** The close code. */
  readonly closed: Promise<number>;
}

/** The status with which the upgrade was refused, for `rejects`. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, unknown>>,
    readonly body: string,
  ) {
    super(`HTTP ${status}`);
  }
}

export interface DialOptions extends ClientOptions {
  /** Default `mcp`; empty for none. */
  readonly protocols?: readonly string[];
}

/** Connects as a client of MCP does. Throws Refused. */
export async function dial(url: string, { protocols = ["mcp"], ...options }: DialOptions = {}): Promise<WebSocketPeer> {
  const ws = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options });
  const messages: Rpc[] = [];
  let wake: () => void = () => undefined;
  ws.on("message", (data) => {
    messages.push(JSON.parse((data as Buffer).toString()) as Rpc);
    wake();
  });
  ws.on("error", () => undefined); // shows in `closed`
  let code: number | undefined;
  const closed = new Promise<number>((resolve) =>
    ws.once("close", (given) => {
      code = given;
      wake();
      resolve(given);
    }),
  );
  const refused = new Promise<never>((_, reject) =>
    ws.once("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.once("end", () => reject(new Refused(response.statusCode ?? 0, response.headers, body)));
    }),
  );
  refused.catch(() => undefined); // one of the two is awaited
  await Promise.race([once(ws, "open"), refused]);
  return {
    ws,
    closed,
    send: (rpc) => ws.send(typeof rpc === "string" ? rpc : JSON.stringify(rpc)),
    async next() {
      while (messages.length === 0) {
        if (code !== undefined) throw new Error(`closed ${code}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return messages.shift() as Rpc;
    },
  };
}

/** One frame as a client sends it, masked with zeros. Source: RFC 6455, section 5.2. */
export function frame(opcode: number, payload: Uint8Array | string, { fin = true } = {}): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (body.length < 126) head[1] = 0x80 | body.length;
  else if (body.length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

/** The head of a request for a WebSocket, with what else it should hold. */
export const handshake = (path: string, headers: string): string =>
  `GET ${path} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
