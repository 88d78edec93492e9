import { printable } from "../../../runtime/core/log.js";
import { printExact, type Exact } from "../exact.js";
import { columns, type Paint } from "../paint.js";
import type { Cell } from "./verify-cell.js";
import { isCompared, type Reference, type Verdict } from "./verify-judge.js";

/** A value of a difference is shown this far. */
const MAX_VALUE = 200;

const MARKS = { same: "same", different: "DIFFERENT", "not offered": "–", "no answer": "no answer" } as const;

export interface Report {
  readonly verdicts: readonly Verdict[];
  /** What was not asked, because the frontend does not speak the era. */
  readonly unspoken: readonly Cell[];
}

/** A table of methods by frontend and era, and every difference with both values. All foreign text is made printable. */
export function humanReport({ verdicts, unspoken }: Report, paint: Paint): string {
  const places = [...new Set(verdicts.map(placeOf))];
  const methods = [...new Set(verdicts.map(({ method }) => method))];
  const rows = methods.map((method) => [
    printable(method, 60),
    ...places.map((place) => cell(verdicts.filter((one) => one.method === method && placeOf(one) === place))),
  ]);
  const table = [["", ...places], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => columns(row[at] ?? "")))) ?? [];
  const lines = table.map((row, i) =>
    row
      .map((text, at) => {
        const padded = text + " ".repeat((widths[at] ?? 0) - columns(text));
        if (i === 0) return paint.bold(padded);
        return at === 0 ? padded : text.startsWith(MARKS.different) ? paint.red(padded) : paint.dim(padded);
      })
      .join("  ")
      .trimEnd(),
  );
  const different = verdicts.filter(({ outcome }) => outcome === "different");
  const details = different.map((one) => detail(one, paint));
  const compared = verdicts.filter(isCompared).length;
  const silent = verdicts.filter(({ outcome }) => outcome === "no answer");
  const left = [
    ...unspoken.map(({ frontend, era, why }) => paint.dim(`${frontend} ${era}: not spoken there: ${why}`)),
    ...silent.slice(0, 1).map((one) => paint.dim(silence(one, silent.length))),
  ];
  const end =
    compared === 0
      ? paint.red("nothing could be compared")
      : different.length === 0
        ? paint.green(`the proxy changes nothing: ${compared} answers compared`)
        : paint.red(`${different.length} of ${compared} answers differ`);
  return `${[lines.join("\n"), ...details, ...left, end].join("\n\n")}\n`;
}

/** Of the first of them why; --format json has all. */
const silence = ({ method, reasons }: Verdict, count: number): string =>
  `not compared, because there was no answer on either side: ${count}, the first ${printable(method, 60)}: ${printable(reasons?.direct ?? "", MAX_VALUE)}`;

const placeOf = ({ frontend, era }: Verdict): string => `${frontend} ${era}`;

/** `same 12`, `DIFFERENT 2 of 14`, `no answer`, `–`. */
function cell(verdicts: readonly Verdict[]): string {
  const of = (outcome: Verdict["outcome"]): number => verdicts.filter((one) => one.outcome === outcome).length;
  const counted = verdicts.filter(isCompared).length;
  if (of("different") > 0) return `${MARKS.different} ${of("different")} of ${counted}`;
  if (counted === 0) return MARKS[of("no answer") > 0 ? "no answer" : "not offered"];
  return counted === 1 ? MARKS.same : `${MARKS.same} ${counted}`;
}

function detail({ method, item, differences, reference, ...place }: Verdict, paint: Paint): string {
  const name = printable(item === undefined ? method : `${method} ${item}`, 200);
  const across = reference === place.era ? "" : `, the server itself in the ${reference} era`;
  const head = paint.bold(`${place.frontend} ${place.era}: ${name}${across}`);
  const parts = differences.map(({ pointer, direct, proxied }) =>
    [
      `  ${printable(pointer, 300) || "(the whole answer)"}`,
      `    direct:  ${value(direct)}`,
      `    proxied: ${value(proxied)}`,
    ].join("\n"),
  );
  return [head, ...parts].join("\n");
}

const value = (exact: Exact | undefined): string =>
  exact === undefined ? "(not there)" : printable(printExact(exact).replace(/\n\s*/g, " "), MAX_VALUE);

/** The same for scripts. Values are JSON texts, with the numbers as they were spelled. */
export function jsonReport(server: string, references: readonly Reference[], { verdicts, unspoken }: Report): string {
  const text = (exact: Exact | undefined): string | null => (exact === undefined ? null : printExact(exact));
  const count = (outcome: Verdict["outcome"]): number => verdicts.filter((one) => one.outcome === outcome).length;
  const report = {
    server,
    eras: references.map(({ era }) => era),
    same: count("same"),
    different: count("different"),
    notOffered: count("not offered"),
    noAnswer: count("no answer"),
    notSpoken: unspoken,
    answers: verdicts.map((one) => ({
      ...one,
      differences: one.differences.map(({ pointer, direct, proxied }) => ({
        ...{ pointer, direct: text(direct), proxied: text(proxied) },
      })),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
