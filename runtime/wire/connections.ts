import { isIPv4 } from "node:net";

/** Of a socket. */
export interface Addressed {
  readonly remoteAddress?: string | undefined;
  once(event: "close", listener: () => void): unknown;
}

/**
 * Counts open connections by the address that they come from. `true`: this one is within `max`, and counted until it closes.
 * Loopback is not counted: there a reverse proxy may stand, which brings everybody's connections from one address.
 */
export function addressLimit(max: number): (socket: Addressed) => boolean {
  const counts = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
    if (isLoopback(address)) return true;
    const count = counts.get(address) ?? 0;
    if (count >= max) return false;
    counts.set(address, count + 1);
    socket.once("close", () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
    return true;
  };
}

const isLoopback = (address: string): boolean => address === "::1" || (isIPv4(address) && address.startsWith("127."));
