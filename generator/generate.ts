import { heldToContract } from "./emit/contract.js";
import type { EmitContext, EmitTarget, EmittedFile, Emitter } from "./emit/emitter.js";
import { formatFiles } from "./emit/format.js";
import { templateRenderer } from "./emit/template.js";
import { verifySyntax } from "./emit/verify.js";
import { GeneratorError } from "./errors.js";
import { deepFreeze } from "./ir/freeze.js";
import { openLock, type Lock } from "./ir/lock.js";
import { byCodeUnit, inOrder } from "./ir/order.js";
import type { ServerSpec } from "./ir/spec.js";
import { packageRange } from "./vendor/package-range.js";

export interface GenerateInput {
  readonly spec: ServerSpec;
  readonly emitters: readonly { readonly emitter: Emitter; readonly options: Readonly<Record<string, unknown>> }[];
  /** How the server was reached. */
  readonly target?: EmitTarget;
  /** What was settled before, and where what is settled now is noted. Default: nothing was, and nobody asks. */
  readonly lock?: Lock;
}

/**
 * Spec, emitters and their options → formatted files, in code-unit order of their paths. Writes nothing; the same input
 * gives the same bytes, in whatever order the server lists it. Throws GeneratorError `option`, `emit`, `template`, `verify`, and `config` where two emitters want one path.
 */
export async function generate({
  spec,
  emitters,
  target,
  lock = openLock(),
}: GenerateInput): Promise<readonly EmittedFile[]> {
  const parsed = emitters.map(({ emitter: given, options }) => {
    const emitter = heldToContract(given);
    return { emitter, options: emitter.parseOptions(options) };
  });
  // Its lists are new ones, and every emitter gets the same.
  const ordered = deepFreeze(inOrder(spec));
  const files: EmittedFile[] = [];
  const owners = new Map<string, string>();
  for (const { emitter, options } of parsed) {
    const own = await emitter.emit(ordered, options, contextFor(emitter, { target, lock }));
    for (const { path } of own) {
      const owner = owners.get(path.toLowerCase());
      if (owner !== undefined) throw collision(path, owner, emitter.name);
      owners.set(path.toLowerCase(), emitter.name);
    }
    files.push(...(await finished(own, emitter.name)));
  }
  return files.sort((a, b) => byCodeUnit(a.path, b.path));
}

/** Formatted, and proved to be what their names say. */
async function finished(files: readonly EmittedFile[], emitter: string): Promise<readonly EmittedFile[]> {
  try {
    const [formatted] = await Promise.all([formatFiles(files), verifySyntax(files)]);
    return formatted;
  } catch (error) {
    const { text, why = "", code } = GeneratorError.from(error, "verify");
    throw new GeneratorError(code, `emitter ${emitter}: ${text}`, { why, cause: error });
  }
}

function contextFor(
  emitter: Emitter,
  { target, lock }: { readonly target: EmitTarget | undefined; readonly lock: Lock },
): EmitContext {
  return {
    render: templateRenderer(emitter.name),
    // Read when it is used, as prettier and esbuild are: the compiler that closures are read with takes a while to load.
    vendor: async (entries) => (await import("./vendor/vendor.js")).vendor(entries),
    packageRange: (name) => packageRange(name),
    lock,
    ...(target && { target }),
  };
}

function collision(path: string, first: string, second: string): GeneratorError {
  return new GeneratorError("config", `emitters ${first} and ${second} both make ${path}`, {
    why: "one would overwrite the other",
    hint: "give each its own output folder: one mcpgen generate --out for each, or two outputs in the config file",
  });
}
