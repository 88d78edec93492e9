import type { ServerSpec } from "../ir/spec.js";
import type { Invocation } from "./commands.js";
import { notLocked } from "./lock-refusal.js";
import type { LockSession } from "./lock.js";
import { readServer } from "./read-server.js";
import type { Server } from "./target.js";

/** How a contract is got where it is not `--offline`: by `readServer`, unless somebody watches the server already. */
export type ReadServer = (
  server: Server,
  invocation: Invocation,
  options: { readonly fresh: boolean },
) => Promise<ServerSpec>;

/**
 * The whole contract of a server in the form of the lock, and the name under which the lock keeps it. `--offline` takes it from there;
 * `--locked`, `--update` and `--check` want the server's own word, not that of the cache.
 */
export async function settledServer(
  server: Server,
  invocation: Invocation,
  { session, read = readServer }: { readonly session: LockSession; readonly read?: ReadServer },
): Promise<{ readonly name: string; readonly spec: ServerSpec }> {
  const { flags } = invocation;
  if (flags.flag("offline")) {
    const { servers, shown, isThere } = session;
    const name = server.name ?? (servers.length === 1 ? servers[0] : undefined);
    if (name === undefined) throw notLocked(name, { shown, isThere, servers });
    return { name, spec: session.offlineSpec(name) };
  }
  const fresh = ["check", "locked", "update"].some((flag) => flags.flag(flag));
  const spec = await read(server, invocation, { fresh });
  const name = server.name ?? spec.server.name;
  return { name, spec: session.settle(name, spec) };
}
