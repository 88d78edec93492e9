import { patternProgram } from "../emit/validator-pattern.js";

/** Characters tried for a step of a pattern, likeliest first. */
const POOL = [...Array.from("a0A1-_./:@ TZ+,zb29xX%#=~!?&()[]{}<>*|'\"\\;^$`"), "é", "日", "\n", "\t", "😀"];
const MAX_LENGTH = 300;

/**
 * Texts that match a pattern, shortest first: one of at least `min` characters, and up to two longer ones. Empty when none
 * is found; assertions are passed over, so the caller has to try what it gets.
 */
export function matchingTexts(source: string, min: number): string[] {
  const made = patternProgram(source);
  if ("why" in made) return [];
  const { program } = made;
  const found: string[] = [];
  /** For each length: step → the text that led there first. */
  let layer = new Map<number, string>([[0, ""]]);
  for (let length = 0; length <= MAX_LENGTH && found.length < 3 && layer.size > 0; length++) {
    const next = new Map<number, string>();
    const waiting = [...layer.keys()].reverse();
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const text = layer.get(at) ?? "";
      const step = program[at];
      if (step === undefined) {
        if (length >= min && !found.includes(text)) found.push(text);
        continue;
      }
      const ahead = typeof step !== "string" ? step : isAssertion(step) ? [at + 1] : undefined;
      for (const to of ahead ?? []) {
        if (layer.has(to)) continue;
        layer.set(to, text);
        waiting.push(to);
      }
      if (ahead || typeof step !== "string") continue;
      const one = characterFor(step);
      if (one !== undefined && !next.has(at + 1)) next.set(at + 1, text + one);
    }
    // Behind a pattern without `$` anything may follow.
    layer =
      next.size > 0
        ? next
        : layer.has(program.length)
          ? new Map([[program.length, `${layer.get(program.length) ?? ""}a`]])
          : next;
  }
  return found;
}

const isAssertion = (step: string): boolean => ["^", "$", "\\b", "\\B"].includes(step);

function characterFor(step: string): string | undefined {
  const expression = new RegExp(`^(?:${step})$`, "u");
  return POOL.find((one) => expression.test(one)) ?? literalOf(step);
}

/** The character that an escape such as `\u{1F600}` or a letter outside the pool stands for. */
function literalOf(step: string): string | undefined {
  const hex = /^\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))$/.exec(step);
  if (hex) return String.fromCodePoint(parseInt(hex[1] ?? hex[2] ?? hex[3] ?? "", 16));
  if (!step.startsWith("\\") && !step.startsWith("[")) return step;
  const expression = new RegExp(`^(?:${step})$`, "u");
  for (let code = 0x20; code < 0x3000; code++)
    if (expression.test(String.fromCodePoint(code))) return String.fromCodePoint(code);
  return undefined;
}
