import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { printable } from "../../../runtime/core/log.js";
import { orAborted } from "../../../runtime/core/signals.js";
import type { EmittedFile } from "../../emit/emitter.js";
import { GeneratorError } from "../../errors.js";
import type { ServerSpec } from "../../ir/spec.js";
import { checkOutput } from "../../output/check.js";
import { writeOutput } from "../../output/write.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";
import { filterSpec } from "../filter.js";
import { readServer } from "../read-server.js";
import { handOver, runProxy } from "../run-proxy.js";
import { selectServer } from "../select.js";
import { emitTarget, type Server } from "../target.js";
import { reportCheck, reportWritten, type Written } from "./generate-report.js";
import { planOutputs, type PlannedOutput } from "./outputs.js";

/** `mcpgen generate`: every planned output, all of them generated before the first is written. */
export async function generateCommand(invocation: Invocation): Promise<number> {
  const { flags, print, signal, cwd } = invocation;
  const after = afterwards(invocation);
  const outputs = await planOutputs(await selectServer(invocation), invocation);
  if (after.build) checkBuildable(outputs, after.run);
  if (after.run) handOver((outputs[0] as PlannedOutput).server.target, cwd);

  const { generate } = await import("../../generate.js");
  const check = flags.flag("check");
  const specs = new Map<Server, ServerSpec>();
  const generated: { output: PlannedOutput; files: readonly EmittedFile[]; spec: ServerSpec }[] = [];
  for (const output of outputs) {
    const known = specs.get(output.server) ?? (await readServer(output.server, invocation, { fresh: check }));
    specs.set(output.server, known);
    const spec = filterSpec(known, output.globs);
    judge(spec, output, invocation);
    if (!check) tellOfPlaces(output, invocation);
    print.progress(`generating ${output.shown} …`);
    const target = emitTarget(output.server);
    const files = await orAborted(generate({ spec, emitters: output.emitters, ...(target ? { target } : {}) }), signal);
    generated.push({ output, files, spec });
  }
  if (check) {
    const reports = [];
    for (const { output, files } of generated) reports.push({ output, report: await checkOutput(output.dir, files) });
    return reportCheck(reports, print);
  }

  const options = { force: flags.flag("force"), dryRun: flags.flag("dry-run"), signal };
  const written: Written[] = [];
  for (const { output, files, spec } of generated) {
    signal.throwIfAborted();
    const changes = await writeOutput(output.dir, files, options);
    signal.throwIfAborted();
    written.push({
      output,
      changes,
      spec,
      ...(after.build && { bundle: await bundle(output, after.release, invocation) }),
    });
  }
  reportWritten(written, { ...options, run: after.run, print });
  const [first] = written;
  return after.run && first?.bundle ? runProxy(first.bundle.path, first.output.server, invocation) : EXIT.done;
}

async function bundle(
  output: PlannedOutput,
  release: boolean,
  { print, signal }: Invocation,
): Promise<Written["bundle"]> {
  const { buildProject } = await import("../../output/build.js");
  print.progress(`bundling ${output.shown} …`);
  return orAborted(buildProject(output.dir, { release }), signal);
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

/** A generated proxy holds no path of this machine, so a relative one must be told of before it fails elsewhere. */
function tellOfPlaces({ emitters, server }: PlannedOutput, { print, cwd }: Invocation): void {
  const target = emitTarget(server);
  if (target?.kind !== "stdio" || !emitters.some(({ emitter }) => emitter.name === "project")) return;
  const base = resolve(cwd, target.cwd ?? ".");
  const word = target.argv.find((one) => !isAbsolute(one) && /[\\/.]/.test(one) && existsSync(resolve(base, one)));
  if (word !== undefined)
    print.warn(
      `${printable(word)} counts from the folder in which the proxy is started; elsewhere give it --backend-cwd, or generate with an absolute path`,
    );
}

/** Tells what is wrong with the server's description; with --strict, errors in it end the command. */
function judge({ diagnostics }: ServerSpec, { server, shown }: PlannedOutput, { flags, print }: Invocation): void {
  for (const { severity, code, pointer, message } of diagnostics)
    print.log(severity === "info" ? "info" : "warn", `${server.label}${pointer}: ${message} (${code})`);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (flags.flag("strict") && errors.length > 0)
    throw new GeneratorError(
      "spec",
      `the description of ${server.label} has ${errors.length} errors; nothing was written to ${shown}`,
      {
        why: errors[0]?.message ?? "",
        hint: "see mcpgen inspect, leave the items out with --exclude, or leave --strict out",
      },
    );
}
