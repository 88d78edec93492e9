import { printable } from "../../runtime/core/log.js";
import { GeneratorError } from "../errors.js";
import { changeLines } from "./lock-change.js";
import type { LockChange } from "./lock.js";

/** --locked, and the lock would not stay as it is. */
export function drift({ shown, action, servers }: LockChange): GeneratorError {
  const lines = servers.flatMap(changeLines);
  return action === "created"
    ? new GeneratorError("drift", `${shown} is missing`, {
        why: "with --locked it must be there, and it is never written",
        hint: "run mcpgen generate without --locked, and commit it",
      })
    : new GeneratorError("drift", `${shown} would change: ${lines.join("; ")}`, {
        why: "with --locked nothing may differ from what it says; nothing was written",
        hint: "look at mcpgen diff, then run mcpgen generate without --locked and commit the lock",
      });
}

/** Two runs at the same time on the same server: what one settled, the other has not seen. */
export function clash(server: string, shown: string): GeneratorError {
  return new GeneratorError("output", `${shown} was changed by another run, and so was "${printable(server)}" in it`, {
    why: "names that the other run gave could be given twice",
    hint: "run it again",
  });
}

/** --offline, or a lock given as --spec, and no such server in it. */
export function notLocked(
  server: string | undefined,
  {
    shown,
    isThere,
    servers,
  }: { readonly shown: string; readonly isThere: boolean; readonly servers: readonly string[] },
): GeneratorError {
  if (!isThere)
    return new GeneratorError("usage", `there is no ${shown}`, {
      why: "offline, everything comes from the lock",
      hint: "run mcpgen generate once without --offline, or name the lock with --lock FILE",
    });
  const names = servers.map((name) => printable(name, 80)).join(", ");
  const why = servers.length === 0 ? "it holds no server" : `it holds ${names}`;
  if (server === undefined)
    return new GeneratorError("usage", `${shown} holds ${servers.length} servers`, {
      why,
      hint: "choose one with --name SERVER",
    });
  return new GeneratorError("usage", `the server "${printable(server)}" is not in ${shown}`, {
    why,
    hint: "run mcpgen generate once without --offline, or choose another with --name SERVER",
  });
}
