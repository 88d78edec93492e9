import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matcherOf } from "../../runtime/guard/schema/pattern.js";
import { patternProgram } from "./validator-pattern.js";

/** Whether the program finds something; throws where there is none. */
function finds(source: string, text: string): boolean {
  const made = patternProgram(source);
  if (!("program" in made)) throw new Error(`${source}: ${made.why}`);
  return matcherOf(made.program)(text, () => undefined);
}

const TEXTS = [
  "", "a", "b", "ab", "aab", "abab", "a.b", "a b", "A", "1", "12", "2024-02-29", "2023-02-29", "x-y_z", "é", "日本", "😀", "\ud83d",
  "\n", "a\nb", "pk.123", "00000000-0000-0000-0000-000000000000", "P1DT2H", "PT", "10.0.0.255", "10.0.0.256", "e12", "e0", "-", "^", "$", "]", "\\", "/", "(", "a{2}",
]; // prettier-ignore

const PATTERNS = [
  "", "a", "^a", "a$", "^$", "^a*$", "^a+b?$", "a|b", "^(?:a|ab)(?:b|)$", "(a|b)*abb?", "^(a+)+$", "^(a|aa)+$", "(?:)*", "^(?:a*)*b$", "^a{2}b$", "^a{1,2}b{0,3}$",
  "^a{0}$", "^(?:ab){2,}$", "^.$", "^..$", "^[^a]$", "^[a-z\\d]+$", "\\bb", "a\\B", "\\Bb\\b", "^\\u{1F600}$", "^\\uD83D\\uDE00$", "^\\ud83d$", "^\\x61", "^\\p{L}+$", "^\\P{L}$",
  "^[\\]\\\\]$", "\\/", "\\^|\\$", "[(]", "(?<year>\\d{4})-(?<month>\\d\\d)", "^\\cJ$", "\\0|a", "(^a|b$)", "^|b", "a??b*?", "\\S", "^\\s+$", "[^]", "[]|x",
  "^(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])))$",
  "^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$",
  "^-?P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]+)?S)?)?$", "^[\\x20-\\x7E]*$", "^pk\\..*", "^e[1-9][0-9]*$",
]; // prettier-ignore

describe("a pattern's program finds what RegExp finds", () => {
  it.each(PATTERNS)("%s", (source) => {
    const expression = new RegExp(source, "u");
    const got = TEXTS.filter((text) => finds(source, text));
    expect(got).toEqual(TEXTS.filter((text) => expression.test(text)));
  });

  it("on patterns and texts made at random", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      "[ab]",
      "[^a]",
      "\\w",
      "\\W",
      "^",
      "$",
      "\\b",
      "\\B",
      "😀",
      "\\u{61}",
    );
    const { pattern } = fc.letrec<{ pattern: string; term: string }>((tie) => ({
      term: fc.oneof(
        { weight: 4, arbitrary: atom },
        { weight: 1, arbitrary: tie("pattern").map((inner) => `(?:${inner})`) },
        {
          weight: 2,
          arbitrary: fc
            .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?"))
            .map(([inner, quantifier]) => `(${inner})${quantifier}`),
        },
      ),
      pattern: fc
        .array(fc.array(tie("term"), { maxLength: 3 }), { minLength: 1, maxLength: 2 })
        .map((branches) => branches.map((terms) => terms.join("")).join("|")),
    }));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "😀", "\n"), maxLength: 6 });
    let found = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const expression = new RegExp(source, "u");
        for (const one of texts) {
          const want = expression.test(one);
          if (want) found++;
          expect([source, one, finds(source, one)]).toEqual([source, one, want]);
        }
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(found).toBeGreaterThan(1000);
  });
});

describe("patterns that have no program", () => {
  it.each([
    { source: "(?=a)", why: "looks around, or sets flags" },
    { source: "(?!a)", why: "looks around, or sets flags" },
    { source: "(?<=a)b", why: "looks around, or sets flags" },
    { source: "(?<!a)b", why: "looks around, or sets flags" },
    { source: "(a)\\1", why: "refers back to a group" },
    { source: "(?<x>a)\\k<x>", why: "refers back to a group" },
    { source: "(", why: "is no regular expression" },
    { source: "\\_", why: "is no regular expression" },
    { source: "a{2001}", why: "takes more than 2000 steps" },
    { source: "(?:a{50}){50}", why: "takes more than 2000 steps" },
    { source: "(?:(?:(?:){2000}){2000}){2000}", why: "repeats more than 20000 parts" },
    { source: `${"(".repeat(102)}${")".repeat(102)}`, why: "is nested deeper than 100 groups" },
  ])("$source", ({ source, why }) => {
    expect(patternProgram(source)).toEqual({ why });
  });
});

describe("the cost of a match", () => {
  it.each(["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "a*a*a*a*b", "^(?:a?){30}a{30}$", "\\s*$"])(
    "%s takes at most text × program steps",
    (source) => {
      const made = patternProgram(source);
      if (!("program" in made)) throw new Error(made.why);
      const text = `${"a".repeat(4000)}!`;
      let steps = 0;
      matcherOf(made.program)(text, () => steps++);
      expect(steps).toBeGreaterThan(0);
      expect(steps).toBeLessThanOrEqual((text.length + 1) * (made.program.length + 1));
    },
  );
});
