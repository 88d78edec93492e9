import type { BuildFailure, BuildOptions, Plugin } from "esbuild";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { GeneratorError } from "../errors.js";

/** `./x.mjs`, `../x.ts` and absolute paths are files; anything else is a package. */
export const isPath = (specifier: string): boolean => /^(?:\.{1,2})?[/\\]|^[A-Za-z]:[/\\]/.test(specifier);

/**
 * A user's module, named by a path or a package as seen from `folder`. JavaScript is read as Node itself does; TypeScript is bundled by
 * esbuild into a `data:` URL, so that nothing is written beside it: what it imports from packages stays outside, `mcpgen` is
 * this very package, installed there or not, and `import.meta` is that of the first file. Throws GeneratorError `config`.
 */
export async function importModule(specifier: string, folder: string): Promise<Record<string, unknown>> {
  const path = resolve(folder, specifier);
  try {
    if (!isPath(specifier)) {
      const contents = `export { default } from ${JSON.stringify(specifier)};`;
      return await importCode(await bundle(folder, { stdin: { contents, resolveDir: folder } }));
    }
    if (/^\.[cm]?ts$/.test(extname(path))) return await importCode(await bundle(path, { entryPoints: [path] }));
    return (await import(asItIsNow(path))) as Record<string, unknown>;
  } catch (error) {
    const { text, location, pluginName } = (error as Partial<BuildFailure>).errors?.[0] ?? {};
    const why = text ?? (error instanceof Error ? error.message : String(error));
    const where = location && pluginName === "" && isPath(specifier) ? `:${location.line}:${location.column + 1}` : "";
    throw new GeneratorError("config", `cannot load ${specifier}${where}`, {
      why,
      hint: /Cannot find package|Could not resolve/.test(why)
        ? `install the package that is named, in ${folder}; the path of a file begins with ./`
        : `correct ${specifier}`,
      cause: error,
    });
  }
}

/** Ages of the files that were read as modules, in ms. */
const read = new Map<string, number>();

/** Node keeps a module by its URL: a file that was edited since gets another one, so that who watches it reads it anew. */
function asItIsNow(path: string): string {
  const { href } = pathToFileURL(path);
  const age = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (age === undefined) return href;
  const first = read.get(path) ?? age;
  read.set(path, first);
  return first === age ? href : `${href}?${age}`;
}

async function importCode(code: Uint8Array): Promise<Record<string, unknown>> {
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Record<
    string,
    unknown
  >;
}

/** `self` is the path that the code takes itself to have. */
async function bundle(self: string, entry: BuildOptions): Promise<Uint8Array> {
  const { build } = await import("esbuild");
  const url = JSON.stringify(pathToFileURL(self).href);
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: `node${process.versions.node}`,
    logLevel: "silent",
    banner: { js: `import { createRequire as $require } from "node:module"; const require = $require(${url});` },
    define: {
      "import.meta.url": url,
      "import.meta.filename": JSON.stringify(self),
      "import.meta.dirname": JSON.stringify(dirname(self)),
    },
    plugins: [packagesStayOutside],
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** Marks this plug-in's own question to esbuild, which must not come back to it. */
const OWN = Symbol("own");

/** A `data:` URL can import a file by its URL, and nothing by a bare name. */
const packagesStayOutside: Plugin = {
  name: "packages-stay-outside",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === OWN || kind === "entry-point" || path.startsWith("node:")) return undefined;
      // By its own name, so that the library entry is found from a bundle and from source alike.
      if (path === "mcpgen") return { path: fileUrl(createRequire(import.meta.url).resolve("mcpgen")), external: true };
      const found = await esbuild.resolve(path, { kind, resolveDir, pluginData: OWN });
      if (found.errors.length > 0) return { errors: found.errors };
      return { path: found.external ? found.path : fileUrl(found.path), external: true };
    });
  },
};

const fileUrl = (path: string): string => pathToFileURL(path).href;
