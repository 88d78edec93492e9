import { GeneratorError } from "../errors.js";

/** Nesting of a config file. Nobody writes a deeper one by hand. */
const MAX_DEPTH = 100;

/**
 * JSON with comments and trailing commas, as editors write it. Throws GeneratorError `config` naming `file`, line and column, which
 * JSON.parse of Node 20 does not tell.
 */
export function parseJsonc(text: string, file: string): unknown {
  let at = text.startsWith("\ufeff") ? 1 : 0;

  const fail: (expected: string) => never = (expected) => {
    const before = text.slice(0, at).split("\n");
    const found =
      at >= text.length ? "the end of the file" : JSON.stringify(text.slice(at, at + 12).split(/\s/)[0] || text[at]);
    throw new GeneratorError("config", `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: not valid JSON`, {
      why: `expected ${expected}, found ${found}`,
      hint: `correct line ${before.length} of ${file}`,
    });
  };
  const skip = (): void => {
    for (;;) {
      const blank = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y;
      blank.lastIndex = at;
      if (!blank.test(text)) return;
      at = blank.lastIndex;
    }
  };
  /** The token of `pattern` (sticky) here, or undefined. */
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const token = pattern.exec(text)?.[0];
    if (token !== undefined) at += token.length;
    return token;
  };
  const string = (): string => {
    const token = take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (token === undefined) fail("a string in double quotes");
    return JSON.parse(token) as string;
  };
  const items = (close: string, one: () => void): void => {
    at++;
    skip();
    while (text[at] !== close) {
      one();
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== close) fail(`"," or "${close}"`);
      skip();
    }
    at++;
  };
  const value = (depth: number): unknown => {
    skip();
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels`);
    if (text[at] === "{") {
      const entries: [string, unknown][] = [];
      items("}", () => {
        const key = string();
        skip();
        if (text[at] !== ":") fail('":"');
        at++;
        entries.push([key, value(depth + 1)]);
      });
      return Object.fromEntries(entries);
    }
    if (text[at] === "[") {
      const list: unknown[] = [];
      items("]", () => {
        list.push(value(depth + 1));
      });
      return list;
    }
    if (text[at] === '"') return string();
    const word = take(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (word === undefined) fail("a value");
    return JSON.parse(word) as unknown;
  };

  const result = value(0);
  skip();
  if (at < text.length) fail("nothing more");
  return result;
}
