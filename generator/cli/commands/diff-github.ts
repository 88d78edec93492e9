import type { JudgedChange } from "./diff-policy.js";
import { itemText, plain, tallyOf, tallyText, valueText, type Report } from "./diff-report.js";

/** Workflow commands of GitHub Actions, one for each change that is not ignored, and a last line for the log. */
export function githubDiff({ changes, locations, before, after }: Report): string {
  const lines = changes.flatMap((change, i) => (change.ignored ? [] : [command(change, locations[i])]));
  return `${[...lines, `${plain(before)} → ${plain(after)}: ${tallyText(tallyOf(changes))}`].join("\n")}\n`;
}

function command(change: JudgedChange, location: Report["locations"][number]): string {
  const { failing, rule, message, hint } = change;
  const level = failing ? "error" : change.class === "breaking" || change.class === "security" ? "warning" : "notice";
  const place = location ? [`file=${property(location.path)}`, `line=${location.line}`] : [];
  const properties = [...place, `title=${property(`${change.class}: ${rule}`)}`].join(",");
  const values = [
    ["before", change.before],
    ["after", change.after],
  ] as const;
  const shown = values.flatMap(([word, value]) => {
    const text = valueText(value, 300);
    return text === undefined ? [] : [`${word}: ${text}`];
  });
  const says = `${itemText(change)}: ${plain(message)}${hint === undefined ? "" : ` (${plain(hint)})`}`;
  return `::${level} ${properties}::${[says, ...shown].map(data).join("%0A")}`;
}

/** Source: actions/toolkit, `escapeData` and `escapeProperty`. */
const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(plain(text, 300)).replaceAll(":", "%3A").replaceAll(",", "%2C");
