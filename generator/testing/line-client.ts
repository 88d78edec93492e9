import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Rpc } from "../../runtime/core/message.js";

/** A client of a line transport that knows nothing of MCP. */
export interface LineClient {
  readonly socket: Socket;
  /** All lines so far, parsed. */
  readonly got: readonly Rpc[];
  /** The first message, past or to come, that satisfies. Rejects when the server ends its side first. */
  next(wanted: (rpc: Rpc) => boolean): Promise<Rpc>;
  answer(id: unknown): Promise<Rpc>;
  /** The server has ended its side, or the connection broke. */
  readonly ended: Promise<void>;
}

/** Connected, or as connected by the caller. Nothing is read that is not JSON, line by line. */
export async function lineClient(to: NetConnectOpts | Socket): Promise<LineClient> {
  const socket = "write" in to ? to : connect({ ...to, allowHalfOpen: true });
  if (!("write" in to)) await once(socket, "connect");
  const got: Rpc[] = [];
  let over = false;
  let changed: () => void = () => undefined;
  let change = new Promise<void>((resolve) => (changed = resolve));
  const tell = (): void => {
    changed();
    change = new Promise((resolve) => (changed = resolve));
  };
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      over = true;
      tell();
      resolve();
    };
    socket.on("end", end).on("close", end);
  });
  let rest = "";
  socket.on("error", () => undefined); // shows as the end
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    got.push(...lines.map((line) => JSON.parse(line) as Rpc));
    tell();
  });
  const next = async (wanted: (rpc: Rpc) => boolean): Promise<Rpc> => {
    for (;;) {
      const found = got.find(wanted);
      if (found) return found;
      if (over) throw new Error(`the connection has ended after ${JSON.stringify(got).slice(0, 500)}`);
      await change;
    }
  };
  return { socket, got, next, answer: (id) => next((rpc) => rpc.id === id && rpc.method === undefined), ended };
}

/** A request as one line. */
export const requestLine = (id: unknown, method: string, params: unknown = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
