import { ts } from "ts-morph";
import type { Holes } from "./type-hole.js";

/**
 * Reads what json-schema-to-typescript printed without formatting, token by token: puts the foreign texts in the place of their names,
 * indents, ends members with semicolons, and takes away parentheses around a whole type. Of comments only those stay that stand for a doc
 * comment of ours. Gives each declaration, ending in a line feed, by the name it declares.
 */
export function declarationsOf(printed: string, holes: Holes): ReadonlyMap<string, string> {
  const { SyntaxKind } = ts;
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, false, ts.LanguageVariant.Standard, printed);
  const declarations = new Map<string, string>();
  let name: string | undefined;
  let isInterface = false;
  let pieces: string[] = [];
  let depth = 0;
  let isLineStart = true;
  let previous = SyntaxKind.Unknown;
  /** Where in `pieces` each open parenthesis stands; undefined for one that does not open a whole type. */
  const open: (number | undefined)[] = [];

  const endLine = (): void => {
    if (isLineStart) return;
    pieces.push(previous === SyntaxKind.OpenBraceToken || (depth === 0 && isInterface) ? "\n" : ";\n");
    isLineStart = true;
    if (depth > 0) return;
    declarations.set(name ?? "", pieces.join(""));
    pieces = [];
    name = undefined;
  };

  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const token = scanner.getTokenText();
    const after = printed.charAt(scanner.getTokenEnd());
    // The printer breaks lines after `{`, after members and after declarations only.
    if (kind === SyntaxKind.NewLineTrivia) {
      endLine();
      continue;
    }
    if (kind === SyntaxKind.WhitespaceTrivia) {
      if (!isLineStart) pieces.push(" ");
      continue;
    }
    if (kind === SyntaxKind.MultiLineCommentTrivia) {
      pieces.push(indented(holes.commentIn(token) ?? "", depth));
      continue;
    }
    if (kind === SyntaxKind.CloseBraceToken) depth--;
    if (isLineStart) pieces.push("  ".repeat(depth));
    isLineStart = false;
    const opensType = previous === SyntaxKind.ColonToken || previous === SyntaxKind.EqualsToken;
    if (kind === SyntaxKind.OpenParenToken) open.push(opensType ? pieces.length : undefined);
    const opened = kind === SyntaxKind.CloseParenToken ? open.pop() : undefined;
    if (opened !== undefined && (after === "\n" || after === "")) {
      pieces[opened] = "";
      previous = SyntaxKind.CloseParenToken;
      continue;
    }
    const code = kind === SyntaxKind.Identifier ? holes.codeOf(token) : undefined;
    if (kind === SyntaxKind.Identifier && depth === 0 && name === undefined) {
      name = code ?? token;
      isInterface = previous === SyntaxKind.InterfaceKeyword;
    }
    const isWhole = opensType && (after === "\n" || after === "");
    pieces.push(code === undefined ? token : isWhole ? unwrapped(code) : code);
    previous = kind;
    if (kind === SyntaxKind.OpenBraceToken) depth++;
  }
  endLine();
  return declarations;
}

const indented = (doc: string, depth: number): string => doc.replace(/^(?=.)/gm, "  ".repeat(depth));

/** A union of literals comes in parentheses. No other code begins with one. */
const unwrapped = (code: string): string => (code.startsWith("(") ? code.slice(1, -1) : code);
