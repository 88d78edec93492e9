import { orAborted } from "../../../runtime/core/signals.js";
import { GeneratorError } from "../../errors.js";
import { checkOutput } from "../../output/check.js";
import { prepareOutput } from "../../output/write.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { checkLockFlags } from "../lock-flags.js";
import { openLockSession } from "../lock.js";
import type { ReadServer } from "../locked-server.js";
import { handOver, runProxy } from "../run-proxy.js";
import { selectServer, type Selection } from "../select.js";
import { reportCheck, reportWritten, type Written } from "./generate-report.js";
import { generateOutputs } from "./generate-run.js";
import { planOutputs, type PlannedOutput } from "./outputs.js";

/** `mcpgen generate`: once, or with --watch again and again. */
export async function generateCommand(invocation: Invocation): Promise<number> {
  const { flags } = invocation;
  if (flags.flag("watch")) return (await import("./watch.js")).watchCommand(invocation);
  if (flags.has("poll"))
    throw new GeneratorError("usage", "--poll has no effect without --watch", { hint: "leave it out, or add --watch" });
  return runOnce(await planRun(invocation), invocation);
}

/** What is to be generated, everything about it checked before any server is asked. */
export interface PlannedRun {
  readonly selection: Selection;
  readonly outputs: readonly PlannedOutput[];
  readonly after: ReturnType<typeof afterwards>;
}

export async function planRun(invocation: Invocation): Promise<PlannedRun> {
  checkLockFlags(invocation.flags);
  const after = afterwards(invocation);
  const selection = await selectServer(invocation);
  const outputs = await planOutputs(selection, invocation);
  if (after.build) checkBuildable(outputs, after.run);
  if (after.run) handOver((outputs[0] as PlannedOutput).server.target, invocation.cwd);
  return { selection, outputs, after };
}

/** Every planned output, all of them generated before the first is written. Resolves to the exit code. */
export async function runOnce(
  { selection, outputs, after }: PlannedRun,
  invocation: Invocation,
  { read }: { readonly read?: ReadServer } = {},
): Promise<number> {
  const { flags, print, signal, cwd } = invocation;
  const session = await openLockSession(invocation, { folder: "config" in selection ? selection.config.folder : cwd });
  const generated = await generateOutputs(outputs, invocation, { session, ...(read && { read }) });
  if (flags.flag("check")) {
    const reports = [];
    for (const { output, files } of generated) reports.push({ output, report: await checkOutput(output.dir, files) });
    return reportCheck(reports, { lock: session.check(), print });
  }

  const change = await session.guard();
  const dryRun = flags.flag("dry-run");
  // What stands in the way of one output is found before the first is written.
  const prepared = [];
  for (const { output, files, spec } of generated)
    prepared.push({ output, spec, ready: await prepareOutput(output.dir, files, { force: flags.flag("force") }) });
  const written: Written[] = [];
  for (const { output, spec, ready } of prepared) {
    signal.throwIfAborted();
    if (!dryRun) await ready.write(signal);
    written.push({ output, changes: ready.changes, spec });
  }
  signal.throwIfAborted();
  // Last: a run that ends before gives the same names again.
  const lock = dryRun ? change : await session.save(change);
  const [first, ...others] = after.build ? await bundleAll(written, after.release, invocation) : written;
  // What could be done next is told once, to those who are not about to see it done or changed again.
  const run = after.run || flags.flag("watch");
  reportWritten(first ? [first, ...others] : [], { dryRun, run, lock, print });
  return after.run && first?.bundle ? runProxy(first.bundle.path, first.output.server, invocation) : EXIT.done;
}

async function bundleAll(
  written: readonly Written[],
  release: boolean,
  { print, signal }: Invocation,
): Promise<readonly Written[]> {
  const { buildProject } = await import("../../output/build.js");
  const bundled: Written[] = [];
  for (const one of written) {
    print.progress(`bundling ${one.output.shown} …`);
    bundled.push({ ...one, bundle: await orAborted(buildProject(one.output.dir, { release }), signal) });
  }
  return bundled;
}

/** `--run` and `--release` mean `--build` too. Throws GeneratorError `usage` where they have nothing to work on. */
function afterwards({ flags }: Invocation): { build: boolean; release: boolean; run: boolean } {
  const [release, run] = [flags.flag("release"), flags.flag("run")];
  const build = flags.flag("build") || release || run;
  const dry = ["check", "dry-run"].filter((name) => flags.flag(name));
  const idle = [...dry.slice(1), ...["build", "release", "run", "force"].filter((name) => flags.flag(name))];
  if (dry[0] !== undefined && idle[0] !== undefined)
    throw new GeneratorError("usage", `--${dry[0]} and --${idle[0]} contradict each other`, {
      why: `--${dry[0]} writes nothing`,
      hint: "give one of them",
    });
  if (run && flags.flag("json"))
    throw new GeneratorError("usage", "--run and --json contradict each other", {
      why: "stdout belongs to the proxy",
      hint: "give one of them",
    });
  return { build, release, run };
}

function checkBuildable(outputs: readonly PlannedOutput[], run: boolean): void {
  const without = outputs.find(({ emitters }) => !emitters.some(({ emitter }) => emitter.name === "project"));
  if (without)
    throw new GeneratorError("usage", `there is nothing to bundle in ${without.shown}`, {
      why: `only the emitter project makes a program; here are ${without.emitters.map(({ emitter }) => emitter.name).join(", ")}`,
      hint: "add project to --emit, or leave --build out",
    });
  if (run && outputs.length > 1)
    throw new GeneratorError("usage", `--run starts one proxy, and ${outputs.length} are generated`, {
      why: `they are ${outputs.map(({ shown }) => shown).join(", ")}`,
      hint: "choose one with --out DIR",
    });
}
