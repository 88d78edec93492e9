import { readdirSync, readFileSync } from "node:fs";
import { sleep } from "../core/signals.js";

/** A child started with `detached: true`, with everything it has started in turn. */
export interface ProcessGroup {
  /** Ends all members that still live: SIGTERM, after `killAfterMs` SIGKILL. Resolves when none is left. Never throws. */
  end(killAfterMs: number): Promise<void>;
}

/** What SIGKILL has been sent to is dead; this long we wait to see it gone. */
const AFTER_KILL_MS = 1_000;

/** Groups to take along should this process end first. A killed process runs no handlers: that case is the child's, by the end of its stdin. */
const living = new Set<number>();

function killLiving(): void {
  for (const pgid of living) signalGroup(pgid, "SIGKILL");
}

/** Watches over the group led by `pid` until `end` has been called. */
export function processGroup(pid: number): ProcessGroup {
  if (living.size === 0) process.on("exit", killLiving);
  living.add(pid);
  let ending: Promise<void> | undefined;

  const end = async (killAfterMs: number): Promise<void> => {
    if (hasMembers(pid)) {
      signalGroup(pid, "SIGTERM");
      if (!(await emptied(pid, killAfterMs))) {
        signalGroup(pid, "SIGKILL");
        await emptied(pid, AFTER_KILL_MS);
      }
    }
    // From here on the number may belong to somebody else.
    living.delete(pid);
    if (living.size === 0) process.off("exit", killLiving);
  };
  return { end: (killAfterMs) => (ending ??= end(killAfterMs)) };
}

async function emptied(pgid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 100)) {
    if (!hasMembers(pgid)) return true;
    const leftMs = until - performance.now();
    if (leftMs <= 0) return false;
    await sleep(Math.min(pauseMs, leftMs));
  }
}

/** Windows has no groups: there the child alone is signalled. */
const target = (pgid: number): number => (process.platform === "win32" ? pgid : -pgid);

function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target(pgid), signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // ESRCH: nobody left
  }
}

function hasMembers(pgid: number): boolean {
  if (!signalGroup(pgid, 0)) return false;
  return process.platform !== "linux" || !onlyZombies(pgid);
}

/** A zombie takes signals and never goes where PID 1 does not reap, as in many containers: it must not be waited for. */
function onlyZombies(pgid: number): boolean {
  try {
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const [state, , group] = statOf(name);
      if (Number(group) === pgid && state !== "Z" && state !== "X") return false;
    }
    return true;
  } catch {
    return false; // no /proc to ask: take the kernel's first answer
  }
}

/** State, parent and group of a process. Source: proc_pid_stat(5). */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
  } catch {
    return []; // gone meanwhile
  }
}
