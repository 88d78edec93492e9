import { printable } from "../../runtime/core/log.js";
import { GeneratorError } from "../errors.js";
import { kindOf } from "../ir/finding.js";
import type { Lock } from "../ir/lock.js";
import type { EmitContext, EmittedFile, Emitter } from "./emitter.js";
import { badSegment } from "./path.js";

const MEMBERS = { path: "string", contents: "string", verbatim: "boolean", once: "boolean" } as const;
const OPTIONAL: ReadonlySet<string> = new Set(["verbatim", "once"]);

/** Names that several emitters have to agree on. */
const SHARED_TARGETS: readonly string[] = ["routes", "typescript"];

/**
 * The same emitter, held to its contract: whatever it throws is a GeneratorError that names it, and what it returns is checked. A plug-in is
 * JavaScript: no compiler has seen it.
 */
export function heldToContract<Options>(emitter: Emitter<Options>): Emitter<Options> {
  const { name } = emitter;
  return {
    ...emitter,
    parseOptions(raw) {
      const options = guarded("option", `the emitter ${name} cannot read its options`, () => emitter.parseOptions(raw));
      if (isThenable(options))
        throw new GeneratorError("emit", `the emitter ${name} reads its options in the background`, {
          why: "parseOptions returned a promise",
          hint: FAULT,
        });
      return options;
    },
    async emit(spec, options, context) {
      const own = Object.freeze({ ...context, lock: lockOf(emitter, context) });
      try {
        return checkFiles(name, await emitter.emit(spec, options, own));
      } catch (error) {
        throw asGeneratorError("emit", `the emitter ${name} failed`, error);
      }
    },
  };
}

const FAULT = "this is a fault of the emitter";

/** What an emitter returned, as files. Throws GeneratorError `emit`. */
function checkFiles(name: string, value: unknown): readonly EmittedFile[] {
  const fail = (what: string, why: string): never => {
    throw new GeneratorError("emit", `the emitter ${name} ${what}`, { why, hint: FAULT });
  };
  if (!Array.isArray(value)) return fail("returned no list of files", `emit gave ${kindOf(value)}`);
  const taken = new Set<string>();
  return Array.from(value as readonly unknown[], (file, i) => {
    const nth = `file number ${i + 1}`;
    if (typeof file !== "object" || file === null) return fail("returned what is no file", `${nth} is ${kindOf(file)}`);
    const members = file as Readonly<Record<string, unknown>>;
    for (const [member, type] of Object.entries(MEMBERS)) {
      const one = members[member];
      if (typeof one === type || (one === undefined && OPTIONAL.has(member))) continue;
      return fail("returned what is no file", `the ${member} of ${nth} is ${kindOf(one)}`);
    }
    const { path, contents, verbatim, once } = file as EmittedFile;
    const shown = JSON.stringify(printable(path, 200));
    const bad = badSegment(path);
    if (bad !== undefined)
      return fail(
        `wants to write ${shown}`,
        `${bad === "" ? "an empty part" : JSON.stringify(printable(bad, 80))} is no part of a portable path inside the output folder`,
      );
    if (taken.has(path.toLowerCase())) return fail(`makes ${shown} twice`, "one would overwrite the other");
    taken.add(path.toLowerCase());
    if (verbatim !== true && contents.includes("\r"))
      return fail(`made a text with carriage returns: ${shown}`, "lines end with a line feed alone");
    if (/\p{Cs}/u.test(contents))
      return fail(`made a text that is no UTF-8: ${shown}`, "there is half a surrogate pair in it");
    return { path, contents, ...(verbatim !== undefined && { verbatim }), ...(once !== undefined && { once }) };
  });
}

/** Only the two questions, and only about names that are this emitter's own or those of all. */
function lockOf({ name }: Emitter, { lock }: EmitContext): Lock {
  const check = (target: unknown): void => {
    if (target === name || SHARED_TARGETS.includes(target as string)) return;
    throw new GeneratorError("emit", `the emitter ${name} asks for names of ${JSON.stringify(target)}`, {
      why: `it may ask for those of ${[name, ...SHARED_TARGETS].join(", ")}`,
      hint: FAULT,
    });
  };
  return Object.freeze<Lock>({
    names(scope, wishes, rules) {
      check(scope.target);
      return lock.names(scope, wishes, rules);
    },
    numbers(scope, wishes, rules) {
      check(scope.target);
      return lock.numbers(scope, wishes, rules);
    },
  });
}

function guarded<T>(code: "option" | "emit", text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asGeneratorError(code, text, error);
  }
}

function asGeneratorError(code: "option" | "emit", text: string, error: unknown): GeneratorError {
  if (error instanceof GeneratorError) return error;
  const why = reasonOf(error);
  const isFrozen =
    error instanceof TypeError && /read only|not extensible|Cannot (?:add|assign|delete|define)/.test(why);
  return new GeneratorError(code, text, {
    ...{ cause: error, why },
    hint: isFrozen ? "what an emitter is given is frozen: copy what is to be changed" : FAULT,
  });
}

/** Anything can be thrown, also what cannot be made a text. */
function reasonOf(error: unknown): string {
  if (typeof error === "string") return `it threw ${JSON.stringify(printable(error, 500))}`;
  if (!(error instanceof Error)) return `it threw ${kindOf(error)}, which is no Error`;
  const text = typeof error.message === "string" && error.message !== "" ? error.message : "it gave no message";
  return printable(text, 2000);
}

const isThenable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
