import { createHash } from "node:crypto";

/** A line of `numbers`: target, owner, `live` or `reserved`, key. */
export type LinePlace = readonly [target: string, owner: string, part: string, key: string];

/**
 * The line with six digits that tell an edit by hand: a number or type that somebody changes breaks readers of old messages, and nothing else
 * would notice. Each line has its own, so that lines of two branches merge.
 */
export const sealed = (line: string, place: LinePlace): string => `${line} #${digits(line, place)}`;

/** The line without its digits, and whether they are right. */
export function unsealed(text: string, place: LinePlace): { readonly line: string; readonly isRight: boolean } {
  const [, line = text, found] = /^(.*) #([0-9a-f]{6})$/s.exec(text) ?? [];
  return { line, isRight: found === digits(line, place) };
}

const digits = (line: string, place: LinePlace): string =>
  createHash("sha256")
    .update(JSON.stringify([...place, line]))
    .digest("hex")
    .slice(0, 6);
