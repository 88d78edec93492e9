import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EmittedFile } from "../emit/emitter.js";
import { BUILT_IN } from "../emitters/index.js";
import { GeneratorError } from "../errors.js";
import { generate } from "../generate.js";
import { packageRoot } from "../package-root.js";
import { compileFolder, MODULES } from "./corpus-compile.js";
import { typedSamples } from "./corpus-sample.js";
import type { NamedSpec } from "./corpus-spec.js";
import { checkSamples } from "./sample-check.js";

export interface ServerReport {
  readonly name: string;
  readonly tools: number;
  /** Samples that the types were asked about, and the validators. */
  readonly samples: number;
  readonly errors: readonly string[];
}

export interface GateReport {
  readonly servers: readonly ServerReport[];
  /** What belongs to no server: a shared runtime file, or the compiler itself. */
  readonly errors: readonly string[];
}

/** Emits everything for each spec into `folder`, type-checks all of it at once in both module systems, and runs the samples. */
export async function gate(specs: readonly NamedSpec[], folder: string): Promise<GateReport> {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(packageRoot(), "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const servers: { name: string; tools: number; samples: number; errors: string[] }[] = [];
  for (const { name, spec } of specs) {
    const server = { name, tools: spec.tools.length, samples: 0, errors: [] as string[] };
    servers.push(server);
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        server.errors.push(`${what}: ${GeneratorError.from(error).message}`);
      }
    };
    for (const emitter of BUILT_IN)
      await attempt(emitter.name, async () => {
        const files = await generate({ spec, emitters: [{ emitter, options: {} }] });
        writeFiles(files, { folder, under: `${name}/${emitter.name}` });
      });
    await attempt("samples of the types", async () => {
      const { text, count } = typedSamples(spec);
      writeFileSync(join(folder, name, "client", "samples.ts"), text);
      server.samples += count;
      return Promise.resolve();
    });
    await attempt("samples of the validators", async () => {
      const { samples, mutants, failures } = await checkSamples(spec);
      server.samples += samples + mutants;
      for (const one of failures)
        server.errors.push(`${one.pointer}: ${JSON.stringify(one.sample).slice(0, 200)}: ${one.text.slice(0, 500)}`);
    });
  }
  const errors: string[] = [];
  const rootDirs = [SHARED, ...specs.map(({ name }) => `${name}/project/src`)];
  const compiled = await Promise.all(MODULES.map((module) => compileFolder(folder, { module, rootDirs })));
  for (const { file, text } of compiled.flat()) {
    const server = servers.find(({ name }) => file.startsWith(`${name}/`));
    (server?.errors ?? errors).push(text);
  }
  return { servers, errors };
}

/** Where the runtime that all projects have is kept once, to be compiled once. */
const SHARED = "shared";
const RUNTIME = "src/runtime/";

/** Vendored files are the same for every server: the first copy stands for all, which `rootDirs` makes the compiler find. */
function writeFiles(files: readonly EmittedFile[], { folder, under }: { folder: string; under: string }): void {
  for (const { path, contents } of files) {
    const own = join(folder, under, path);
    const isRuntime = path.startsWith(RUNTIME);
    const shared = join(folder, SHARED, path.slice("src/".length));
    if (isRuntime && existsSync(shared) && readFileSync(shared, "utf8") === contents) continue;
    const target = isRuntime && !existsSync(shared) ? shared : own;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
  }
}
