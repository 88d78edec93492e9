import { startRoll } from "./roll.js";

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
  const { port, sockets, come, allGone, close } = await startRoll();
  return {
    env: { FIXTURE_CONTROL: String(port) },
    send(line) {
      for (const socket of sockets) socket.write(`${line}\n`);
    },
    ...{ come, allGone, close },
  };
}
