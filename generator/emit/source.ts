import { IndentationText, NewLineKind, Project, QuoteKind, type StatementStructures } from "ts-morph";

/** Text of TypeScript statements given as structures, indented by two spaces. No disk, no type information. */
export function printStatements(statements: readonly StatementStructures[]): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      newLineKind: NewLineKind.LineFeed,
      quoteKind: QuoteKind.Double,
    },
  });
  return project.createSourceFile("printed.ts", { statements: [...statements] }).getFullText();
}
