import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Part, type PartInput, type PartResult, runPart } from "./corpus-part.js";
import { readSpecs } from "./corpus-spec.js";
import { languageLines, serverRows, table } from "./corpus-table.js";
import { hasProtoc } from "./gate-protobuf.js";
import { SCHEMA_EMITTERS } from "./schema-output.js";

const USAGE = `usage: npm run test:corpus -- [--keep] [--no-figures] [DIR…]

Reads every JSON file of the folders as a server's answers, emits everything that mcpgen can make of it, and holds it against what its
users use: compilers, linters, code generators, samples of every schema, values there and back, servers that change.
Without a folder: the fixtures, from their kept specs. Exit 0: no error; 1: errors; 2: nothing to read.
--keep leaves the temporary folder and names it. --no-figures leaves out time and memory, which want an idle machine.`;

const SHOWN_ERRORS = 20;
/** The server of which figures are taken: the largest that we know. */
const LARGEST = "ms365";

const OPTIONS = { keep: { type: "boolean" }, figures: { type: "boolean", default: true } } as const;
const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true, allowNegative: true });
process.exitCode = await main(positionals, values);

async function main(
  paths: readonly string[],
  { keep = false, figures }: { readonly keep?: boolean | undefined; readonly figures: boolean },
): Promise<number> {
  const { specs, skipped } = readSpecs(paths);
  for (const { file, reason } of skipped) console.error(`skipped ${file}: ${reason}`);
  if (specs.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const protoc = hasProtoc();
  // On a machine of our own its absence would go unseen for years.
  if (!protoc && process.env.CI === "true") {
    console.error("protoc is not installed: apt-get install protobuf-compiler");
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "mcpgen-corpus-"));
  const start = performance.now();
  const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1);
  const run = async <P extends Part>(part: P, more: Partial<PartInput> = {}): Promise<PartResult<P>> => {
    const input = {
      paths: paths.map((path) => resolve(path)),
      folder: join(folder, part),
      protoc,
      server: "",
      emitter: "",
    };
    mkdirSync(input.folder, { recursive: true });
    const result = await runPart(part, { ...input, ...more });
    console.error(`${part}${more.emitter === undefined ? "" : ` ${more.emitter}`} done after ${seconds()} s`);
    return result;
  };
  try {
    // Two cores: the type checker beside everything else.
    const [types, [schemas, evolve]] = await Promise.all([
      run("types"),
      run("schemas").then(async (made) => [made, await run("evolve")] as const),
    ]);
    console.log(table(serverRows(types, schemas)));
    for (const language of ["graphql", "proto"] as const) console.log(languageLines(language, schemas).join("\n"));
    for (const { name, tools, reserved } of evolve.steps)
      console.log(`step "${name}": ${tools} tools, ${reserved} lines reserve`);
    console.log(`${evolve.survivors} times a tool was seen again as it was: names compared`);
    if (!protoc) console.log("NOT RUN: protoc, which is not installed (Debian: protobuf-compiler)");
    if (figures)
      for (const line of await figureLines(run, { folder, largest: specs.find(({ name }) => name === LARGEST)?.file }))
        console.log(line);
    const errors = [
      ...[...types.servers, ...schemas.servers].flatMap((server) =>
        server.errors.map((text) => `${server.name}: ${text}`),
      ),
      ...[...types.errors, ...schemas.errors, ...evolve.errors],
    ];
    const tools = specs.reduce((sum, { spec }) => sum + spec.tools.length, 0);
    console.log(`${specs.length} servers, ${tools} tools, ${errors.length} errors, ${seconds()} s`);
    for (const text of errors.slice(0, SHOWN_ERRORS)) console.error(text);
    if (errors.length > SHOWN_ERRORS) console.error(`… and ${errors.length - SHOWN_ERRORS} more`);
    return errors.length === 0 ? 0 : 1;
  } finally {
    if (keep) console.log(`kept ${folder}`);
    else rmSync(folder, { recursive: true });
  }
}

type Run = <P extends Part>(part: P, more?: Partial<PartInput>) => Promise<PartResult<P>>;

/** Measured alone, after all else. */
async function figureLines(
  run: Run,
  { folder, largest }: { readonly folder: string; readonly largest: string | undefined },
): Promise<string[]> {
  const { ms } = await run("emission");
  const total = Object.values(ms).reduce((sum, one) => sum + one, 0);
  const each = Object.entries(ms).map(([name, one]) => `${name} ${(one / 1000).toFixed(1)} s`);
  const lines = [`emission alone, all servers: ${(total / 1000).toFixed(1)} s (goal: 60 s): ${each.join(", ")}`];
  if (largest === undefined) return lines;
  const settled = await run("settle", { paths: [largest], server: LARGEST });
  mkdirSync(join(folder, "figure"), { recursive: true });
  writeFileSync(join(folder, "figure", "settled.json"), JSON.stringify(settled));
  for (const { name } of SCHEMA_EMITTERS) {
    const figure = await run("figure", { paths: [largest], server: LARGEST, emitter: name });
    const [time, peak, size] = [figure.ms / 1000, figure.peakBytes / 2 ** 20, figure.bytes / 2 ** 20];
    lines.push(
      `${LARGEST}, ${name} from the lock: ${time.toFixed(2)} s (goal: 2 s), peak ${peak.toFixed(0)} MB (goal: 400 MB), ${size.toFixed(1)} MB of text`,
    );
  }
  return lines;
}
