import type { Readable } from "node:stream";
import { printable, type Log } from "../core/log.js";

export interface StderrTail {
  /** The last lines, made printable, newest last. */
  last(count: number): readonly string[];
}

const KEPT_CHARACTERS = 64 * 1024;
const LINE_CHARACTERS = 8 * 1024;
const LINES_PER_SECOND = 100;

/**
 * Reads a child's stderr as fast as it comes, so that the child never blocks on it; keeps the last 64 Ki characters and logs
 * lines at debug, each cut at 8 Ki characters, at most 100 a second.
 */
export function watchStderr(stderr: Readable, program: string, log: Log): StderrTail {
  const decoder = new TextDecoder();
  const kept: string[] = [];
  let keptCharacters = 0;
  let partial = "";
  let second = 0;
  let logged = 0;
  let dropped = 0;

  const line = (text: string): void => {
    if (text.trim() === "") return;
    kept.push(text);
    keptCharacters += text.length;
    while (keptCharacters > KEPT_CHARACTERS) keptCharacters -= kept.shift()?.length ?? 0;

    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (dropped > 0) log("debug", `${program}: ${dropped} more lines on stderr`);
      second = now;
      logged = 0;
      dropped = 0;
    }
    if (++logged > LINES_PER_SECOND) dropped++;
    else log("debug", `${program}: ${printable(text, LINE_CHARACTERS)}`);
  };

  stderr.on("data", (chunk: Buffer) => {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    lines[0] = partial + (lines[0] ?? "");
    // What is over the limit is cut off here and now, not kept until its line ends.
    partial = (lines.pop() ?? "").slice(0, LINE_CHARACTERS);
    for (const text of lines) line(text.slice(0, LINE_CHARACTERS).trimEnd());
  });
  stderr.on("error", () => undefined); // a pipe that breaks has nothing more to say

  return {
    last(count) {
      const lines = partial.trim() === "" ? kept : [...kept, partial];
      return lines.slice(-count).map((text) => printable(text));
    },
  };
}
