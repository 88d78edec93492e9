import { GeneratorError } from "../errors.js";
import type { Json } from "./spec.js";

/** A contract within the bounds of a spec is not half as deep. */
const MAX_DEPTH = 1_000;

/** Hears of every member of every object, before its value is read. The path is valid only during the call. */
export type OnMember = (path: readonly string[], offset: number) => void;

/**
 * JSON that is read as a reviewer reads it: a member that stands twice is an error, while JSON.parse would silently take the last. Throws
 * GeneratorError `lock` naming `file`, line and column.
 */
export function readJson(text: string, file: string, onMember?: OnMember): Json {
  let at = 0;
  const path: string[] = [];

  const fail: (expected: string) => never = (expected) => {
    const { line, column } = positionOf(text, at);
    const found =
      at >= text.length
        ? "the end of the file"
        : JSON.stringify(/^(?:\S{1,12}|[^])/.exec(text.slice(at, at + 12))?.[0]);
    throw new GeneratorError("lock", `${file}:${line}:${column}: not valid JSON`, {
      why: `expected ${expected}, found ${found}`,
      hint: `correct line ${line} of ${file}, or restore the file from version control`,
    });
  };
  const skip = (): void => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      at++;
    }
  };
  const string = (): string => {
    if (text[at] !== '"') fail("a string in double quotes");
    let end = text.indexOf('"', at + 1);
    while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end < 0) fail("the end of this string");
    const token = text.slice(at, end + 1);
    try {
      const value = JSON.parse(token) as string;
      at = end + 1;
      return value;
    } catch {
      return fail("a string without control characters and unknown escapes");
    }
  };
  const items = (close: string, one: () => void): void => {
    at++;
    skip();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      one();
      skip();
      if (text[at] === close) break;
      if (text[at] !== ",") fail(`"," or "${close}"`);
      at++;
      skip();
    }
    at++;
  };
  const object = (depth: number): Json => {
    const entries = new Map<string, Json>();
    items("}", () => {
      const start = at;
      const name = string();
      if (entries.has(name)) throw twice(text, file, { name, start });
      path.push(name);
      onMember?.(path, start);
      skip();
      if (text[at] !== ":") fail('":"');
      at++;
      entries.set(name, value(depth + 1));
      path.pop();
    });
    return Object.fromEntries(entries);
  };
  const value = (depth: number): Json => {
    skip();
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels`);
    if (text[at] === '"') return string();
    if (text[at] === "{") return object(depth);
    if (text[at] === "[") {
      const list: Json[] = [];
      items("]", () => {
        list.push(value(depth + 1));
      });
      return list;
    }
    const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    word.lastIndex = at;
    const [token] = word.exec(text) ?? fail("a value");
    at = word.lastIndex;
    return JSON.parse(token) as Json;
  };

  const result = value(0);
  skip();
  if (at < text.length) fail("nothing more");
  return result;
}

/** Line, from 1, on which the member at `path` begins; of its nearest ancestor that is there. For valid JSON. */
export function lineOf(text: string, path: readonly string[]): number {
  let [best, offset] = [0, 0];
  readJson(text, "", (found, start) => {
    if (found.length <= best || found.length > path.length || found.some((name, i) => name !== path[i])) return;
    [best, offset] = [found.length, start];
  });
  return positionOf(text, offset).line;
}

/** Line and column of an offset, both from 1. */
function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text[quote - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

function twice(
  text: string,
  file: string,
  { name, start }: { readonly name: string; readonly start: number },
): GeneratorError {
  const { line } = positionOf(text, start);
  return new GeneratorError("lock", `${file}:${line}: ${JSON.stringify(name)} stands twice in one object`, {
    why: "a merge may have kept both sides",
    hint: "keep what was released, delete the other, then run mcpgen generate",
  });
}
