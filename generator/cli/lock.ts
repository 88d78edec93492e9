import { dirname, relative, resolve, sep } from "node:path";
import { shownFrom } from "../config/load.js";
import { GeneratorError } from "../errors.js";
import { NOTHING_SETTLED, openLock, type LockBook, type Settled } from "../ir/lock.js";
import {
  lockedSpec,
  lockServer,
  parseLock,
  printLock,
  settleContract,
  type LockedFilter,
  type LockedServer,
  type LockFile,
} from "../ir/lock-file.js";
import { problemOf } from "../ir/lock-settled.js";
import { itemKeys } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";
import { prepareFolderOf, writeFileWhole } from "../output/file.js";
import type { Invocation } from "./commands.js";
import { checkLockFlags } from "./lock-flags.js";
import { contractChanges, type ContractChange } from "./lock-change.js";
import { readLock } from "./lock-read.js";
import { clash, drift, notLocked } from "./lock-refusal.js";

/** What a run does, or would do, to the lock. */
export interface LockChange {
  /** As the user would write it. */
  readonly shown: string;
  readonly action: "created" | "changed" | "unchanged";
  /** Canonical texts. No `before` where there is no file. */
  readonly before?: string;
  readonly after: string;
  /** Of the servers of this run that are not as they were, and of new ones. */
  readonly servers: readonly ContractChange[];
}

/** mcpgen.lock during one run. A server takes part in it once it is settled; the entries of all others stay as they are. */
export interface LockSession {
  /** Absolute. */
  readonly path: string;
  /** As the user would write it. */
  readonly shown: string;
  /** Whether there was a file when the run began. */
  readonly isThere: boolean;
  /** Servers that it held then. */
  readonly servers: readonly string[];
  has(server: string): boolean;
  /** The contract as locked, settled with that. Throws GeneratorError `usage` where the server is not in the lock. */
  offlineSpec(server: string): ServerSpec;
  /** The whole contract of a server as it is now, in the form in which the lock will give it back. */
  settle(server: string, spec: ServerSpec): ServerSpec;
  /** Names and numbers of a server, one book for all its outputs. */
  book(server: string): LockBook;
  /** Globs that were given by flags when this folder (absolute) was last generated. */
  filter(server: string, out: string): LockedFilter | undefined;
  /** Keeps globs for a folder; both empty: forgets them. */
  keepFilter(server: string, out: string, filter: LockedFilter): void;
  /** What `save` would do. */
  check(): LockChange;
  /**
   * For the moment before outputs are written: what `save` will do. Throws GeneratorError `output` where it could not, and `drift` where with
   * --locked it must not.
   */
  guard(): Promise<LockChange>;
  /** Writes the lock, complete or not at all, if what it says is not what it said. `guarded` is what `guard` gave. */
  save(guarded?: LockChange): Promise<LockChange>;
}

interface Part {
  spec?: ServerSpec;
  book?: LockBook;
  readonly filters: Map<string, LockedFilter>;
}

/**
 * Opens `--lock FILE`, else mcpgen.lock in `folder` (that of the config file, or where the user is). No file is an empty lock. Reads the
 * flags `locked` and `update`. Throws GeneratorError `usage` on flags that contradict each other, `lock` on a file that is damaged.
 */
