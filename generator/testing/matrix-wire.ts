import { connect, type Socket } from "node:net";
import type { PassThrough } from "node:stream";
import WebSocket from "ws";

/** A client's connection as texts: what goes out and comes in is not looked at. No code of ours is between. */
export interface Wire {
  send(text: string): Promise<void>;
  /** Called for each message that comes, in order. Set before the first send. */
  onText: (text: string) => void;
  /** In order, as a client that is done. */
  close(): Promise<void>;
  /** As a client whose machine is gone. */
  kill(): void;
}

const nobody = (): void => undefined;

function linesOf(wire: Wire): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) wire.onText(line);
  };
}

export function stdioWire(input: PassThrough, output: PassThrough): Wire {
  const wire: Wire = {
    onText: nobody,
    send: (text) => new Promise((resolve) => input.write(`${text}\n`, () => resolve())),
    close: () => new Promise((resolve) => void input.end(resolve)),
    kill() {
      input.destroy();
      output.destroy();
    },
  };
  output.setEncoding("utf8").on("data", linesOf(wire));
  return wire;
}

/** `tcp://host:port` or `unix:path`. */
export async function socketWire(address: string): Promise<Wire> {
  const unix = /^unix:(.*)$/.exec(address)?.[1];
  const url = unix === undefined ? new URL(address.replace(/^tcp:/, "http:")) : undefined;
  const socket: Socket = url ? connect(Number(url.port), url.hostname) : connect(unix ?? "");
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const wire: Wire = {
    onText: nobody,
    send: (text) => new Promise((resolve) => socket.write(`${text}\n`, () => resolve())),
    close: () => new Promise((resolve) => void socket.once("close", () => resolve()).end()),
    kill() {
      if (url) socket.resetAndDestroy();
      else socket.destroy();
    },
  };
  socket.setEncoding("utf8").on("data", linesOf(wire)).on("error", nobody);
  return wire;
}

export async function webSocketWire(address: string): Promise<Wire> {
  const socket = new WebSocket(address, "mcp", { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const wire: Wire = {
    onText: nobody,
    send: (text) => new Promise((resolve) => socket.send(text, () => resolve())),
    close: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve());
        socket.close();
      }),
    kill: () => socket.terminate(),
  };
  socket.on("message", (data: Buffer) => wire.onText(data.toString())).on("error", nobody);
  return wire;
}
