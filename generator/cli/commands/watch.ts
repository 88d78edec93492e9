import { statSync } from "node:fs";
import { resolve } from "node:path";
import { isPath } from "../../config/module.js";
import { GeneratorError } from "../../errors.js";
import type { ServerSpec } from "../../ir/spec.js";
import { bell, untilQuiet, type Bell } from "../../introspect/watch-bell.js";
import { watchServer } from "../../introspect/watch.js";
import type { Invocation } from "../commands.js";
import { parseDuration } from "../duration.js";
import { EXIT } from "../error.js";
import type { Flags } from "../flags.js";
import { askingOptions, backendOf } from "../reach.js";
import { readServer } from "../read-server.js";
import { ofServer, report } from "../report.js";
import type { Selection } from "../select.js";
import type { Server } from "../target.js";
import { planRun, runOnce, type PlannedRun } from "./generate.js";
import { watchFiles } from "./watch-file.js";

/** An editor that saves, or a tool that saves many files, is heard once. */
const BURST = { quietMs: 100, longestMs: 1_000 } as const;

/**
 * `mcpgen generate --watch`: again whenever a server's lists, its own program, a spec or the config change. A failure is told, and the last
 * good output stays. Ends when it is interrupted.
 */
export async function watchCommand(invocation: Invocation): Promise<number> {
  const { flags, print, signal } = invocation;
  checkFlags(flags);
  const pollMs = parseDuration(flags.text("poll") ?? "30s", "--poll");
  let plan: PlannedRun | undefined = await planRun(invocation);
  checkWatchable(plan);
  while (plan) plan = await watchPlan(plan, { invocation, pollMs });
  if (!signal.aborted) throw new GeneratorError("internal", "the watch ended by itself");
  print.note("stopped watching");
  return EXIT.interrupted;
}

/** Until the plan is another, which is returned, or it is interrupted. Nothing that was started goes on then. */
async function watchPlan(
  plan: PlannedRun,
  { invocation, pollMs }: { readonly invocation: Invocation; readonly pollMs: number },
): Promise<PlannedRun | undefined> {
  const scope = new AbortController();
  const signal = AbortSignal.any([invocation.signal, scope.signal]);
  const scoped = { ...invocation, signal };
  const { print } = invocation;
  const ringing = bell<Server | "plan">(signal);
  const specs = new Map<Server, ServerSpec>();
  const servers = new Set(plan.outputs.map(({ server }) => server));
  const ends = [...servers].map((server) => watchOne(server, { invocation: scoped, pollMs, ringing, specs }));
  const unwatch = watchFiles(filesOf(plan.selection, invocation), () => ringing.ring("plan"));
  print.note(print.errPaint.dim(`watching ${[...servers].map(({ label }) => label).join(", ")}; Ctrl-C ends it`));
  try {
    return await follow(plan, { invocation: scoped, ringing, specs });
  } finally {
    unwatch();
    scope.abort();
    await Promise.all(ends.map((end) => end()));
  }
}

interface Following {
  readonly invocation: Invocation;
  readonly ringing: Bell<Server | "plan">;
  readonly specs: ReadonlyMap<Server, ServerSpec>;
}

/** One run at a time, one for each server, so that the failure of one keeps no other from its output. */
async function follow(plan: PlannedRun, { invocation, ringing, specs }: Following): Promise<PlannedRun | undefined> {
  const { signal, print } = invocation;
  const failed = new Set<Server>();
  const isOver = (): boolean => signal.aborted;
  for (;;) {
    const heard = await untilQuiet(ringing, await ringing.heard(), BURST);
    if (isOver()) return undefined;
    if (heard.has("plan")) {
      const next = await replan(invocation);
      if (next) return next;
    }
    const due = new Set([...failed, ...heard]);
    failed.clear();
    for (const server of due) {
      if (server === "plan") continue;
      const outputs = plan.outputs.filter((output) => output.server === server);
      try {
        await runOnce({ ...plan, outputs }, invocation, { read: readFrom(specs) });
      } catch (error) {
        if (isOver()) return undefined;
        failed.add(server);
        report(ofServer(error, server.label), print);
      }
    }
  }
}

