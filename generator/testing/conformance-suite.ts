import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What the official suite found: of each scenario the checks that failed, by `id` or `id (name)` where an id comes more than once. */
export interface Outcome {
  readonly scenarios: ReadonlyMap<string, readonly string[]>;
  readonly checks: number;
}

const manifest = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json");
const SUITE = join(dirname(manifest), "dist", "index.js");
const HOOK = new URL("./conformance-hook.mjs", import.meta.url).href;

/** Extensions that nobody implements yet: run by the suite, part of no revision. */
const EXTENSION = /^(tasks-|sep-2640-)/;

/** Runs the suite. `args` as on its command line, without the output folder. Throws where it did not run at all. */
export async function runSuite(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "mcpgen-conformance-"));
  try {
    const said = await run([...args, "-o", folder], env);
    const scenarios = new Map<string, readonly string[]>();
    let checks = 0;
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      const scenario = /^(?:server-|client-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z\/checks\.json$/.exec(name)?.[1];
      if (scenario === undefined || EXTENSION.test(scenario)) continue;
      const found = JSON.parse(await readFile(join(folder, name), "utf8")) as readonly Check[];
      checks += found.length;
      const failed = found
        .filter(({ status }) => status === "FAILURE")
        .map(({ id, name: title }) => `${id} (${title})`);
      scenarios.set(scenario, [...new Set(failed)].sort());
    }
    if (scenarios.size === 0) throw new Error(`the conformance suite ran no scenario:\n${said.slice(-2000)}`);
    return { scenarios, checks };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Check {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

/** Its exit code says only whether all passed; the checks say which. */
function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024, timeout: 180_000 };
    execFile(process.execPath, ["--import", HOOK, SUITE, ...args], options, (error, stdout, stderr) => {
      if (error && (error.killed === true || typeof error.code !== "number"))
        reject(new Error(`the conformance suite did not end: ${error.message}`));
      else resolve(stdout + stderr);
    });
  });
}
