import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GeneratorError } from "../errors.js";
import { packageRoot } from "../package-root.js";

/** The range that our own package.json gives for a package. Throws GeneratorError `internal` where it is no dependency of ours. */
export function packageRange(name: string, root = packageRoot()): string {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  const range = manifest.dependencies?.[name] ?? manifest.devDependencies?.[name];
  if (range === undefined) throw new GeneratorError("internal", `${name} is not a dependency of mcpgen`);
  return range;
}
