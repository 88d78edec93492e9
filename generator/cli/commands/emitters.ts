import { printable } from "../../../runtime/core/log.js";
import { importModule } from "../../config/module.js";
import { loadConfig } from "../../config/load.js";
import type { Emitter } from "../../emit/emitter.js";
import { BUILT_IN } from "../../emitters/index.js";
import { loadEmitter } from "../../plugins/load.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";

/** `mcpgen emitters`: those of the config after those built in, each with its options. */
export async function emitters({ flags, print, cwd }: Invocation): Promise<number> {
  const config = await loadConfig(cwd, flags.text("config"));
  const listed: Listed[] = BUILT_IN.map(entry(undefined));
  if (config)
    for (const id of new Set(config.outputs.flatMap((output) => output.emit ?? []))) {
      if (BUILT_IN.some(({ name }) => name === id)) continue;
      const emitter = await loadEmitter(id, {
        builtIn: [],
        importModule: (specifier) => importModule(specifier, config.folder),
      });
      listed.push(entry(id)(emitter));
    }
  if (print.json) print.out(`${JSON.stringify(listed, null, 2)}\n`);
  else {
    const width = Math.max(
      ...listed.flatMap(({ id, options }) => [id.length, ...Object.keys(options ?? {}).map((key) => key.length + 2)]),
    );
    for (const { id, summary, options = {} } of listed) {
      print.out(`${print.paint.cyan(id.padEnd(width))}  ${summary}\n`);
      for (const [key, does] of Object.entries(options))
        print.out(`  ${key.padEnd(width - 2)}  ${print.paint.dim(printable(does))}\n`);
    }
  }
  return EXIT.done;
}

/** `id` is what --emit takes: the name, or for a plug-in what the config says. */
type Listed = Pick<Emitter, "name" | "summary" | "options"> & { readonly id: string };

const entry =
  (id: string | undefined) =>
  ({ name, summary, options }: Emitter): Listed => ({ name, id: id ?? name, summary, ...(options && { options }) });
