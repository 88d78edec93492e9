import { plainText } from "../../emit/escape.js";

/** A title or summary: one line of plain text. */
export function line(text: string, max = 120): string {
  const plain = plainText(text, 10 * max)
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > max ? `${plain.slice(0, max - 1).replace(/\p{Cs}$/u, "")}…` : plain;
}

/**
 * A description: CommonMark whose HTML stays text. Servers write `<id>` and mean those four characters, and a renderer that trusts a
 * document would run what hides in `<script>`. Code keeps its characters: entities would show there.
 */
export function prose(text: string): string {
  // A link that runs code is none anywhere, so that nobody has to tell where code ends.
  const plain = plainText(text, Infinity)
    .trim()
    .replace(/\]\((?=\s*(?:javascript|vbscript|data):)/gi, "]\\(");
  if (!/<[A-Za-z/!?]/.test(plain)) return plain;
  const lines = plain.split("\n");
  const isCode = fencedLines(lines);
  const hasCodeSpans = lines.every((one, i) => isCode[i] === true || closesItsCode(one));
  return lines.map((one, i) => (isCode[i] === true ? one : escapeTags(one, hasCodeSpans))).join("\n");
}

/** Which lines a fence encloses, itself included. None where a fence is indented, which may end earlier than its mark, or never closed. */
function fencedLines(lines: readonly string[]): readonly boolean[] {
  if (lines.some((one) => /^[\s>*+\d.)-]+(?:`{3}|~{3})/.test(one))) return [];
  let fence = "";
  const enclosed = lines.map((one) => {
    const mark = /^(?:`{3,}|~{3,})/.exec(one)?.[0] ?? "";
    if (fence !== "") {
      if (mark.startsWith(fence) && one.trim() === mark) fence = "";
      return true;
    }
    if (mark === "" || one.slice(mark.length).includes("`")) return false;
    fence = mark;
    return true;
  });
  return fence === "" ? enclosed : [];
}

/** Code spans count where every line closes its own, so that no backtick of another line can open one here. */
function escapeTags(text: string, hasCodeSpans: boolean): string {
  const parts = hasCodeSpans ? text.split(CODE_SPAN) : [text];
  return parts.map((part, i) => (i % 2 === 1 ? part : part.replace(/<(?=[A-Za-z/!?])/g, "&lt;"))).join("");
}

const CODE_SPAN = /((?<!`)(?:`(?!`)[^`]+`|``(?!`)[^`]+``)(?!`))/;

function closesItsCode(text: string): boolean {
  return !text.includes("\\`") && !text.split(CODE_SPAN).some((part, i) => i % 2 === 0 && part.includes("`"));
}
