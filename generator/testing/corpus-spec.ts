import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { GeneratorError } from "../errors.js";
import { byCodeUnit } from "../ir/order.js";
import { readSpec } from "../ir/read.js";
import type { ServerSpec } from "../ir/spec.js";
import { packageRoot } from "../package-root.js";
import { FIXTURES } from "./fixture.js";

export interface NamedSpec {
  /** A folder's name: the file's, made safe, with a number where two files are called the same. */
  readonly name: string;
  readonly spec: ServerSpec;
  /** Where it was read. */
  readonly file?: string;
}

export interface CorpusInput {
  readonly specs: readonly NamedSpec[];
  /** Files that hold no spec, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/** Captured servers, or without a path those of the fixtures, from their kept specs. */
export function readSpecs(paths: readonly string[]): CorpusInput {
  if (paths.length > 0) return readCorpus(paths);
  const specs = FIXTURES.map((name): NamedSpec => {
    const file = join(packageRoot(), "snapshots", name, "spec.json");
    return { name, spec: readSpec(JSON.parse(readFileSync(file, "utf8")), file) };
  });
  return { specs, skipped: [] };
}

/** Reads the JSON files of folders, not of folders below them, and JSON files given by themselves; in code-unit order within each folder. */
export function readCorpus(paths: readonly string[]): CorpusInput {
  const specs: NamedSpec[] = [];
  const skipped: { file: string; reason: string }[] = [];
  const taken = new Set<string>();
  for (const file of paths.flatMap(jsonFiles)) {
    const base = basename(file, ".json").replace(/[^A-Za-z0-9_-]/g, "_");
    try {
      const spec = readSpec(JSON.parse(readFileSync(file, "utf8")), file);
      let name = base;
      for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
      taken.add(name);
      specs.push({ name, spec, file });
    } catch (error) {
      skipped.push({ file, reason: GeneratorError.from(error, "spec").text });
    }
  }
  return { specs, skipped };
}

function jsonFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(".json"));
  return names.sort(byCodeUnit).map((name) => join(path, name));
}
