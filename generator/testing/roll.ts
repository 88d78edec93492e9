import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** Knows which processes are alive: each holds a socket open from its first line to its end. */
export interface Roll {
  /** Where processes report, on 127.0.0.1. */
  readonly port: number;
  /** Of those that are alive. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves when as many have come, those included that are gone. */
  readonly come: (count: number) => Promise<void>;
  /** Processes that have come so far. */
  readonly count: () => number;
  /** Resolves when none is alive. */
  readonly allGone: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startRoll(): Promise<Roll> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on("error", () => undefined); // a killed process resets it
    socket.resume().once("close", () => {
      sockets.delete(socket);
      server.emit("gone");
    });
    server.emit("come");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    sockets,
    async come(wanted) {
      while (count < wanted) await once(server, "come");
    },
    count: () => count,
    async allGone() {
      while (sockets.size > 0) await once(server, "gone");
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
