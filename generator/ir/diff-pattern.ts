/** Longest text a foreign pattern is tried on. */
const MAX_TEXT = 500;

/**
 * Whether a text matches, or undefined where finding out may take long: a pattern with groups, or with more than two repetitions, is tried
 * on nothing. Two repetitions over 500 characters are at most 250,000 steps.
 */
export function matches(pattern: string, text: string): boolean | undefined {
  if (text.length > MAX_TEXT) return undefined;
  // Escapes and classes first: what stands in them is no operator. Back references and groups stay and are refused.
  const bare = pattern.replace(/\\[^1-9k]/g, "x").replace(/\[[^\]]*\]/g, "x");
  if (/[()|\\[]/.test(bare)) return undefined;
  if ((bare.match(/[*+?]|\{[^}]*\}/g) ?? []).length > 2) return undefined;
  return new RegExp(pattern, "u").test(text);
}
