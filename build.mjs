// Builds dist/: the CLI with its lazy chunks, the two library entries and, unless `--js` is given, the declarations.
import { execFileSync } from "node:child_process";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const fresh = join(root, "dist.new");
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

// yargs alone is bundled: it is on the path of `--help`, and reading its dozens of modules costs more than node's own start.
const external = Object.keys(manifest.dependencies).filter((name) => name !== "yargs");
const entryPoints = { cli: "generator/cli/main.ts", index: "generator/index.ts", runtime: "runtime/index.ts" };

await rm(fresh, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.entries(entryPoints)
    .filter(([, path]) => existsSync(join(root, path)))
    .map(([out, path]) => ({ in: path, out })),
  outdir: fresh,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external,
  // Names stay, so that a stack trace can be read; white space is what the parser of node pays for.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
await writeFile(join(fresh, "licenses.txt"), await licenses(Object.keys(metafile.inputs)));
await chmod(join(fresh, "cli.js"), 0o755);

if (!process.argv.includes("--js")) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", join(fresh, "types")], {
    cwd: root,
    stdio: "inherit",
  });
}

// Moved into place at the end: a build that failed leaves the last good one.
await rm(dist, { recursive: true, force: true });
await rename(fresh, dist);

/** The licence texts of the packages whose code is in the bundle. */
async function licenses(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [];
  for (const folder of [...folders].sort()) {
    const file = ["LICENSE", "LICENSE.txt", "LICENSE.md", "license"].find((name) => existsSync(resolve(root, folder, name)));
    if (!file) throw new Error(`${folder} is bundled and has no licence file`);
    texts.push(`${folder.slice("node_modules/".length)}\n\n${await readFile(resolve(root, folder, file), "utf8")}`);
  }
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
