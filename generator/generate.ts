import type { EmitContext, EmitTarget, EmittedFile, Emitter } from "./emit/emitter.js";
import { formatFiles } from "./emit/format.js";
import { templateRenderer } from "./emit/template.js";
import { verifySyntax } from "./emit/verify.js";
import { GeneratorError } from "./errors.js";
import { openLock, type Lock } from "./ir/lock.js";
import { byCodeUnit, inOrder } from "./ir/order.js";
import type { ServerSpec } from "./ir/spec.js";
import { packageRange, vendor } from "./vendor/vendor.js";

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
  const parsed = emitters.map(({ emitter, options }) => ({ emitter, options: emitter.parseOptions(options) }));
  const ordered = inOrder(spec);
  const files: EmittedFile[] = [];
  const owners = new Map<string, string>();
  for (const { emitter, options } of parsed)
    for (const file of await emitter.emit(ordered, options, contextFor(emitter, { target, lock }))) {
      const owner = owners.get(file.path.toLowerCase());
      if (owner !== undefined) throw collision(file.path, owner, emitter.name);
      owners.set(file.path.toLowerCase(), emitter.name);
      files.push(file);
    }
  const [formatted] = await Promise.all([formatFiles(files), verifySyntax(files)]);
  return [...formatted].sort((a, b) => byCodeUnit(a.path, b.path));
}

function contextFor(
  emitter: Emitter,
  { target, lock }: { readonly target: EmitTarget | undefined; readonly lock: Lock },
): EmitContext {
  return {
    render: templateRenderer(emitter.name),
    vendor: (entries) => Promise.resolve(vendor(entries)),
    packageRange: (name) => packageRange(name),
    lock,
    ...(target && { target }),
  };
}

function collision(path: string, first: string, second: string): GeneratorError {
  if (first === second) return new GeneratorError("verify", `emitter ${first} makes ${path} twice`);
  return new GeneratorError("config", `emitters ${first} and ${second} both make ${path}`, {
    why: "one would overwrite the other",
    hint: "give each its own output folder: one mcpgen generate --out for each, or two outputs in the config file",
  });
}
