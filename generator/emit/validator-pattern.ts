import type { PatternStep } from "../../runtime/guard/schema/pattern.js";

/** `why` completes "the pattern … is not enforced: it". */
export type PatternProgram = { readonly program: readonly PatternStep[] } | { readonly why: string };

const MAX_STEPS = 2_000;
const MAX_NESTING = 100;
/** Parts copied out, so that `(){2000}` in itself does not run on. */
const MAX_COPIES = 20_000;

/**
 * The program of a regular expression (ECMA-262, flag `u`) that the runtime's matcher runs in one pass. Refuses what such a
 * program cannot say: lookarounds, back references, flags for a part, repetitions that come to more than 2,000 steps.
 */
export function patternProgram(source: string): PatternProgram {
  try {
    new RegExp(source, "u");
  } catch {
    return { why: "is no regular expression" };
  }
  try {
    return { program: programOf(parse(source)) };
  } catch (error) {
    if (error instanceof Unsupported) return { why: error.message };
    throw error;
  }
}

class Unsupported extends Error {}

type Part =
  /** One character, or one of the four assertions. */
  | { readonly kind: "one"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly Part[] }
  | { readonly kind: "choice"; readonly parts: readonly Part[] }
  | { readonly kind: "repeat"; readonly part: Part; readonly min: number; readonly max: number };

const ASSERTION = /\^|\$|\\[bB]/y;
/** Everything that stands for one code point, given that the whole is valid with flag `u`. */
const CHARACTER = new RegExp(
  [
    String.raw`\\u\{[0-9a-fA-F]+\}`,
    String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`,
    String.raw`\\u[0-9a-fA-F]{4}`,
    String.raw`\\x[0-9a-fA-F]{2}`,
    String.raw`\\[pP]\{[^}]*\}`,
    String.raw`\\c[A-Za-z]`,
    String.raw`\\[^1-9kbB]`,
    String.raw`\[(?:\\.|[^\]\\])*\]`,
    String.raw`[^\\()|*+?{}[\]^$]`,
  ].join("|"),
  "suy",
);
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;
const GROUP = /\((?:\?(?::|<(?![=!])[^>]*>)|(?!\?))/y;

function parse(source: string): Part {
  let at = 0;
  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at;
    const found = token.exec(source) ?? undefined;
    if (found) at += found[0].length;
    return found;
  };

  const choice = (nesting: number): Part => {
    if (nesting > MAX_NESTING) throw new Unsupported(`is nested deeper than ${MAX_NESTING} groups`);
    const branches = [sequence(nesting)];
    while (source[at] === "|") {
      at++;
      branches.push(sequence(nesting));
    }
    return branches.length === 1 && branches[0] ? branches[0] : { kind: "choice", parts: branches };
  };

  const sequence = (nesting: number): Part => {
    const parts: Part[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") {
      const assertion = take(ASSERTION);
      parts.push(assertion ? { kind: "one", source: assertion[0] } : repeated(term(nesting)));
    }
    return { kind: "sequence", parts };
  };

  const term = (nesting: number): Part => {
    if (take(GROUP)) {
      const inner = choice(nesting + 1);
      at++;
      return inner;
    }
    const character = take(CHARACTER);
    if (character) return { kind: "one", source: character[0] };
    throw new Unsupported(source[at] === "(" ? "looks around, or sets flags" : "refers back to a group");
  };

  const repeated = (part: Part): Part => {
    const found = take(QUANTIFIER);
    if (!found) return part;
    const [, sign, least, comma, most] = found;
    const min = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
    const open = sign === undefined ? comma === "," && most === "" : sign !== "?";
    return { kind: "repeat", part, min, max: open ? Infinity : sign === "?" ? 1 : comma ? Number(most) : min };
  };

  return choice(0);
}

function programOf(root: Part): readonly PatternStep[] {
  const program: PatternStep[] = [];
  let copies = 0;
  const add = (step: PatternStep): number => {
    if (program.length >= MAX_STEPS) throw new Unsupported(`takes more than ${MAX_STEPS} steps`);
    return program.push(step) - 1;
  };

  const write = (part: Part): void => {
    if (++copies > MAX_COPIES) throw new Unsupported(`repeats more than ${MAX_COPIES} parts`);
    if (part.kind === "one") add(part.source);
    else if (part.kind === "sequence") part.parts.forEach(write);
    else if (part.kind === "choice") writeChoice(part.parts);
    else writeRepeat(part);
  };

  const writeChoice = (parts: readonly Part[]): void => {
    const fork = add([]);
    const starts: number[] = [];
    const ends: number[] = [];
    for (const part of parts) {
      starts.push(program.length);
      write(part);
      ends.push(add([]));
    }
    program[fork] = starts;
    for (const end of ends) program[end] = [program.length];
  };

  const writeRepeat = ({ part, min, max }: Part & { readonly kind: "repeat" }): void => {
    for (let i = 0; i < min; i++) write(part);
    if (max === Infinity) {
      const fork = add([]);
      write(part);
      add([fork]);
      program[fork] = [fork + 1, program.length];
      return;
    }
    const forks: number[] = [];
    for (let i = min; i < max; i++) {
      forks.push(add([]));
      write(part);
    }
    for (const fork of forks) program[fork] = [fork + 1, program.length];
  };

  write(root);
  return program;
}
