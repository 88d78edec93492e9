import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TransportKind } from "../../runtime/core/backend.js";

/** A server of `fixtures/peer.js`, not of ours, on any transport but stdio, where each client starts its own. */
export interface Peer {
  readonly address: string;
  close(): Promise<void>;
}

const PEER = fileURLToPath(new URL("../../fixtures/peer.js", import.meta.url));

export const peerArgv = (transport: TransportKind, path?: string): string[] => [
  ...[process.execPath, PEER, transport],
  ...(path === undefined ? [] : [path]),
];

/** `path` is that of a Unix socket. */
export async function startPeer(transport: Exclude<TransportKind, "stdio">, path?: string): Promise<Peer> {
  const [program = "", ...args] = peerArgv(transport, transport === "unix" ? path : undefined);
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "pipe"] });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    void gone.then(() => reject(new Error(`the peer did not listen: ${said}`)));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const found = /^listening on (\S+)$/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    address,
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}
