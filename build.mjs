// Builds dist/: the CLI with its lazy chunks, the two library entries and, unless `--js` is given, the declarations.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const dist = join(root, "dist");
const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

// yargs measures its help texts with string-width, whose regular expression over all emoji takes node longer to compile
// than all the rest. Our own measure is in the bundle anyway.
const ownStringWidth = {
  name: "own-string-width",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^string-width$/ }, ({ path }) => ({ path, namespace: "own" }));
    esbuild.onLoad({ filter: /.*/, namespace: "own" }, () => ({
      contents: 'export { columns as default } from "./generator/cli/paint.js";',
      resolveDir: root,
    }));
  },
};

const fresh = await mkdtemp(join(root, "node_modules", ".mcpgen-build-"));
try {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { cli: "generator/cli/main.ts", index: "generator/index.ts", runtime: "runtime/index.ts" },
    outdir: fresh,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // yargs alone is bundled: it is on the path of `--help`, and finding its dozens of modules costs more than reading them.
    external: Object.keys(dependencies).filter((name) => name !== "yargs"),
    // Names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    plugins: [ownStringWidth],
    metafile: true,
    logLevel: "warning",
  });
  await writeFile(join(fresh, "licenses.txt"), await licenses(Object.keys(metafile.inputs)));
  await chmod(join(fresh, "cli.js"), 0o755);

  if (!process.argv.includes("--js")) {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const types = join(fresh, "types");
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", types], {
      cwd: root,
      stdio: "inherit",
    });
  }
  // Moved into place at the end, so that a failed build leaves the last good one.
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
  await chmod(dist, 0o755);
} finally {
  await rm(fresh, { recursive: true, force: true });
}

/** The licence texts of the packages whose code is in the bundle. */
async function licenses(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [];
  for (const folder of [...folders].sort()) {
    const names = ["LICENSE", "LICENSE.txt", "LICENSE.md", "license"];
    const file = names.map((name) => join(root, folder, name)).find((path) => existsSync(path));
    if (!file) throw new Error(`${folder} is bundled and has no licence file`);
    texts.push(`${folder.slice("node_modules/".length)}\n\n${await readFile(file, "utf8")}`);
  }
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
