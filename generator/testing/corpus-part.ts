import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GeneratorError } from "../errors.js";
import { evolveGate } from "./corpus-evolve.js";
import { emissionFigures, schemaFigure, settle } from "./corpus-figure.js";
import { gate } from "./corpus-gate.js";
import { schemaGate } from "./corpus-schema.js";
import type { NamedSpec } from "./corpus-spec.js";
import { readSpecs } from "./corpus-spec.js";

/** What can be done beside other things, or has to be done alone: each in a process of its own. */
export interface PartInput {
  readonly paths: readonly string[];
  /** For what it makes. */
  readonly folder: string;
  readonly protoc: boolean;
  /** For `figure`: the server's name, and the emitter's. */
  readonly server: string;
  readonly emitter: string;
}

const PARTS = {
  types: ({ specs, folder }: Given) => gate(specs, folder),
  schemas: ({ specs, folder, protoc }: Given) => schemaGate(specs, folder, { protoc, consumers: true }),
  evolve: ({ specs, folder }: Given) => evolveGate(specs, folder),
  emission: ({ specs }: Given) => emissionFigures(specs),
  settle: ({ specs, server }: Given) => settle(specs, server),
  figure: ({ specs, server, emitter, folder }: Given) => schemaFigure(specs, { server, emitter, folder }),
} as const;
type Given = PartInput & { readonly specs: readonly NamedSpec[] };
export type Part = keyof typeof PARTS;
export type PartResult<P extends Part> = Awaited<ReturnType<(typeof PARTS)[P]>>;

/** Runs one part in a process of its own, whose messages are ours. Throws GeneratorError `internal` where it fails. */
export async function runPart<P extends Part>(part: P, input: PartInput): Promise<PartResult<P>> {
  const result = join(input.folder, `${part}-${input.emitter}.result.json`);
  const argv = ["--import", "tsx", fileURLToPath(import.meta.url), part, result, JSON.stringify(input)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new GeneratorError("internal", `the part ${part} ended with ${String(code)}`);
  return JSON.parse(readFileSync(result, "utf8"), revive) as PartResult<P>;
}

const [, program = "", part = "", result = "", given = ""] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  const input = JSON.parse(given) as PartInput;
  const { specs } = readSpecs(input.paths);
  const made = await PARTS[part as Part]({ ...input, specs });
  writeFileSync(result, JSON.stringify(made, replace));
}

/** JSON has no maps. */
function replace(_: string, value: unknown): unknown {
  return value instanceof Map ? { $map: [...value] } : value;
}
function revive(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$map" in value)) return value;
  return new Map(value.$map as [unknown, unknown][]);
}
