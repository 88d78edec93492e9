import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** Commands fixtures that were started with FIXTURE_CONTROL, and knows which of them are alive. */
export interface Control {
  /** For their environment. */
  readonly env: { readonly FIXTURE_CONTROL: string };
  /** To all that are alive: `drift`, `restore`, `say 50`, `exit`. */
  send(line: string): void;
  /** Resolves when as many have come, those included that are gone. */
  come(count: number): Promise<void>;
  /** Resolves when none is alive. */
  allGone(): Promise<void>;
  close(): Promise<void>;
}

export async function startControl(): Promise<Control> {
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
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    env: { FIXTURE_CONTROL: String(port) },
    send(line) {
      for (const socket of sockets) socket.write(`${line}\n`);
    },
    async come(wanted) {
      while (count < wanted) await once(server, "come");
    },
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
