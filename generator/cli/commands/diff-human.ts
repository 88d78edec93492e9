import { CHANGE_CLASSES } from "../../ir/diff-rule.js";
import { shorten } from "../paint.js";
import { itemText, plain, tallyOf, tallyText, valueText, type Report } from "./diff-report.js";
import type { JudgedChange } from "./diff-policy.js";

/** Longest value that is shown with its change. */
const MAX_VALUE = 2_000;

/** By class, then by item, the worst first; what is ignored last. */
export function humanDiff(report: Report): string {
  const { changes, before, after, paint } = report;
  const tally = tallyOf(changes);
  const marks = { breaking: paint.red, security: paint.yellow, compatible: paint.green, prose: paint.cyan };
  const blocks = [`${paint.bold(`${plain(before)} → ${plain(after)}`)}\n  ${tallyText(tally)}`];
  for (const kind of CHANGE_CLASSES) {
    const those = changes.filter((change) => change.class === kind && !change.ignored);
    if (those.length > 0)
      blocks.push(`${marks[kind](kind)} ${paint.dim(`(${those.length})`)}\n${itemLines(those, report)}`);
  }
  const ignored = changes.filter((change) => change.ignored);
  if (ignored.length > 0) blocks.push(paint.dim(`ignored (${ignored.length})`) + `\n${itemLines(ignored, report)}`);
  return `${blocks.join("\n\n")}\n`;
}

function itemLines(changes: readonly JudgedChange[], report: Report): string {
  const items = new Map<string, JudgedChange[]>();
  for (const change of changes) {
    const item = itemText(change);
    items.set(item, [...(items.get(item) ?? []), change]);
  }
  const { dim, bold } = report.paint;
  return [...items]
    .map(([item, those]) => {
      const isIgnored = those.every(({ ignored }) => ignored);
      return [
        `  ${isIgnored ? dim(item) : bold(item)}`,
        ...those.flatMap((change) => changeLines(change, report)),
      ].join("\n");
    })
    .join("\n");
}

function changeLines(change: JudgedChange, { paint, width }: Report): string[] {
  const { rule, message, hint, ignored } = change;
  const line = `${plain(message)}${hint === undefined ? "" : ` (${plain(hint)})`}`;
  if (ignored) {
    const until = ignored.until === undefined ? "" : `, until ${ignored.until}`;
    return [paint.dim(`    ${line}  ${rule}`), paint.dim(`      ignored: ${plain(ignored.reason)}${until}`)];
  }
  const shown = (sign: string, mark: (text: string) => string, value: JudgedChange["before"]): string[] => {
    const text = valueText(value, MAX_VALUE);
    return text === undefined ? [] : [`      ${mark(shorten(`${sign} ${text}`, width - 6))}`];
  };
  return [
    `    ${line}  ${paint.dim(rule)}`,
    ...shown("-", paint.red, change.before),
    ...shown("+", paint.green, change.after),
  ];
}
