import { build } from "esbuild";
import { packageRoot } from "../package-root.js";
import type { ArgumentValidators } from "../../runtime/guard/arguments.js";

/** Runs the text of a validate.gen.ts against the runtime of this checkout and gives its `validators`, inside an object: a tool may be called `then`. */
export async function loadValidators(text: string): Promise<{ readonly validators: ArgumentValidators }> {
  const { outputFiles } = await build({
    stdin: { contents: text, loader: "ts", resolveDir: packageRoot() },
    ...{ bundle: true, write: false, format: "esm", target: "node20", logLevel: "silent" },
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? new Uint8Array()).toString("base64");
  return (await import(`data:text/javascript;base64,${code}`)) as { readonly validators: ArgumentValidators };
}
