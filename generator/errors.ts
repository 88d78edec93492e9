/** Everything that can go wrong in the generator, closed. */
export type GeneratorErrorCode =
  | "usage"
  | "config"
  | "spec"
  | "option"
  | "emit"
  | "template"
  | "verify"
  | "output"
  | "lock"
  | "build"
  | "drift"
  | "internal";

export interface GeneratorErrorOptions {
  /** For the log only. */
  readonly cause?: unknown;
  /** Why it happened, as a sentence for people. */
  readonly why?: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** RFC 6901 JSON pointer of the offending part of the spec or config. */
  readonly pointer?: string;
}

/** The one error class of the generator. `message` is `[code] text`; `text` names the thing and, where there is one, the limit. */
export class GeneratorError extends Error {
  override readonly name = "GeneratorError";
  readonly code: GeneratorErrorCode;
  readonly text: string;
  readonly why: string | undefined;
  readonly hint: string | undefined;
  readonly pointer: string | undefined;

  constructor(code: GeneratorErrorCode, text: string, options: GeneratorErrorOptions = {}) {
    super(`[${code}] ${text}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.text = text;
    this.why = options.why;
    this.hint = options.hint;
    this.pointer = options.pointer;
  }

  /** The only door by which foreign errors enter. A GeneratorError passes as it is. */
  static from(error: unknown, code: GeneratorErrorCode = "internal"): GeneratorError {
    if (error instanceof GeneratorError) return error;
    return new GeneratorError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** An emitter's option that it does not know or cannot use. `key` is the option's name. */
export function optionError(key: string, text: string, hint?: string): GeneratorError {
  return new GeneratorError("option", `option "${key}": ${text}`, hint === undefined ? {} : { hint });
}
