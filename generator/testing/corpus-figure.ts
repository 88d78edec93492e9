import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GeneratorError } from "../errors.js";
import { BUILT_IN } from "../emitters/index.js";
import { generate } from "../generate.js";
import { openLock, type Settled } from "../ir/lock.js";
import { itemKeys } from "../ir/route.js";
import type { ServerSpec } from "../ir/spec.js";
import type { NamedSpec } from "./corpus-spec.js";
import { SCHEMA_EMITTERS, schemaOutput } from "./schema-output.js";

/** Emission alone, without gates. */
export interface EmissionFigures {
  /** Emitter → milliseconds for all servers. */
  readonly ms: Readonly<Record<string, number>>;
}

export interface SchemaFigure {
  readonly ms: number;
  /** Of the whole process, Node and the compiler of our sources included. */
  readonly peakBytes: number;
  readonly bytes: number;
}

/** All specs through all emitters, one after the other. */
export async function emissionFigures(specs: readonly NamedSpec[]): Promise<EmissionFigures> {
  const ms: Record<string, number> = {};
  for (const emitter of BUILT_IN) {
    const start = performance.now();
    for (const { spec } of specs) await generate({ spec, emitters: [{ emitter, options: {} }] });
    ms[emitter.name] = performance.now() - start;
  }
  return { ms };
}

/** What one server's lock holds after a first run. */
export async function settle(specs: readonly NamedSpec[], server: string): Promise<Settled> {
  const spec = specOf(specs, server);
  const book = openLock();
  await schemaOutput(spec, { lock: book });
  return book.settled(itemKeys(spec));
}

/** One schema of one server from its lock, as `settle` left it in `folder`, in a process that does nothing else. */
export async function schemaFigure(
  specs: readonly NamedSpec[],
  { server, emitter: name, folder }: { readonly server: string; readonly emitter: string; readonly folder: string },
): Promise<SchemaFigure> {
  const spec = specOf(specs, server);
  const emitter = SCHEMA_EMITTERS.find((one) => one.name === name);
  if (!emitter) throw new GeneratorError("internal", `no emitter ${name}`);
  const settled = JSON.parse(readFileSync(join(folder, "settled.json"), "utf8")) as Settled;
  const start = performance.now();
  const files = await generate({ spec, lock: openLock(settled), emitters: [{ emitter, options: {} }] });
  return {
    ms: performance.now() - start,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    bytes: files.reduce((all, { contents }) => all + contents.length, 0),
  };
}

function specOf(specs: readonly NamedSpec[], server: string): ServerSpec {
  const found = specs.find(({ name }) => name === server);
  if (!found) throw new GeneratorError("internal", `no server ${server}`);
  return found.spec;
}
