import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type GateReport, gate } from "./corpus-gate.js";
import { readCorpus } from "./corpus-spec.js";

const USAGE = `usage: npm run test:corpus -- [--keep] DIR…

Reads every JSON file of the folders as a server's answers, emits everything that mcpgen can make of it, type-checks all of it and
tries samples of every schema. Exit 0: no error; 1: errors; 2: nothing to read.
--keep leaves the temporary folder and names it.`;

const SHOWN_ERRORS = 20;

const { values, positionals } = parseArgs({ options: { keep: { type: "boolean" } }, allowPositionals: true });
process.exitCode = await main(positionals, values.keep === true);

async function main(paths: readonly string[], keep: boolean): Promise<number> {
  const { specs, skipped } = readCorpus(paths);
  for (const { file, reason } of skipped) console.error(`skipped ${file}: ${reason}`);
  if (specs.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "mcpgen-corpus-"));
  const start = performance.now();
  try {
    const report = await gate(specs, folder);
    return print(report, (performance.now() - start) / 1000);
  } finally {
    if (keep) console.log(`kept ${folder}`);
    else rmSync(folder, { recursive: true });
  }
}

/** Returns the exit code. */
function print({ servers, errors }: GateReport, seconds: number): number {
  const all = [...errors, ...servers.flatMap((server) => server.errors)];
  const width = Math.max(...servers.map(({ name }) => name.length), "all servers".length);
  const row = (name: string, ...cells: (string | number)[]): void =>
    console.log(`${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(8)).join("")}`);
  row("server", "tools", "samples", "errors");
  for (const server of servers) row(server.name, server.tools, server.samples, server.errors.length);
  const sum = (of: (server: GateReport["servers"][number]) => number): number =>
    servers.reduce((total, server) => total + of(server), 0);
  row(
    "all servers",
    sum(({ tools }) => tools),
    sum(({ samples }) => samples),
    all.length,
  );
  console.log(
    `${servers.length} servers, ${sum(({ tools }) => tools)} tools, ${all.length} errors, ${seconds.toFixed(1)} s`,
  );
  for (const text of all.slice(0, SHOWN_ERRORS)) console.error(text);
  if (all.length > SHOWN_ERRORS) console.error(`… and ${all.length - SHOWN_ERRORS} more`);
  return all.length === 0 ? 0 : 1;
}
