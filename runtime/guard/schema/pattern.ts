/**
 * One step of a pattern's program. A list of numbers: go on at each of these steps. `^`, `$`, `\b`, `\B`: go on where it
 * holds. Any other string: the regular expression of one character, which is consumed. Behind the last step: a match.
 */
export type PatternStep = string | readonly number[];

/** A regular expression as source, for messages, and as program, for matching. */
export type Pattern = readonly [source: string, program: readonly PatternStep[]];

/** Calls `spend` for each step taken, at most text length × program length of them. */
export type Matcher = (text: string, spend: () => void) => boolean;

const ASSERTIONS: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  "^": (before) => before === "",
  $: (_before, after) => after === "",
  "\\b": (before, after) => isWord(before) !== isWord(after),
  "\\B": (before, after) => isWord(before) === isWord(after),
};

/**
 * A matcher that reads the text once and never goes back (Thompson's construction), so that no pattern of a server and no
 * text of a client can make it slow. Finds what `new RegExp(source, "u").test(text)` finds.
 */
export function matcherOf(program: readonly PatternStep[]): Matcher {
  const characters = program.map((step) =>
    typeof step === "string" && !Object.hasOwn(ASSERTIONS, step) ? character(step) : undefined,
  );
  const anchored = program[0] === "^";
  /** When each step was last reached, so that it is reached once at each position. */
  const reached: number[] = [];
  let now = 0;
  return (text, spend) => {
    let waiting: number[] = [];
    let before = "";
    for (let position = 0; ;) {
      now++;
      const code = text.codePointAt(position);
      const after = code === undefined ? "" : String.fromCodePoint(code);
      if (position === 0 || !anchored) waiting.push(0);
      else if (waiting.length === 0) return false;
      const next: number[] = [];
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
        if (reached[at] === now) continue;
        reached[at] = now;
        spend();
        const step = program[at];
        if (step === undefined) return true;
        if (typeof step !== "string") waiting.push(...step);
        else if (ASSERTIONS[step]?.(before, after) === true) waiting.push(at + 1);
        else if (after !== "" && characters[at]?.(after) === true) next.push(at + 1);
      }
      if (after === "") return false;
      waiting = next;
      before = after;
      position += after.length;
    }
  };
}

function character(source: string): (one: string) => boolean {
  if (source.length === 1 && source !== ".") return (one) => one === source;
  const expression = new RegExp(`^${source}$`, "u");
  return (one) => expression.test(one);
}

const isWord = (one: string): boolean => /^\w$/.test(one);
