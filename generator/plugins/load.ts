import { printable } from "../../runtime/core/log.js";
import { heldToContract } from "../emit/contract.js";
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

/** A module's default export as an Emitter, held to its contract. Reads each of its members once. */
export function checkEmitter(module: Readonly<Record<string, unknown>>, id: string): Emitter {
  const fail = (why: string, cause?: unknown): never => {
    throw new GeneratorError("config", `${id} is no emitter`, {
      ...{ why, cause },
      hint: "export default an object with api: 1, name, summary, parseOptions and emit; the type is Emitter of mcpgen",
    });
  };
  const value = module.default;
  if (typeof value !== "object" || value === null)
    return fail(value === undefined ? "it has no default export" : "its default export is no object");
  const members = readMembers(value, fail);
  const { api, name, summary, options, parseOptions, emit } = members;
  if (api !== API) return fail(`its api is ${found(api)}; this mcpgen speaks ${API}`);
  if (typeof name !== "string" || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 100)
    return fail(`its name is ${found(name)}; it must be kebab-case`);
  if (!isLine(summary)) return fail("its summary must be one line");
  if (options !== undefined && !isTold(options)) return fail("its options must be an object of one line for each key");
  if (typeof parseOptions !== "function") return fail("it has no function parseOptions");
  if (typeof emit !== "function") return fail("it has no function emit");
  return heldToContract({
    ...{ api, name, summary, ...(options !== undefined && { options }) },
    parseOptions: (raw) => Reflect.apply(parseOptions, value, [raw]) as unknown,
    emit: (...given) => Reflect.apply(emit, value, given) as ReturnType<Emitter["emit"]>,
  });
}

const MEMBERS = ["api", "name", "summary", "options", "parseOptions", "emit"] as const;

/** A getter can throw. */
function readMembers(
  value: object,
  fail: (why: string, cause: unknown) => never,
): Partial<Record<(typeof MEMBERS)[number], unknown>> {
  try {
    return Object.fromEntries(MEMBERS.map((member) => [member, Reflect.get(value, member)]));
  } catch (error) {
    return fail("its members cannot be read", error);
  }
}

const isLine = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/[\r\n]/.test(value) && value.length <= 1000;

const isTold = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isLine);

function found(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "string" || typeof value === "number" ? printable(JSON.stringify(value), 80) : typeof value;
}
