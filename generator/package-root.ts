import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GeneratorError } from "./errors.js";

/**
 * The folder whose package.json is mcpgen's own: the nearest one above this module. One rule for a checkout, where
 * this is `generator/package-root.ts`, and for an installed package, where it is part of a bundle in `dist/`.
 * `from` is for tests.
 */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && nameIn(manifest) === "mcpgen") return folder;
    if (folder === dirname(folder))
      throw new GeneratorError("internal", "mcpgen cannot find its own package folder", {
        why: `no package.json named "mcpgen" lies above ${from}`,
        hint: "install mcpgen as a package; its code cannot be bundled away from its runtime and templates folders",
      });
  }
}

function nameIn(manifest: string): unknown {
  return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly name?: unknown }).name;
}
