import { Readable, Writable } from "node:stream";
import { createPrint } from "./print.js";
import { readArguments } from "./program.js";
import { report } from "./report.js";
import type { CliResult } from "../testing/cli.js";

/**
 * Runs a command in this process, from the sources: for the many cases in which a process of its own would only cost time. Nothing can
 * interrupt it, there is no terminal, and the environment is bare.
 */
export async function callCli(args: readonly string[], { cwd }: { readonly cwd: string }): Promise<CliResult> {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr"): Writable =>
    new Writable({
      decodeStrings: false,
      write(text, _encoding, done) {
        written[name] += String(text);
        done();
      },
    });
  const asked = readArguments(args, 100);
  if ("text" in asked) return { code: 0, stdout: asked.text, stderr: "" };
  const { command, flags } = asked;
  const print = createPrint({ stdout: sink("stdout"), stderr: sink("stderr"), env: {}, json: flags.flag("json") });
  let code: number;
  try {
    const run = await command.load();
    code = await run({ flags, print, signal: new AbortController().signal, cwd, env: {}, stdin: Readable.from([]) });
  } catch (error) {
    code = report(error, print);
  }
  await print.flush();
  return { code, ...written };
}
