import { RULES, type ChangeClass } from "../../ir/diff-rule.js";
import type { JudgedChange } from "./diff-policy.js";
import { escaped } from "./diff-json.js";
import { itemText, plain, valueText, type Report } from "./diff-report.js";

/** Where the rules are explained. */
const DOCUMENTATION = "docs/diff.md";

const LEVELS: Readonly<Record<ChangeClass, "error" | "warning" | "note">> = {
  ...{ breaking: "error", security: "error", compatible: "note", prose: "note" },
};

/** SARIF 2.1.0. Source: OASIS, "Static Analysis Results Interchange Format", 2.1.0. */
export function sarifDiff({ changes, locations, version }: Report): string {
  const used = [...RULES.values()].filter(({ id }) => changes.some(({ rule }) => rule === id));
  const indexOf = new Map(used.map(({ id }, i) => [id, i]));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "mcpgen",
            version,
            rules: used.map((rule) => ({
              id: rule.id,
              shortDescription: { text: rule.summary },
              help: {
                text: `Reported when, ${rule.summary}. Class ${rule.class}, unless the config says otherwise; see ${DOCUMENTATION}.`,
              },
              defaultConfiguration: { level: LEVELS[rule.class] },
              ...(rule.class === "security" && { properties: { tags: ["security"], "security-severity": "7.0" } }),
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: changes.map((change, i) => result(change, locations[i], indexOf.get(change.rule) ?? 0)),
      },
    ],
  };
  return `${escaped(JSON.stringify(log, null, 2))}\n`;
}

function result(change: JudgedChange, location: Report["locations"][number], ruleIndex: number): object {
  const { rule, message, hint, failing, ignored, server, item, place } = change;
  const values = [
    ["before", change.before],
    ["after", change.after],
  ] as const;
  const lines = [
    `${itemText(change)}: ${plain(message)}${hint === undefined ? "" : ` (${plain(hint)})`}`,
    ...values.flatMap(([word, value]) => {
      const text = valueText(value, 1_000);
      return text === undefined ? [] : [`${word}: ${text}`];
    }),
  ];
  const level = failing ? "error" : LEVELS[change.class] === "error" ? "warning" : "note";
  const logical = {
    fullyQualifiedName: plain(`${server === undefined ? "" : `/${server}`}${place}`, 2_000),
    name: plain(item),
    kind: "member",
  };
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: lines.map(literal).join("\n") },
    locations: [{ ...(location && physical(location)), logicalLocations: [logical] }],
    // The same change is the same alert, on whatever line it stands next time.
    partialFingerprints: { "mcpgenChange/v1": plain(`${rule} ${server ?? ""} ${place} ${message}`, 3_000) },
    ...(ignored && { suppressions: [{ kind: "external", justification: plain(ignored.reason, 1_000) }] }),
  };
}

function physical({ path, line }: NonNullable<Report["locations"][number]>): object {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: line } } };
}

/** Brackets make links in a message, and numbers in braces placeholders. Source: SARIF 2.1.0, 3.11.5 and 3.11.6. */
const literal = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/[[\]]/g, "\\$&").replace(/[{}]/g, "$&$&");
