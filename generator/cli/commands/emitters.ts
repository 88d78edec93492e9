import { importModule } from "../../config/module.js";
import { loadConfig } from "../../config/load.js";
import type { Emitter } from "../../emit/emitter.js";
import { BUILT_IN } from "../../emitters/index.js";
import { loadEmitter } from "../../plugins/load.js";
import type { Invocation } from "../commands.js";
import { EXIT } from "../error.js";

/** `mcpgen emitters`: one line each, those of the config after those built in. */
export async function emitters({ flags, print, cwd }: Invocation): Promise<number> {
  const config = await loadConfig(cwd, flags.text("config"));
  const listed: { name: string; id: string; summary: string }[] = BUILT_IN.map(entry(undefined));
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
    const width = Math.max(...listed.map(({ id }) => id.length));
    for (const { id, summary } of listed) print.out(`${print.paint.cyan(id.padEnd(width))}  ${summary}\n`);
  }
  return EXIT.done;
}

/** `id` is what --emit takes: the name, or for a plug-in what the config says. */
const entry =
  (id: string | undefined) =>
  ({ name, summary }: Emitter): { name: string; id: string; summary: string } => ({ name, id: id ?? name, summary });
