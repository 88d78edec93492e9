import type { ServerResponse } from "node:http";

/** After the client has ended its side, in milliseconds. The first write to a client that is gone is refused, the next one shows it. */
const PROBES_MS: readonly number[] = [25, 50, 250, 1_000, 4_000];

/**
 * Finds out whether a client that has ended its side of the connection has closed it or still reads, as `nc -N` does: both look alike
 * until something is written. Calls `probe`, which is to write, until the response is over.
 */
export function watchPresence(response: ServerResponse, probe: () => void): void {
  const { socket } = response;
  let timers: readonly NodeJS.Timeout[] = [];
  const onEnd = (): void => void (timers = PROBES_MS.map((ms) => setTimeout(probe, ms)));
  if (!socket || response.destroyed) return;
  if (socket.readableEnded) onEnd();
  else socket.once("end", onEnd);
  response.once("close", () => {
    socket.off("end", onEnd);
    for (const timer of timers) clearTimeout(timer);
  });
}
