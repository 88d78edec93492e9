import type { PartResult } from "./corpus-part.js";
import type { Language } from "./corpus-schema.js";
import { addShares } from "./schema-share.js";
import type { ValueShare } from "./value-check.js";

type Cell = string | number;

/** Rows with aligned columns: names to the left, numbers to the right. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => String(row[i] ?? "").length))) ?? [];
  const line = (row: readonly Cell[]): string =>
    row
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[i] ?? 0)))
      .join("  ");
  return rows.map(line).join("\n");
}

/** A row for each server: what was tried, what was lost, what is wrong. */
export function serverRows(types: PartResult<"types">, schemas: PartResult<"schemas">): readonly (readonly Cell[])[] {
  const head = ["server", "tools", "samples", "values", "GraphQL exact", "proto exact", "JSON", "Struct…", "errors"];
  const rows = types.servers.map((server): Cell[] => {
    const other = schemas.servers.find(({ name }) => name === server.name);
    const { graphql, proto } = other?.values ?? {};
    return [
      ...[server.name, server.tools, server.samples, graphql?.values ?? 0],
      ...[graphql ? exactShare(graphql) : "-", proto ? exactShare(proto) : "-"],
      ...[shareOf(other?.fallback.graphql), shareOf(other?.fallback.proto)],
      server.errors.length + (other?.errors.length ?? 0),
    ];
  });
  return [head, ...rows];
}

/** Of values that hold only members which their schemas name or declare. */
function exactShare({ values, exact, strange }: ValueShare): string {
  return percent(exact, values - strange);
}

const shareOf = (share: { readonly open: number; readonly places: number } | undefined): string =>
  share ? percent(share.open, share.places) : "-";

export const percent = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${((part / whole) * 100).toFixed(2)} %`;

/** What became of all values, and of all places, in one language. */
export function languageLines(language: Language, { servers }: PartResult<"schemas">): readonly string[] {
  const shares = servers.flatMap(({ values }) => values[language] ?? []);
  const sum = (of: (share: ValueShare) => number): number => shares.reduce((all, one) => all + of(one), 0);
  const values = sum((one) => one.values);
  const exact = sum((one) => one.exact);
  const lossy = sum((one) => one.lossy);
  const strange = sum((one) => one.strange);
  const reasons = new Map<string, number>();
  for (const share of shares)
    for (const [reason, count] of share.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const fallback = addShares(servers.flatMap((server) => server.fallback[language] ?? []));
  const name = language === "graphql" ? "GraphQL" : "proto";
  return [
    `${name} values: ${values}, of which ${percent(exact, values)} came back as they were; without members that no schema names: ${percent(exact, values - strange)}`,
    `${name} losses, as documented: ${lossy} values${[...reasons].map(([reason, count]) => `; ${count}: ${reason}`).join("")}; any other: ${values - exact - lossy}`,
    `${name} places: ${fallback.places}, of which ${percent(fallback.open, fallback.places)} take any JSON (${percent(fallback.openInSchema, fallback.places)} because the schema says so)`,
  ];
}
