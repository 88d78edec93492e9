export interface DiffOptions {
  readonly path: string;
  /** Lines of the result; what is over is counted, not shown. */
  readonly maxLines: number;
}

type Line = readonly [mark: " " | "-" | "+", text: string];

const CONTEXT = 3;
/** Cells of the comparison table. Changed regions that are larger are shown as replaced whole. */
const MAX_CELLS = 4_000_000;

/** The differences of two texts in the unified format, without dates. Empty for equal texts. */
export function unifiedDiff(before: string, after: string, { path, maxLines }: DiffOptions): string {
  if (before === after) return "";
  const lines = compare(linesOf(before), linesOf(after));
  const out = [`--- ${path}\t(on disk)`, `+++ ${path}\t(generated)`, ...hunks(lines)];
  if (out.length <= maxLines) return out.join("\n");
  return [...out.slice(0, maxLines), `… ${out.length - maxLines} more lines`].join("\n");
}

/** Lines with their line feeds; the last may have none. */
const linesOf = (text: string): readonly string[] => (text === "" ? [] : text.split(/(?<=\n)/));

const shown = ([mark, text]: Line): readonly string[] =>
  text.endsWith("\n") ? [mark + text.slice(0, -1)] : [mark + text, "\\ No newline at end of file"];

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (text: string): Line => [" ", text];
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** Longest common subsequence by the table of its lengths. */
function middle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const width = after.length + 1;
  if ((before.length + 1) * width > MAX_CELLS)
    return [...before.map((text): Line => ["-", text]), ...after.map((text): Line => ["+", text])];
  const table = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      table[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      lines.push([" ", old]);
      i++;
      j++;
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(["-", old]);
      i++;
    } else {
      lines.push(["+", fresh ?? ""]);
      j++;
    }
  }
  return lines;
}

function hunks(lines: readonly Line[]): readonly string[] {
  const out: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (let i = 0; i < lines.length;) {
    const next = lines.findIndex(([mark], index) => index >= i && mark !== " ");
    if (next < 0) break;
    const from = Math.max(i, next - CONTEXT);
    oldLine += from - i;
    newLine += from - i;
    let to = next;
    for (let quiet = 0; to < lines.length && quiet <= 2 * CONTEXT; to++) quiet = lines[to]?.[0] === " " ? quiet + 1 : 0;
    while (to > next && to - lastChange(lines, to) > CONTEXT + 1) to--;
    const body = lines.slice(from, to);
    const olds = body.filter(([mark]) => mark !== "+").length;
    const news = body.filter(([mark]) => mark !== "-").length;
    out.push(`@@ -${oldLine},${olds} +${newLine},${news} @@`, ...body.flatMap(shown));
    oldLine += olds;
    newLine += news;
    i = to;
  }
  return out;
}

function lastChange(lines: readonly Line[], before: number): number {
  let index = before - 1;
  while (index >= 0 && lines[index]?.[0] === " ") index--;
  return index;
}
