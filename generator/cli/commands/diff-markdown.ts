import { CHANGE_CLASSES } from "../../ir/diff-rule.js";
import { itemText, plain, tallyOf, tallyText, valueText, type Report } from "./diff-report.js";
import type { JudgedChange } from "./diff-policy.js";

/** A comment on GitHub holds 65,536 characters. */
const MAX_CHARACTERS = 60_000;

const MARKS = { breaking: "🔴", security: "🟠", compatible: "🟢", prose: "🔵" } as const;
const OPEN = new Set<string>(["breaking", "security"]);

/** For a comment on a pull request: a table for each class, the harmless ones folded. */
export function markdownDiff({ before, after, changes }: Report): string {
  const tally = tallyOf(changes);
  const head = [`### MCP contract: ${code(before)} → ${code(after)}`, "", `${tallyText(tally)}.`, ""];
  let left = MAX_CHARACTERS - head.join("\n").length;
  let omitted = 0;
  const table = (title: string, those: readonly JudgedChange[], isOpen: boolean): string[] => {
    if (those.length === 0) return [];
    const rows = those.map(row).filter((text) => {
      left -= text.length + 1;
      if (left < 0) omitted++;
      return left >= 0;
    });
    const body = ["| item | change | rule |", "|---|---|---|", ...rows, ""];
    if (isOpen) return [`#### ${title}`, "", ...body];
    return [`<details><summary>${title}</summary>`, "", ...body, "</details>", ""];
  };
  const tables = CHANGE_CLASSES.flatMap((kind) => {
    const those = changes.filter((change) => change.class === kind && !change.ignored);
    return table(`${MARKS[kind]} ${kind} (${those.length})`, those, OPEN.has(kind));
  });
  const ignored = changes.filter((change) => change.ignored);
  const all = [...head, ...tables, ...table(`ignored (${ignored.length})`, ignored, false)];
  if (omitted > 0) all.push(`${omitted} more changes are left out here.`, "");
  return `${all.join("\n").trimEnd()}\n`;
}

function row(change: JudgedChange): string {
  const { rule, message, hint, ignored } = change;
  const says = [prose(message), ...(hint === undefined ? [] : [`(${prose(hint)})`])].join(" ");
  const values = [
    ["before", change.before],
    ["after", change.after],
  ] as const;
  const shown = values.flatMap(([word, value]) => {
    const text = valueText(value, 200);
    return text === undefined ? [] : [`<br>${word} ${code(text)}`];
  });
  const reason = ignored ? [`<br>ignored: ${prose(ignored.reason)}`] : [];
  return `| ${code(itemText(change))} | ${says}${shown.join("")}${reason.join("")} | ${rule} |`;
}

/** Everything but letters, digits and plain marks as an entity: no backtick, bar, bracket or line end is left to mean anything. */
const entities = (text: string): string =>
  plain(text, 1_000).replace(/[^\p{L}\p{N} ,;]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);

const code = (text: string): string => `<code>${entities(text)}</code>`;

/** Outside of code GitHub makes mentions, references and links of text: an empty comment parts what would be one. */
const prose = (text: string): string => entities(text).replace(/&#(?:64|35|47|46);/g, "$&<!-- -->");
