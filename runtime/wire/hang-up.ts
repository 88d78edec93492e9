import type { Socket } from "node:net";

/**
 * Ends a connection in order: what is written still goes out, then the other side has `lingerMs` to end its own, read away
 * meanwhile; then it is cut. Cutting at once would make the other side's system drop what it has not read yet.
 * Resolves when the socket is closed; how long the other side may take over what is written, its owner limits.
 */
export function hangUp(socket: Socket, lingerMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    let lingering: NodeJS.Timeout | undefined;
    socket.once("close", () => {
      clearTimeout(lingering);
      resolve();
    });
    const written = (): void => {
      if (!socket.closed) lingering = setTimeout(() => socket.destroy(), lingerMs);
    };
    if (socket.writableFinished) written();
    else socket.once("finish", written);
    socket.end();
    socket.resume();
  });
}
