import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, vi } from "vitest";

/** What this process had when the check began. */
export interface LeakCheck {
  /** Fails if there is more now: child processes, zombies, sockets and other handles, temporary files of ours. Waits a moment for what is on its way out. */
  expectNone(): Promise<void>;
}

interface Holdings {
  readonly children: readonly string[];
  readonly handles: Readonly<Record<string, number>>;
  readonly files: readonly string[];
}

/** Timers are what a test runner has, and what unref'd work waits on: neither keeps anything open. */
const IGNORED = new Set(["Timeout", "Immediate", "FSReqPromise", "FSReqCallback", "TickObject"]);
const SETTLE_MS = 5_000;

/** `TMPDIR` must be a folder of the test's own: others write to the system's at the same time. */
export async function leaks(): Promise<LeakCheck> {
  const before = await holdings();
  return {
    expectNone: () =>
      vi.waitFor(
        async () => {
          const now = await holdings();
          expect({
            children: now.children.filter((one) => !before.children.includes(one)),
            handles: Object.entries(now.handles).filter(([kind, count]) => count > (before.handles[kind] ?? 0)),
            files: now.files.filter((one) => !before.files.includes(one)),
          }).toEqual({ children: [], handles: [], files: [] });
        },
        { timeout: SETTLE_MS, interval: 25 },
      ),
  };
}

async function holdings(): Promise<Holdings> {
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (!IGNORED.has(kind)) handles[kind] = (handles[kind] ?? 0) + 1;
  const files = await readdir(tmpdir());
  return { children: await descendants(), handles, files };
}

/** Processes below this one, zombies included: those of test workers beside us are not below us. */
async function descendants(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const parents = new Map<string, string>();
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1");
      parents.set(pid, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "");
    } catch {
      // gone meanwhile
    }
  }
  const below = (pid: string): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === String(process.pid) || below(parent));
  };
  return [...parents.keys()].filter(below).sort();
}
