import { GeneratorError } from "../errors.js";
import { DASH } from "./argv.js";

/** What the user typed, by option name. Reads with the checks that yargs leaves out. */
export class Flags {
  readonly #argv: Readonly<Record<string, unknown>>;

  constructor(argv: Readonly<Record<string, unknown>>) {
    this.#argv = argv;
  }

  has(name: string): boolean {
    const value = this.#argv[name];
    return value !== undefined && value !== false;
  }

  flag(name: string): boolean {
    const value = this.#argv[name];
    return Array.isArray(value) ? value.at(-1) === true : value === true;
  }

  count(name: string): number {
    const value = this.#argv[name];
    return typeof value === "number" ? value : 0;
  }

  /** Throws GeneratorError `usage` if given twice or empty. */
  text(name: string): string | undefined {
    const value = this.#argv[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value))
      throw new GeneratorError("usage", `--${name} is given ${value.length} times`, { why: "it takes one value" });
    if (typeof value !== "string" || value === "") throw new GeneratorError("usage", `--${name} needs a value`);
    return value === DASH ? "-" : value;
  }

  list(name: string): readonly string[] {
    const value = this.#argv[name];
    const values: readonly unknown[] = Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
    return values.map((one) => (one === DASH ? "-" : String(one)));
  }

  /** The same without one option. */
  without(name: string): Flags {
    return new Flags(Object.fromEntries(Object.entries(this.#argv).filter(([key]) => key !== name)));
  }

  /** Everything after `--`. */
  get rest(): readonly string[] {
    return this.list("--");
  }
}
