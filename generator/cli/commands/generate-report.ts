import { printable } from "../../../runtime/core/log.js";
import { GeneratorError } from "../../errors.js";
import type { ServerSpec } from "../../ir/spec.js";
import type { CheckReport } from "../../output/check.js";
import { unifiedDiff } from "../../output/diff.js";
import type { Changes } from "../../output/write.js";
import { EXIT } from "../error.js";
import { changeLines } from "../lock-change.js";
import type { LockChange } from "../lock.js";
import type { Paint } from "../paint.js";
import type { Print } from "../print.js";
import type { PlannedOutput } from "./outputs.js";

export interface Written {
  readonly output: PlannedOutput;
  readonly changes: Changes;
  readonly spec: ServerSpec;
  readonly bundle?: { readonly path: string; readonly bytes: number } | undefined;
}

/** Files named before the rest is only counted. */
const NAMED_FILES = 12;

/** What was done, on stderr; with --json, as one object on stdout. */
export function reportWritten(
  all: readonly Written[],
  {
    dryRun,
    run,
    lock,
    print,
  }: { readonly dryRun: boolean; readonly run: boolean; readonly lock?: LockChange; readonly print: Print },
): void {
  if (print.json) {
    const outputs = all.map(({ output, changes, spec, bundle }) => ({
      out: output.shown,
      server: spec.server.name,
      emitters: output.emitters.map(({ emitter }) => emitter.name),
      ...changes,
      diagnostics: spec.diagnostics,
      ...(bundle ? { bundle: { path: `${output.shown}/dist/proxy.mjs`, bytes: bundle.bytes } } : {}),
    }));
    const lockState = lock && { path: lock.shown, action: lock.action, servers: lock.servers };
    print.out(`${JSON.stringify({ dryRun, outputs, lock: lockState }, null, 2)}\n`);
    return;
  }
  const { green, yellow, red, bold, dim } = print.errPaint;
  for (const { output, changes, bundle } of all) {
    const { created, changed, removed, unchanged, kept } = changes;
    const parts = [
      [created, green, "created"],
      [changed, yellow, "changed"],
      [removed, red, "removed"],
      [unchanged, dim, "unchanged"],
      [kept, dim, "yours, left alone"],
    ] as const;
    const counts = parts
      .filter(([files]) => files.length > 0)
      .map(([files, color, word]) => color(`${files.length} ${word}`));
    print.note(
      `${bold(output.shown)}${dryRun ? " (dry run, nothing written)" : ""}: ${counts.join(", ") || "nothing to do"}`,
    );
    for (const [files, color, word] of parts.slice(0, 3)) {
      const full = dryRun || print.verbosity > 0;
      // What is new is not worth a list unless that is what was asked for.
      if (word === "created" && !full) continue;
      const shown = full ? files : files.slice(0, NAMED_FILES);
      for (const file of shown) print.note(`  ${color(word.padEnd(7))} ${printable(file)}`);
      if (shown.length < files.length)
        print.note(dim(`  … ${files.length - shown.length} more ${word}; -v names them`));
    }
    if (bundle)
      print.note(`  ${green("bundled")} ${output.shown}/dist/proxy.mjs, ${Math.ceil(bundle.bytes / 1024)} KiB`);
  }
  if (lock) for (const line of lockLines(lock, dryRun, print.errPaint)) print.note(line);
  if (!dryRun && !run) for (const line of nextSteps(all)) print.note(line);
}

/** Nothing where the lock stays as it is. */
function lockLines({ shown, action, servers }: LockChange, dryRun: boolean, { bold, green, yellow }: Paint): string[] {
  if (action === "unchanged") return [];
  const word = action === "created" ? green(action) : yellow(action);
  const head = `${bold(shown)}${dryRun ? " (dry run, nothing written)" : ""}: ${word}`;
  if (action === "created") return [head];
  const contract = servers.some(({ lists, about }) => lists.length > 0 || about);
  const lines = servers.flatMap(changeLines).map((line) => `  ${line}`);
  return [`${head}${contract ? "; mcpgen diff tells what that means for callers" : ""}`, ...lines];
}

function nextSteps(all: readonly Written[]): string[] {
  const projects = all.filter(({ output }) => output.emitters.some(({ emitter }) => emitter.name === "project"));
  const steps = projects.map(({ output, bundle }) =>
    bundle ? `node ${output.shown}/dist/proxy.mjs --help` : `cd ${output.shown} && npm install && npm run build`,
  );
  return steps.length === 0 ? [] : ["next:", ...steps.map((step) => `  ${step}`)];
}

/** Lines of a diff that are shown of the lock. */
const LOCK_DIFF_LINES = 40;

/** List and diff on stdout. Throws GeneratorError `drift` if there is any; `command` is what would bring it up to date. */
export function reportCheck(
  all: readonly { readonly output: Pick<PlannedOutput, "shown">; readonly report: CheckReport }[],
  {
    lock,
    print,
    command = "mcpgen generate",
  }: {
    readonly lock?: LockChange;
    readonly print: Print;
    readonly command?: string;
  },
): number {
  const outputs = all.map(({ output, report }) => ({ shown: output.shown, ...report }));
  const compared = lock ? [...outputs, { shown: lock.shown, ...lockReport(lock) }] : outputs;
  const stale = compared.filter(({ ok }) => !ok);
  if (print.json) {
    const shownOutputs = outputs.map(({ shown: out, ...report }) => ({ out, ...report }));
    const lockState = lock && { path: lock.shown, ...lockReport(lock), servers: lock.servers };
    print.out(`${JSON.stringify({ upToDate: stale.length === 0, outputs: shownOutputs, lock: lockState }, null, 2)}\n`);
  } else for (const { shown: name, ...report } of stale) print.out(checkText(name, report, print));
  if (stale.length === 0) {
    if (!print.json) print.note(`${compared.map(({ shown }) => shown).join(", ")}: up to date`);
    return EXIT.done;
  }
  throw new GeneratorError("drift", `${stale.map((one) => one.shown).join(", ")} is not what would be generated now`, {
    hint: `run ${command} without --check`,
  });
}

function lockReport({ shown, action, before = "", after }: LockChange): CheckReport {
  const diff = action === "changed" ? unifiedDiff(before, after, { path: shown, maxLines: LOCK_DIFF_LINES }) : "";
  return {
    ok: action === "unchanged",
    stale: diff === "" ? [] : [{ path: shown, diff }],
    missing: action === "created" ? [shown] : [],
    surplus: [],
  };
}

/** A line for each file, then the diffs, as `diff` itself orders its output. */
function checkText(name: string, { stale, missing, surplus }: CheckReport, { paint }: Print): string {
  const list = [
    ...stale.map(({ path }) => [paint.yellow("stale  "), path] as const),
    ...missing.map((path) => [paint.green("missing"), path] as const),
    ...surplus.map((path) => [paint.red("surplus"), path] as const),
  ];
  const lines = list.map(([word, path]) => `  ${word} ${printable(path)}`);
  const diffs = stale.map(({ diff }) =>
    diff
      .split("\n")
      .map((line) => diffLine(line, paint))
      .join("\n"),
  );
  return `${[paint.bold(name), ...lines, ...diffs].join("\n").trimEnd()}\n`;
}

function diffLine(line: string, { green, red, dim }: Paint): string {
  // Tabs are the one control character that belongs in code.
  const shown = printable(line.replaceAll("\t", "  "), 500);
  const color = line.startsWith("+") ? green : line.startsWith("-") ? red : line.startsWith("@") ? dim : String;
  return color(shown);
}
