/**
 * Foreign text on its way around json-schema-to-typescript. The printer sees only a name of ASCII letters, which survives its casing and is
 * printed bare; the text takes the name's place afterwards. So nothing of a server's can be taken for a keyword, a path, a name or code.
 */
export interface Holes {
  /** A name that stands for code: a type's name, a member's name, a literal. */
  code(text: string): string;
  /** A name that stands for a doc comment, as `jsDoc` wrote it. */
  comment(doc: string): string;
  codeOf(name: string): string | undefined;
  /** The doc comment of the first comment name in the text of a printed comment. */
  commentIn(text: string): string | undefined;
}

export function newHoles(): Holes {
  const codes = new Map<string, string>();
  const nameOfCode = new Map<string, string>();
  const comments = new Map<string, string>();
  return {
    code(text) {
      const known = nameOfCode.get(text);
      if (known !== undefined) return known;
      const name = `Zc${letters(codes.size)}`;
      codes.set(name, text);
      nameOfCode.set(text, name);
      return name;
    },
    comment(doc) {
      const name = `Zd${letters(comments.size)}`;
      comments.set(name, doc);
      return name;
    },
    codeOf: (name) => codes.get(name),
    commentIn: (text) => comments.get(/\bZd[a-z]+\b/.exec(text)?.[0] ?? ""),
  };
}

/** 0 → a, 25 → z, 26 → ba, … */
function letters(n: number): string {
  const last = String.fromCharCode(97 + (n % 26));
  return n < 26 ? last : letters(Math.floor(n / 26)) + last;
}
