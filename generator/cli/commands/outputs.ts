import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.js";
import { shownFrom } from "../../config/load.js";
import type { OutputConfig } from "../../config/define.js";
import { importModule } from "../../config/module.js";
import type { Emitter } from "../../emit/emitter.js";
import { GeneratorError } from "../../errors.js";
import { loadEmitter } from "../../plugins/load.js";
import type { Invocation } from "../commands.js";
import type { Globs } from "../filter.js";
import { namedServer, theServer, type Selection } from "../select.js";
import type { Server } from "../target.js";

/** One folder to generate, everything about it checked before any server is asked. */
export interface PlannedOutput {
  readonly server: Server;
  /** Absolute. */
  readonly dir: string;
  /** As the user would write it. */
  readonly shown: string;
  readonly emitters: readonly { readonly emitter: Emitter; readonly options: Record<string, unknown> }[];
  readonly globs: Globs;
  /** Who filters. What only flags say is kept in the lock; a config is there to be read. */
  readonly filteredBy: "config" | "flags" | "nobody";
}

/** Throws GeneratorError `usage` on flags that contradict each other, `config` and `option` on a bad config or emitter option. */
export async function planOutputs(selection: Selection, invocation: Invocation): Promise<readonly PlannedOutput[]> {
  const { flags, cwd } = invocation;
  const out = flags.text("output");
  if (!("config" in selection)) {
    if (out === undefined)
      throw new GeneratorError("usage", "no output folder given", {
        why: "generate writes a folder of files",
        hint: "add --out DIR",
      });
    return [await planOne({ out: resolve(cwd, out) }, selection.server, { invocation, folder: cwd })];
  }
  const { config, name } = selection;
  const chosen = chooseOutputs(config, name, out === undefined ? undefined : resolve(cwd, out));
  if (chosen.length > 0) {
    const servers = new Map<string, Server>();
    const planned: PlannedOutput[] = [];
    for (const output of chosen) {
      const server = output.server ?? soleName(config);
      const known = servers.get(server) ?? (await namedServer(config, server, invocation));
      servers.set(server, known);
      planned.push(await planOne(output, known, { invocation, folder: config.folder, inConfig: true }));
    }
    return planned;
  }
  if (out === undefined)
    throw new GeneratorError("usage", "no output folder given", {
      why: `${config.label} names no outputs${name === undefined ? "" : ` of the server "${name}"`}`,
      hint: "add --out DIR, or outputs to the config",
    });
  const server = await theServer(selection, invocation);
  return [await planOne({ out: resolve(cwd, out) }, server, { invocation, folder: config.folder })];
}

/** Those of the config that --out and the server's name leave. With --out that is none of them, the folder is one of its own. */
function chooseOutputs(
  config: LoadedConfig,
  name: string | undefined,
  dir: string | undefined,
): readonly OutputConfig[] {
  return config.outputs.filter(
    (output) =>
      (name === undefined || (output.server ?? soleName(config)) === name) &&
      (dir === undefined || resolve(config.folder, output.out) === dir),
  );
}

const soleName = ({ servers }: LoadedConfig): string => [...servers.keys()][0] ?? "";

/** Flags win over the config. */
async function planOne(
  output: OutputConfig,
  server: Server,
  {
    invocation,
    folder,
    inConfig = false,
  }: { readonly invocation: Invocation; readonly folder: string; readonly inConfig?: boolean },
): Promise<PlannedOutput> {
  const { flags, cwd } = invocation;
  const listed = flags
    .list("emit")
    .flatMap((word) => word.split(","))
    .map((id) => id.trim());
  if (listed.includes(""))
    throw new GeneratorError("usage", "--emit needs names with commas between them", {
      hint: "for example --emit project,client",
    });
  const ids = flags.has("emit") ? listed : (output.emit ?? ["project"]);
  const from = flags.has("emit") ? cwd : folder;
  // Here and not above: what the emitters print with takes longer to load than all that can be wrong until here.
  const { BUILT_IN: builtIn } = await import("../../emitters/index.js");
  const emitters: Emitter[] = [];
  for (const id of new Set(ids))
    emitters.push(await loadEmitter(id, { builtIn, importModule: (specifier) => importModule(specifier, from) }));
  const twice = emitters.find((one, i) => emitters.findIndex(({ name }) => name === one.name) !== i);
  if (twice)
    throw new GeneratorError("usage", `two emitters are named "${twice.name}"`, { hint: "leave one of them out" });

  const options = optionsOf(output, emitters, invocation);
  for (const { emitter, options: given } of options) emitter.parseOptions(given);
  const pick = (flag: "include" | "exclude"): readonly string[] =>
    flags.has(flag) ? flags.list(flag) : (output[flag] ?? []);
  const dir = resolve(folder, output.out);
  return {
    server,
    dir,
    shown: shownFrom(cwd, dir),
    emitters: options,
    globs: { include: pick("include"), exclude: pick("exclude") },
    filteredBy: inConfig ? "config" : flags.has("include") || flags.has("exclude") ? "flags" : "nobody",
  };
}

function optionsOf(
  output: OutputConfig,
  emitters: readonly Emitter[],
  { flags }: Invocation,
): PlannedOutput["emitters"] {
  const names = emitters.map(({ name }) => name);
  const byName = new Map(names.map((name) => [name, { ...output.options?.[name] }]));
  const idle = Object.keys(output.options ?? {}).find((name) => !names.includes(name));
  if (idle !== undefined && !flags.has("emit"))
    throw new GeneratorError("config", `options.${idle} of the output ${output.out} has no effect`, {
      why: `its emitters are ${names.join(", ")}`,
      hint: `add "${idle}" to emit, or remove its options`,
    });
  const frontend = flags.has("frontend") ? flags.list("frontend") : output.frontend;
  if (frontend !== undefined) {
    const project = byName.get("project");
    if (!project)
      throw new GeneratorError("usage", "--frontend has no effect here", {
        why: `it is for the emitter project; here are ${names.join(", ")}`,
        hint: "add project to --emit, or leave --frontend out",
      });
    project.frontend = [...new Set(frontend)];
  }
  for (const text of flags.list("option")) {
    const [, key = "", value = ""] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    if (key === "")
      throw new GeneratorError("usage", `--option needs the form KEY=VALUE, got "${text}"`, {
        hint: "for example --option project.port=3000",
      });
    const dot = key.indexOf(".");
    const owner = dot > 0 ? key.slice(0, dot) : names.length === 1 ? names[0] : undefined;
    const options = owner === undefined ? undefined : byName.get(owner);
    if (!options)
      throw new GeneratorError("usage", `--option ${key} belongs to no emitter`, {
        why: `the emitters are ${names.join(", ")}`,
        hint: `write --option ${names[0] ?? ""}.${dot > 0 ? key.slice(dot + 1) : key}=…`,
      });
    options[dot > 0 ? key.slice(dot + 1) : key] = value;
  }
  return emitters.map((emitter) => ({ emitter, options: byName.get(emitter.name) ?? {} }));
}
