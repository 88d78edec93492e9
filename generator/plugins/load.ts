import type { Emitter } from "../emit/emitter.js";
import { GeneratorError } from "../errors.js";

/** Emitter contract that this mcpgen speaks. */
const API = 1;

export interface LoadEmitterOptions {
  readonly builtIn: readonly Emitter[];
  /** Reads the module that an id names, where it names none of `builtIn`. Throws GeneratorError `config`. */
  readonly importModule: (specifier: string) => Promise<Readonly<Record<string, unknown>>>;
}

/**
 * An emitter by its name among `builtIn`, or the default export of an exact module specifier: `./my-emitter.mjs`, a `.ts` file or a
 * package. Throws GeneratorError `config` on what is no emitter of this contract.
 */
export async function loadEmitter(id: string, { builtIn, importModule }: LoadEmitterOptions): Promise<Emitter> {
  const known = builtIn.find((emitter) => emitter.name === id);
  if (known) return known;
  try {
    return checkEmitter(await importModule(id), id);
  } catch (error) {
    // A path or a scoped package was meant as a module; a plain word was more likely meant as a name.
    if (!/^[a-z0-9-]+$/i.test(id) || !isMissing(error)) throw error;
    throw new GeneratorError("config", `there is no emitter "${id}"`, {
      cause: error,
      why: `built in are ${builtIn.map((emitter) => emitter.name).join(", ")}, and no package of that name is installed here`,
      hint: "use one of these, or give the path of an emitter of your own, such as ./my-emitter.mjs",
    });
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof GeneratorError && /Cannot find package|Could not resolve/.test(error.why ?? "");

/** A module's default export as an Emitter. */
export function checkEmitter(module: Readonly<Record<string, unknown>>, id: string): Emitter {
  const fail = (why: string): never => {
    throw new GeneratorError("config", `${id} is no emitter`, {
      why,
      hint: "export default an object with api: 1, name, summary, parseOptions and emit; the type is Emitter of mcpgen",
    });
  };
  const value = module.default;
  if (typeof value !== "object" || value === null)
    return fail(value === undefined ? "it has no default export" : "its default export is no object");
  const emitter = value as Partial<Record<keyof Emitter, unknown>>;
  if (emitter.api !== API) return fail(`its api is ${found(emitter.api)}; this mcpgen speaks ${API}`);
  if (typeof emitter.name !== "string" || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(emitter.name))
    return fail(`its name is ${found(emitter.name)}; it must be kebab-case`);
  if (typeof emitter.summary !== "string" || emitter.summary === "" || emitter.summary.includes("\n"))
    return fail("its summary must be one line");
  if (typeof emitter.parseOptions !== "function") return fail("it has no function parseOptions");
  if (typeof emitter.emit !== "function") return fail("it has no function emit");
  return value as Emitter;
}

const found = (value: unknown): string => (value === undefined ? "missing" : JSON.stringify(value));
