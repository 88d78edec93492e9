import type { TransformFailure } from "esbuild";
import { GeneratorError } from "../errors.js";
import type { EmittedFile } from "./emitter.js";

/**
 * Proves that each TypeScript file can be parsed; formatting proves it for the others. Throws GeneratorError `verify`
 * naming file and line: it is our bug, and never reaches the disk.
 */
export async function verifySyntax(files: readonly EmittedFile[]): Promise<void> {
  const sources = files.filter(({ path, verbatim }) => verbatim && path.endsWith(".ts"));
  await Promise.all(sources.map(verifyFile));
}

async function verifyFile({ path, contents }: EmittedFile): Promise<void> {
  const { transform } = await import("esbuild");
  try {
    await transform(contents, { loader: "ts", logLevel: "silent" });
  } catch (error) {
    const [first] = (error as Partial<TransformFailure>).errors ?? [];
    const line = first?.location ? ` in line ${first.location.line}` : "";
    throw new GeneratorError("verify", `generated ${path} has a syntax error${line}`, {
      cause: error,
      why: first?.text ?? String(error),
    });
  }
}
