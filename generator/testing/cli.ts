import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GeneratorError } from "../errors.js";
import { packageRoot } from "../package-root.js";
import { startRoll } from "./roll.js";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** Added to a bare environment: PATH, a HOME of its own, no colour. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given and ended; "open" leaves it to the test. Default: none. */
  readonly stdin?: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
}

/** Starts the built CLI as users do: `dist/cli.js`, a process of its own. Throws GeneratorError `build` if it is not built. */
export function startCli(args: readonly string[], { cwd, env = {}, stdin }: CliOptions): RunningCli {
  const path = join(packageRoot(), "dist", "cli.js");
  if (!existsSync(path)) throw new GeneratorError("build", `${path} is not there`, { hint: "node build.mjs --js" });
  const home = mkdtempSync(join(tmpdir(), "mcpgen-home-"));
  const child = spawn(process.execPath, [path, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: home, XDG_CACHE_HOME: home, NO_COLOR: "1", ...env },
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (stdin !== "open") child.stdin?.end(stdin);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const done = once(child, "close").then(([code]) => {
    rmSync(home, { recursive: true, force: true });
    return { code: code as number | null, stdout, stderr };
  });
  return { child, done };
}

/** Runs the built CLI to its end. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).done;

/** Learns when processes start and when they are really gone, however they die: they hold a socket to it. */
export interface Witness {
  /** First lines of a Node script (ESM) that make its process a witnessed one. */
  readonly script: string;
  /** Resolves when a process has come. */
  started(): Promise<void>;
  /** Resolves when every process that has come is gone. */
  allGone(): Promise<void>;
  /** Processes that have come so far. */
  count(): number;
  close(): Promise<void>;
}

export async function startWitness(): Promise<Witness> {
  const { port, come, count, allGone, close } = await startRoll();
  return {
    script: `import { connect as $witness } from "node:net";
await new Promise((resolve) => { const socket = $witness(${port}, "127.0.0.1", () => resolve(socket.unref())); });\n`,
    started: () => come(1),
    ...{ allGone, count, close },
  };
}
