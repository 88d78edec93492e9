import { tallyOf, type Report } from "./diff-report.js";

/** Raised when a reader of the old form would misread the new one. */
const FORMAT_VERSION = 1;

/** Documented in docs/diff.md. Characters that are no text stand as escapes, so that a terminal shows them. */
export function jsonDiff({ before, after, servers, changes, locations, notices, failOn }: Report): string {
  const { classes, ignored, failing } = tallyOf(changes);
  const result = {
    formatVersion: FORMAT_VERSION,
    before,
    after,
    servers: servers.filter((name) => name !== ""),
    failOn: [...failOn],
    failed: failing > 0,
    summary: { ...classes, ignored, failing },
    changes: changes.map((change, i) => ({ ...change, ...(locations[i] && { location: locations[i] }) })),
    notices,
  };
  return `${escaped(JSON.stringify(result, null, 2))}\n`;
}

/** Outside of strings JSON has none of these. */
export const escaped = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\p{Surrogate}|[\u{e0000}-\u{e01ef}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