export async function openLockSession(
  { flags, cwd }: Invocation,
  { folder }: { readonly folder: string },
): Promise<LockSession> {
  checkLockFlags(flags);
  const path = resolve(cwd, flags.text("lock") ?? resolve(folder, "mcpgen.lock"));
  const shown = shownFrom(cwd, path);
  const text = await readLock(path, shown);
  const lock = text === undefined ? undefined : parseLock(text, shown);
  const before = new Map(Object.entries(lock?.servers ?? {}));
  const update = flags.flag("update");
  const parts = new Map<string, Part>();

  const partOf = (server: string): Part => {
    const part = parts.get(server) ?? { filters: new Map(Object.entries(before.get(server)?.filters ?? {})) };
    parts.set(server, part);
    return part;
  };
  const keyOf = (out: string): string => relative(dirname(path), out).split(sep).join("/") || ".";
  const entryOf = (server: string, { spec, book, filters }: Part): LockedServer => {
    if (!spec) throw new GeneratorError("internal", `the contract of ${server} was not settled`);
    const items = itemKeys(spec);
    const old = before.get(server) ?? NOTHING_SETTLED;
    const fresh = (book ?? openLock(old)).settled(items);
    // What was not generated this time keeps its names.
    const settled = update ? openLock({ ...fresh, names: { ...old.names, ...fresh.names } }).settled(items) : fresh;
    checkNames(settled, server);
    return lockServer(spec, settled, Object.fromEntries(filters));
  };
  const entries = (): Map<string, LockedServer> =>
    new Map([...parts].flatMap(([server, part]) => (part.spec ? [[server, entryOf(server, part)]] : [])));
  const changeOf = (base: LockFile | undefined, baseText: string | undefined): LockChange => {
    const now = entries();
    const after = printLock(lockOf([...Object.entries(base?.servers ?? {}), ...now]));
    const canonical = base && baseText !== after ? printLock(base) : baseText;
    const action = canonical === undefined ? "created" : canonical === after ? "unchanged" : "changed";
    const servers =
      action === "unchanged" ? [] : [...now].flatMap(([name, entry]) => contractChanges(name, before.get(name), entry));
    return { shown, action, ...(canonical !== undefined && { before: canonical }), after, servers };
  };

  const session: LockSession = {
    path,
    shown,
    isThere: lock !== undefined,
    servers: [...before.keys()],
    has: (server) => before.has(server),
    offlineSpec(server) {
      const entry = before.get(server);
      if (!entry) throw notLocked(server, { shown, isThere: lock !== undefined, servers: [...before.keys()] });
      const spec = lockedSpec(entry);
      partOf(server).spec = spec;
      return spec;
    },
    settle(server, spec) {
      const entry = before.get(server);
      const part = partOf(server);
      part.spec = settleContract(spec, entry && !update ? lockedSpec(entry) : undefined);
      return part.spec;
    },
    book(server) {
      const part = partOf(server);
      const { names, numbers } = before.get(server) ?? NOTHING_SETTLED;
      part.book ??= openLock({ names: update ? {} : names, numbers }, part.spec && itemKeys(part.spec));
      return part.book;
    },
    filter: (server, out) => partOf(server).filters.get(keyOf(out)),
    keepFilter(server, out, { include = [], exclude = [] }) {
      const { filters } = partOf(server);
      filters.delete(keyOf(out));
      if (include.length + exclude.length === 0) return;
      filters.set(keyOf(out), { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) });
    },
    check: () => changeOf(lock, text),
    async guard() {
      const change = session.check();
      if (change.action === "unchanged") return change;
      if (flags.flag("locked")) throw drift(change);
      await prepareFolderOf(path);
      return change;
    },
    async save(guarded) {
      // Another run may have written meanwhile: its servers stay, and ours are ours only if it left them alone.
      const now = await readLock(path, shown);
      const base = now === text || now === undefined ? lock : parseLock(now, shown);
      const there = new Map(Object.entries(base?.servers ?? {}));
      const lost = [...parts.keys()].find((server) => now !== text && !isSame(before.get(server), there.get(server)));
      if (lost !== undefined) throw clash(lost, shown);
      const change = guarded && base === lock ? guarded : changeOf(base, now);
      if (change.action !== "unchanged") await writeFileWhole(path, change.after);
      return change;
    },
  };
  return session;
}

const lockOf = (servers: readonly (readonly [string, LockedServer])[]): LockFile => ({
  lockVersion: 1,
  servers: Object.fromEntries(servers),
});

const isSame = (a: LockedServer | undefined, b: LockedServer | undefined): boolean =>
  printLock(lockOf(a ? [["", a]] : [])) === printLock(lockOf(b ? [["", b]] : []));

/** What we would not read back must not be written. Only an emitter that is not ours can ask for such names. */
function checkNames(settled: Settled, server: string): void {
  const problem = problemOf(settled);
  if (!problem) return;
  throw new GeneratorError("emit", `${problem.what} (${[server, ...problem.path].join(" ")})`, {
    why: "an emitter asked for a name that the lock cannot hold",
    hint: "names are words of letters, digits, _, $ and -, with single dots or slashes between them",
  });
}