/** Those who are watched have been read; files are read when they have changed. */
const readFrom =
  (specs: ReadonlyMap<Server, ServerSpec>): typeof readServer =>
  async (server, invocation) =>
    specs.get(server) ?? (await readServer(server, invocation));

/** `undefined` where the config cannot be used as it is now: that is told, and the one before goes on. */
async function replan(invocation: Invocation): Promise<PlannedRun | undefined> {
  try {
    const plan = await planRun(invocation);
    checkWatchable(plan);
    return plan;
  } catch (error) {
    report(error, invocation.print);
    return undefined;
  }
}

interface WatchingOne {
  readonly invocation: Invocation;
  readonly pollMs: number;
  readonly ringing: Bell<Server | "plan">;
  readonly specs: Map<Server, ServerSpec>;
}

/** Begins at once. Returns what is to be awaited once the signal has fired. */
function watchOne(server: Server, { invocation, pollMs, ringing, specs }: WatchingOne): () => Promise<void> {
  const { target, label } = server;
  const { print } = invocation;
  if (target.kind === "spec") {
    const unwatch = watchFiles([target.path], () => ringing.ring(server));
    ringing.ring(server);
    return () => {
      unwatch();
      return Promise.resolve();
    };
  }
  let told = "";
  const watch = watchServer((hooks) => backendOf(target, { log: print.log, ...hooks }), {
    ...askingOptions(server, invocation),
    pollMs,
    onSpec(spec) {
      specs.set(server, spec);
      ringing.ring(server);
    },
    onFailure(error, pauseMs) {
      // The same again and again says nothing new.
      if (told !== error.text || print.verbosity > 0) {
        report(ofServer(error, label), print);
        print.note(print.errPaint.dim(`${label}: trying again, first in ${pauseMs} ms`));
      }
      told = error.text;
    },
    onRecovery() {
      told = "";
      print.note(`${label}: there again`);
    },
  });
  const program = target.kind === "stdio" ? target.argv.map((word) => resolve(target.cwd, word)).filter(isFile) : [];
  const unwatch = watchFiles(program, () => watch.restart());
  return async () => {
    unwatch();
    await watch.done;
  };
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The config, and emitters that are files. */
function filesOf(selection: Selection, { flags, cwd }: Invocation): readonly string[] {
  const given = flags.list("emit").flatMap((word) => word.split(","));
  const fromFlags = given.filter(isPath).map((path) => resolve(cwd, path));
  if (!("config" in selection)) return fromFlags;
  const { config } = selection;
  const emitters = config.outputs.flatMap(({ emit = [] }) => emit.filter(isPath));
  return [
    resolve(cwd, config.label.replace(/#mcpgen$/, "")),
    ...emitters.map((path) => resolve(config.folder, path)),
    ...fromFlags,
  ];
}

/** Throws GeneratorError `usage`. */
function checkFlags(flags: Flags): void {
  const reasons: Readonly<Record<string, string>> = {
    check: "--check compares once and ends",
    "dry-run": "--dry-run writes nothing, once",
    run: "--run hands the terminal over to the proxy",
    offline: "--offline asks no server, and there is nothing else to watch",
    update: "--update settles names anew, and is for once",
  };
  const found = Object.keys(reasons).find((name) => flags.flag(name));
  if (found !== undefined)
    throw new GeneratorError("usage", `--watch and --${found} contradict each other`, {
      why: reasons[found] ?? "",
      hint: "give one of them",
    });
}

function checkWatchable({ outputs }: PlannedRun): void {
  if (outputs.some(({ server: { target } }) => target.kind === "spec" && target.path === "-"))
    throw new GeneratorError("usage", "--watch and --spec - contradict each other", {
      why: "what stdin has said once does not change",
      hint: "name a file",
    });
}
