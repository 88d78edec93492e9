#!/usr/bin/env node
import { Console } from "node:console";
import { RuntimeError } from "../../runtime/core/errors.js";
import { GeneratorError } from "../errors.js";
import { EXIT } from "./error.js";
import { Flags } from "./flags.js";
import type { ColorChoice } from "./paint.js";
import { createPrint, type Print } from "./print.js";
import { readArguments } from "./program.js";
import { report } from "./report.js";

/** A failure to read the arguments is reported in the form that the arguments seem to ask for. */
function rawFlags(argv: readonly string[]): Flags {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  return new Flags({ json: own.some((word) => word === "--json" || word === "--format=json") });
}

function printFor(flags: Flags): Print {
  return createPrint({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    color: (flags.text("color") ?? "auto") as ColorChoice,
    quiet: flags.flag("quiet"),
    verbosity: flags.count("verbose"),
    json: flags.flag("json") || flags.text("format") === "json",
    logFormat: flags.text("log-format") === "json" ? "json" : "pretty",
  });
}

async function main(argv: readonly string[], interruption: Interruption): Promise<number> {
  const { signal } = interruption;
  let print = printFor(rawFlags(argv));
  let code: number;
  try {
    const asked = readArguments(argv, Math.min(120, process.stdout.isTTY ? process.stdout.columns : 100));
    if ("text" in asked) {
      print.out(asked.text);
      code = EXIT.done;
    } else {
      print = printFor(asked.flags);
      if (asked.command.endsByItself) interruption.unwatch();
      const run = await asked.command.load();
      code = await run({
        flags: asked.flags,
        print,
        signal,
        cwd: process.cwd(),
        env: process.env,
        stdin: process.stdin,
      });
    }
  } catch (error) {
    // Once interrupted, whatever fails does so because of that.
    code = report(signal.aborted ? signal.reason : error, print);
  }
  await print.flush();
  return code;
}

const STOP_WITHIN_MS = 10_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface Interruption {
  readonly signal: AbortSignal;
  /** From now on signals are somebody else's. */
  unwatch(): void;
}

function watchSignals(): Interruption {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new RuntimeError("canceled", `interrupted by ${name}`));
    // Whatever does not hear it in time goes with the process, and its children with it.
    setTimeout(() => process.exit(EXIT.interrupted), STOP_WITHIN_MS).unref();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stop.signal,
    unwatch() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

// A reader that has seen enough (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

// stdout is for what was asked for: what emitters and configs print goes where notices go.
globalThis.console = new Console(process.stderr);
process.once("beforeExit", () => {
  const unfinished = new GeneratorError(
    "internal",
    "the command has not ended, and nothing is left that could end it",
    {
      why: "something that it waited for never comes",
      hint: "an emitter or a config of yours returned a promise that is never settled",
    },
  );
  process.exit(report(unfinished, printFor(rawFlags(process.argv.slice(2)))));
});
process.exit(await main(process.argv.slice(2), watchSignals()));
