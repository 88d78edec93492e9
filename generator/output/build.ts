import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build, type BuildFailure } from "esbuild";
import { GeneratorError } from "../errors.js";
import { packageRoot } from "../package-root.js";
import { makeFolder } from "./folder.js";
import { outputError } from "./paths.js";

/** The bundle, in a generated project. */
export const BUNDLE_PATH = "dist/proxy.mjs";

/**
 * Bundles a generated project into one file, as its own build.mjs does, but without anything installed there: esbuild
 * and the packages of the runtime are ours. Throws GeneratorError `build` with esbuild's messages, or `output`.
 */
export async function buildProject(
  dir: string,
  { release = false }: { readonly release?: boolean } = {},
): Promise<{ path: string; bytes: number }> {
  const root = resolve(dir);
  if (!existsSync(join(root, "src/main.ts")))
    throw new GeneratorError("build", `there is no generated project in ${dir}`, {
      why: "src/main.ts is missing",
      hint: "generate with --emit project",
    });
  const contents = await bundle(root, release);
  const path = join(root, BUNDLE_PATH);
  const temporary = join(dirname(path), `.mcpgen-${randomUUID().slice(0, 8)}.tmp`);
  try {
    await makeFolder(dirname(path));
    await writeFile(temporary, contents, { mode: 0o755 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw outputError(`cannot write ${BUNDLE_PATH}`, dir, error);
  }
  return { path, bytes: contents.byteLength };
}

const BANNER = [
  "#!/usr/bin/env node",
  'import { createRequire as mcpgenCreateRequire } from "node:module";',
  "const require = mcpgenCreateRequire(import.meta.url);",
];

/** The options of templates/project/build.mjs.hbs: a test wants the same bytes from both. */
async function bundle(root: string, release: boolean): Promise<Uint8Array> {
  try {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: ["src/main.ts"],
      outfile: BUNDLE_PATH,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      minify: release,
      banner: { js: BANNER.join("\n") },
      define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
      logLevel: "silent",
      write: false,
      nodePaths: ourModules(),
    });
    const [bundled] = outputFiles;
    if (!bundled) throw new Error("esbuild gave no output");
    return bundled.contents;
  } catch (error) {
    const messages = (error as Partial<BuildFailure>).errors ?? [];
    const lines = messages
      .slice(0, 5)
      .map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text));
    throw new GeneratorError("build", `the project in ${root} cannot be bundled`, {
      cause: error,
      why: lines.length > 0 ? lines.join("\n") : error instanceof Error ? error.message : String(error),
      hint: "if src/hooks.ts imports packages, run npm install in the project first",
    });
  }
}

/** Every node_modules folder in which our own imports are looked up. */
const ourModules = (): string[] => createRequire(join(packageRoot(), "package.json")).resolve.paths("esbuild") ?? [];
